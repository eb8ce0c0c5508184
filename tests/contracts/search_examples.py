"""Chunks and questions for the search index contract."""

import numpy as np

from lib.domain.features import chunk_id
from lib.domain.retrieval import Candidate, IndexedChunk, SearchRequest
from tests.examples import NOON, SET_A, SET_B, key

INDEX = f"chunks-{SET_A}"
OTHER = f"chunks-{SET_B}"
DIMENSIONS = 8


def direction(*parts: float):
    """A unit vector with these first numbers."""
    values = np.zeros(DIMENSIONS, np.float32)
    values[: len(parts)] = parts
    return values / np.linalg.norm(values)


def piece(name: str, text: str = "", *, ordinal: int = 0, version: int = 1, **changes) -> IndexedChunk:
    values = {
        "id": chunk_id(key(name), version, SET_A, ordinal),
        "document_id": key(name),
        "version": version,
        "source_id": "handbook",
        "access": ("everyone",),
        "url": f"https://example.com/{name}",
        "title": f"Page {name}",
        "heading": "Part > Chapter",
        "text": text or f"words about {name}",
        "start": 10 * ordinal,
        "end": 10 * ordinal + 9,
        "fetched_at": NOON,
        "vector": direction(1, 1),
    }
    return IndexedChunk(**{**values, **changes})


def question(text: str = "", vector=None, *, groups=None, source_ids=None, limit=10) -> SearchRequest:
    return SearchRequest(text=text, vector=vector, groups=groups, source_ids=source_ids, limit=limit)


def names(found: list[Candidate]) -> set[str]:
    return {candidate.url.rsplit("/", 1)[1] for candidate in found}


def best_first(found: list[Candidate], rank: str) -> list[str]:
    ranked = sorted((c for c in found if getattr(c, rank) is not None), key=lambda c: getattr(c, rank))
    assert [getattr(c, rank) for c in ranked] == list(range(1, len(ranked) + 1))
    return [c.url.rsplit("/", 1)[1] for c in ranked]
