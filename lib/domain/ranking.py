"""Ranking: from what the index proposes to what is shown, the same on every index."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lib.domain.overlap import Overlap, overlaps
from lib.domain.retrieval import Candidate

FUSION_K = 60
RERANKED = 30
"""Candidates that are looked at closely; the others keep the order of the fusion."""

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with what the ranking thinks of it."""

    candidate: Candidate
    score: float
    """0 to 1, comparable within one call: how well the chunk is supported as an answer."""


def rank(query: str, candidates: Sequence[Candidate], *, top: int) -> list[Ranked]:
    """Order candidates, best first: fuse both arms, look closely at the best, leave out repetitions."""
    texts = sorted((c for c in candidates if c.text_rank is not None), key=lambda c: (c.text_rank, c.id))
    vectors = sorted((c for c in candidates if c.vector_rank is not None), key=lambda c: (c.vector_rank, c.id))
    fused = reciprocal_rank_fusion([[c.id for c in texts], [c.id for c in vectors]], k=FUSION_K)
    by_id = {c.id: c for c in candidates}
    pool = [by_id[chunk] for chunk, _ in fused]
    seen = overlaps(query, pool)
    scored = [Ranked(candidate=c, score=_score(c, o)) for c, o in zip(pool, seen, strict=True)]
    scored.sort(key=lambda ranked: -ranked.score)
    return scored[:top]


def _score(candidate: Candidate, overlap: Overlap) -> float:
    return ((candidate.cosine or 0.0) + overlap.window) / 2


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
