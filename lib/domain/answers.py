"""Hits, citations and answers."""

from dataclasses import dataclass

from lib.domain.features import ChunkId


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that was checked against its document's head."""

    chunk_id: ChunkId
    document_id: str
    document_version: int
    source_id: str
    url: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    fetched_at: str
    score: float
    """Greater is better; comparable within one result only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a statement of an answer comes from: an exact span of an exact version."""

    marker: int
    """The `n` of `[n]` in the answer."""
    url: str
    title: str
    heading: str
    quote: str
    """Exactly `snapshot[start:end]` of that version."""
    document_id: str
    document_version: int
    start: int
    end: int
    fetched_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an answer cost, in tokens."""

    embedding_tokens: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer whose citations were checked, or a refusal without any."""

    answer_id: str
    conversation_id: str
    text: str
    """Markdown with markers `[n]`; every marker has its citation."""
    citations: tuple[Citation, ...]
    refused: bool
    usage: Usage
    model: str
    extractive: bool
    note: str
    """One sentence on the model for readers; may be empty."""
    took_ms: float
