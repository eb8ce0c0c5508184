"""Overlap: how much of a question's words a chunk holds, how close together, and how much in the same order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lib.domain.porter import stem
from lib.domain.words import STOPWORDS, words

WINDOW = 25
"""Words in a row that are looked at together: about a sentence. From 15 to 40 it makes no difference."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two shares of a question, 0 to 1, its words weighted by their rarity among the texts compared."""

    window: float
    """The words that the best WINDOW words in a row of the text hold."""
    pairs: float
    """The pairs of neighbours in the question that are neighbours in the text too."""


class _Places(dict[str, int]):
    """Which word of the question a word of a text is, by its stem; -1 for none. Fills itself as words are met."""

    def __init__(self, stems: Sequence[str]) -> None:
        super().__init__()
        self._by_stem = {term: place for place, term in enumerate(stems)}

    def __missing__(self, word: str) -> int:
        place = self[word] = self._by_stem.get(stem(word), -1)
        return place


def overlaps(query: str, texts: Sequence[str]) -> list[Overlap]:
    """
    Compare a question with each of some texts.

    Rarity is counted among these texts alone, so that it is the same whatever index they come from; on tuning data that
    ranks as well as counting in the whole index.
    Empty: a question without words gives zeros.
    """
    asked = words(query)
    stems = list(dict.fromkeys(stem(word) for word in asked))
    content = {stem(word) for word in asked if word not in STOPWORDS} or set(stems)
    places = _Places(stems)
    found = [[(at, place) for at, word in enumerate(words(text)) if (place := places[word]) >= 0] for text in texts]
    holding = [0] * len(stems)
    for positions in found:
        for place in {place for _, place in positions}:
            holding[place] += 1
    weights = [
        math.log(1 + (len(texts) - count + 0.5) / (count + 0.5)) if term in content else 0.0
        for term, count in zip(stems, holding, strict=True)
    ]
    order = [places[word] for word in asked]
    pairs = {pair: sum(weights[place] for place in set(pair)) for pair in zip(order, order[1:], strict=False)}
    pairs = {pair: weight for pair, weight in pairs.items() if weight}
    whole, all_pairs = sum(weights) or 1.0, sum(pairs.values()) or 1.0
    return [
        Overlap(
            window=_best_window([hit for hit in positions if weights[hit[1]]], weights) / whole,
            pairs=_held_pairs(positions, pairs) / all_pairs,
        )
        for positions in found
    ]


def _best_window(positions: list[tuple[int, int]], weights: list[float]) -> float:
    """The most weight of different words that WINDOW words in a row hold."""
    best = mass = 0.0
    held = [0] * len(weights)
    first = 0
    for at, place in positions:
        while positions[first][0] <= at - WINDOW:
            gone = positions[first][1]
            first += 1
            held[gone] -= 1
            if not held[gone]:
                mass -= weights[gone]
        held[place] += 1
        if held[place] == 1:
            mass += weights[place]
            best = max(best, mass)
    return best


def _held_pairs(positions: list[tuple[int, int]], pairs: dict[tuple[int, int], float]) -> float:
    """The weight of the pairs that stand in a text as in the question."""
    held = {
        (place, next_place)
        for (at, place), (next_at, next_place) in zip(positions, positions[1:], strict=False)
        if next_at == at + 1 and (place, next_place) in pairs
    }
    return sum(pairs[pair] for pair in held)
