"""Overlap: how much of a question's words a chunk holds, and how close together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lib.domain.porter import stem
from lib.domain.retrieval import Candidate
from lib.domain.words import terms, words

WINDOW = 25


@dataclass(frozen=True, slots=True)
class Overlap:
    """Shares of the question's weight, 0 to 1."""

    coverage: float
    window: float
    """In the best WINDOW words in a row."""


def overlaps(query: str, candidates: Sequence[Candidate]) -> list[Overlap]:
    """Compare a question with each candidate; words are weighted by their rarity among the candidates."""
    asked = {term: place for place, term in enumerate(terms(query))}
    found = [_positions(asked, c.text) for c in candidates]
    counts = [0] * len(asked)
    for positions in found:
        for place in {place for _, place in positions}:
            counts[place] += 1
    weights = [math.log(1 + (len(found) - n + 0.5) / (n + 0.5)) for n in counts]
    total = sum(weights) or 1.0
    return [_overlap(positions, weights, total) for positions in found]


def _positions(asked: dict[str, int], text: str) -> list[tuple[int, int]]:
    return [(at, place) for at, word in enumerate(words(text)) if (place := asked.get(stem(word), -1)) >= 0]


def _overlap(positions: list[tuple[int, int]], weights: list[float], total: float) -> Overlap:
    best = mass = 0.0
    held = [0] * len(weights)
    first = 0
    for at, place in positions:
        held[place] += 1
        if held[place] == 1:
            mass += weights[place]
        while positions[first][0] <= at - WINDOW:
            gone = positions[first][1]
            held[gone] -= 1
            if not held[gone]:
                mass -= weights[gone]
            first += 1
        best = max(best, mass)
    coverage = sum(weights[place] for place in {place for _, place in positions})
    return Overlap(coverage=coverage / total, window=best / total)
