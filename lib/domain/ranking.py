"""Ranking: from what the index proposes to what is shown, the same whatever index proposes."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from lib.domain.overlap import overlaps
from lib.domain.retrieval import Candidate
from lib.domain.words import stems

FUSION_K = 60
"""As in the paper. The fusion only picks who is looked at closely: from 5 to 60 the result is the same."""
RERANKED = 20
"""Candidates that are looked at closely; the others stay behind them as the fusion has them. 50 are no better."""
BEST_OF_ARM = 3
"""Of each arm, these are looked at closely too: where all chunks are alike, only words find the row of a table."""

# Beside a cosine that counts 1. The best of a grid on half of the articles in evals/data (MRR@10 0.968 there, 0.926 on
# the other half; there 0.4 to 0.5 with 0.3 to 0.6 give 0.924 to 0.926). Learned models, with these three
# or with 28 features (BM25, ranks, titles, names, numbers, kinds of question, other hits of the page), were no better.
WINDOW_WEIGHT = 0.5
PAIRS_WEIGHT = 0.4

SAME = 0.9
"""Share of common words from which two chunks of one document count as the same."""

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with what the ranking thinks of it."""

    candidate: Candidate
    score: float
    """How well the chunk supports an answer, 0 to 1; comparable within one call."""


def rank(query: str, candidates: Sequence[Candidate], *, top: int) -> list[Ranked]:
    """
    Order candidates, best first: fuse both arms, look closely at the best of them, leave out repetitions.

    Score: (cosine + WINDOW_WEIGHT x window + PAIRS_WEIGHT x pairs), brought to 0..1; see `lib.domain.overlap`.
    A cosine that the index does not know counts as the least that it told of.
    Empty: no candidates give [].
    """
    texts = sorted((c for c in candidates if c.text_rank is not None), key=lambda c: (c.text_rank, c.id))
    vectors = sorted((c for c in candidates if c.vector_rank is not None), key=lambda c: (c.vector_rank, c.id))
    fused = reciprocal_rank_fusion([[c.id for c in texts], [c.id for c in vectors]], k=FUSION_K)
    by_id = {c.id: c for c in candidates}
    order = [*(c.id for c in texts[:BEST_OF_ARM]), *(c.id for c in vectors[:BEST_OF_ARM]), *(id for id, _ in fused)]
    pool = [by_id[chunk] for chunk in dict.fromkeys(order)]
    size = max(RERANKED, top)
    ranked = _looked_at(query, pool, size)
    floor = ranked[-1].score if ranked else 0.0
    for place, candidate in enumerate(pool[size:], start=1):
        ranked.append(Ranked(candidate=candidate, score=floor / (1 + place)))
    return list(islice(_without_repetitions(ranked), top))


def _looked_at(query: str, pool: list[Candidate], size: int) -> list[Ranked]:
    """The first `size` of a pool, best first by words and meaning."""
    least = min((c.cosine for c in pool if c.cosine is not None), default=0.0)
    scored = []
    contexts = [f"{c.title}\n{c.heading}" for c in pool[:size]]
    for candidate, overlap in zip(pool, overlaps(query, [c.text for c in pool], contexts=contexts), strict=False):
        cosine = least if candidate.cosine is None else candidate.cosine
        score = max(0.0, cosine) + WINDOW_WEIGHT * overlap.window + PAIRS_WEIGHT * overlap.pairs
        scored.append(Ranked(candidate=candidate, score=score / (1 + WINDOW_WEIGHT + PAIRS_WEIGHT)))
    return sorted(scored, key=lambda ranked: -ranked.score)


def _without_repetitions(ranked: Sequence[Ranked]) -> Iterator[Ranked]:
    """Of chunks that overlap in one document, or that say the same, the best one only."""
    kept: list[tuple[Candidate, frozenset[str]]] = []
    for found in ranked:
        candidate, held = found.candidate, frozenset(stems(found.candidate.text))
        if not any(_repeats(candidate, held, other, other_held) for other, other_held in kept):
            kept.append((candidate, held))
            yield found


def _repeats(one: Candidate, held: frozenset[str], other: Candidate, other_held: frozenset[str]) -> bool:
    if one.document_id != other.document_id:
        return one.text == other.text
    if one.version == other.version and one.start < other.end and other.start < one.end:
        return True
    if min(len(held), len(other_held)) < SAME * max(len(held), len(other_held)):
        return False
    return len(held & other_held) >= SAME * len(held | other_held)


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Id]], *, k: int = 60) -> list[tuple[Id, float]]:
    """
    Merge rankings into one, best first.

    Shape: any number of rankings, each best first, of different lengths; an id missing from one adds 0.
    Score: sum of 1 / (k + rank), rank from 1; unitless, comparable only within one call. Ties: by first appearance.
    Empty: no rankings gives [].
    Raises: ValueError if k < 1, or a ranking repeats an id.
    Source: Cormack, Clarke and Buettcher, SIGIR 2009.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    scores: dict[Id, float] = {}
    for ranking in rankings:
        if len(set(ranking)) < len(ranking):
            raise ValueError("a ranking repeats an id")
        for place, found in enumerate(ranking, start=1):
            scores[found] = scores.get(found, 0.0) + 1 / (k + place)
    return sorted(scores.items(), key=lambda item: -item[1])
