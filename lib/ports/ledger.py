"""Append-only facts: lineage and audit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to a document, a crawl, an answer, a model, or by an administrator."""

    id: str
    """Unique within its subject; appending the same id again changes nothing."""
    subject_id: str
    kind: str
    """`built`, `forgotten`, `crawled`, `answered`, `administered` ..."""
    at: str
    """UTC, ISO 8601."""
    facts: dict[str, Any] = field(default_factory=dict)
    """JSON values; ids, counts and durations, no document text and no question (unless the content switch is on)."""


class Ledger(Protocol):
    """Facts by subject, in the order of their time."""

    def append(self, facts: Sequence[Fact]) -> None:
        """Write facts; the first fact with an id stays."""

    def read(self, subject_id: str, *, limit: int = 200) -> list[Fact]:
        """The newest facts of a subject, newest first."""

    def erase(self, subject_id: str, *, keep_kinds: Sequence[str]) -> int:
        """Remove a subject's facts but those of the kinds to keep (receipts); returns how many went."""
