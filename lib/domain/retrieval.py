"""Retrieval: what the index holds, what it is asked, and what it proposes."""

from dataclasses import dataclass

from lib.domain.features import ChunkId
from lib.domain.vectors import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedChunk:
    """One chunk as the index holds it."""

    id: ChunkId
    document_id: str
    version: int
    source_id: str
    access: tuple[str, ...]
    """Groups; never empty."""
    url: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    fetched_at: str
    vector: Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A chunk that the index proposes, with what each arm thinks of it."""

    id: ChunkId
    document_id: str
    version: int
    source_id: str
    url: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    fetched_at: str
    text_rank: int | None
    """1 is best; None if the text arm did not find it."""
    text_score: float | None
    vector_rank: int | None
    cosine: float | None
    """Cosine with the query, where the index knows it (always for what the vector arm found)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One question to the index. At least one of text and vector."""

    text: str
    """Plain words, never a query language; may be empty."""
    vector: Vector | None
    groups: tuple[str, ...] | None
    """Only chunks that share a group with these; None for no filter (evaluation, administration)."""
    source_ids: tuple[str, ...] | None
    """Only these sources; None for all."""
    limit: int
    """Candidates per arm."""
