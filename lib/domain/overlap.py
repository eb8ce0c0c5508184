"""Overlap: how much of a question's words a chunk holds, how close together, and how much in the same order."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from lib.domain.words import content_words, stems

WINDOW = 25
"""Words in a row that are looked at together: about a sentence. From 15 to 40 it makes no difference."""

CONTEXT = 0.5
"""What a word counts that stands in title or headings, but not in the text."""

Positions = list[tuple[int, str]]
"""Where in a text which stem of the question stands."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two shares of a question, 0 to 1, its words weighted by their rarity among the texts compared."""

    window: float
    """The words that the best WINDOW words in a row hold, and CONTEXT of those that only its context holds."""
    pairs: float
    """The pairs of neighbours in the question that are neighbours in the text too."""


def overlaps(query: str, texts: Sequence[str], *, contexts: Sequence[str]) -> list[Overlap]:
    """
    Compare a question with the first of some texts: those that have a context (title and headings).

    Rarity is counted among all of these texts, and nowhere else, so that it is the same whatever index they come from;
    on the tuning data that ranks as well as counting in the whole index.
    Empty: a question without words gives zeros.
    """
    order = stems(query)
    asked = frozenset(order)
    content = {stem for word in content_words(query) for stem in stems(word)}
    holding: Counter[str] = Counter()
    for text in texts:
        holding.update(asked.intersection(stems(text)))
    rarity = {
        stem: math.log(1 + (len(texts) - holding[stem] + 0.5) / (holding[stem] + 0.5)) if stem in content else 0.0
        for stem in asked
    }
    pairs = {pair: sum(rarity[stem] for stem in set(pair)) for pair in pairwise(order)}
    whole, all_pairs = sum(rarity.values()) or 1.0, sum(pairs.values()) or 1.0
    found = []
    for text, context in zip(texts, contexts, strict=False):
        positions = [(at, stem) for at, stem in enumerate(stems(text)) if stem in asked]
        close = _best_window([hit for hit in positions if hit[1] in content], rarity)
        around = content.intersection(stems(context)).difference(stem for _, stem in positions)
        close += CONTEXT * sum(rarity[stem] for stem in around)
        found.append(Overlap(window=close / whole, pairs=_held_pairs(positions, pairs) / all_pairs))
    return found


def _best_window(positions: Positions, rarity: dict[str, float]) -> float:
    """The most weight of different words that WINDOW words in a row hold."""
    best = mass = 0.0
    held = dict.fromkeys(rarity, 0)
    first = 0
    for at, stem in positions:
        while positions[first][0] <= at - WINDOW:
            gone = positions[first][1]
            first += 1
            held[gone] -= 1
            if not held[gone]:
                mass -= rarity[gone]
        held[stem] += 1
        if held[stem] == 1:
            mass += rarity[stem]
            best = max(best, mass)
    return best


def _held_pairs(positions: Positions, pairs: dict[tuple[str, str], float]) -> float:
    """The weight of the pairs that stand in a text as in the question."""
    held = {(stem, after) for (at, stem), (next_at, after) in pairwise(positions) if next_at == at + 1}
    return sum(pairs.get(pair, 0.0) for pair in held)
