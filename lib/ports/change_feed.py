"""Changes of documents in the order they were acknowledged, for the local host and for replay."""

from dataclasses import dataclass
from typing import Protocol

from lib.domain.documents import DocumentChange


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Changes after a cursor."""

    changes: list[DocumentChange]
    """At most one for a document: its newest. Order within a document is the order of its versions."""
    cursor: str
    """Read from here next: just after the last change of this page; unchanged if there is none."""


class ChangeFeed(Protocol):
    """
    The feed of latest versions: intermediate versions may be left out, deletes appear as tombstones.

    A reader that keeps its cursor misses nothing, across restarts too; it may see a change twice.
    """

    def read(self, cursor: str, *, limit: int = 100) -> FeedPage:
        """Changes after the cursor; the empty cursor is the beginning of the feed. Never blocks."""
