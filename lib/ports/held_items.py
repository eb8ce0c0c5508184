"""What was held back until somebody looks at it."""

from collections.abc import Sequence
from typing import Protocol

from lib.domain.held import HeldItem


class HeldItems(Protocol):
    """
    Held items, by id; ids are those of `held_id`, so an id never moves to another source.

    The port counts nothing and merges nothing: whoever puts an item that is there already has read it first.
    Safe to call from several threads and processes. Raises StorageFull and Unreachable as Transient errors.
    """

    def put(self, items: Sequence[HeldItem]) -> None:
        """
        Write items, each replacing the one with its id, draft and all; of one id twice the last stays.

        Acknowledged means durable. A kill before that leaves of each item the old one or the new one, whole. Half
        surrogate pairs in a draft survive; elsewhere they become `?`.
        """

    def get(self, ids: Sequence[str]) -> dict[str, HeldItem]:
        """Read items with their drafts; unknown ids are left out."""

    def list(self, *, source_id: str | None = None, after: str = "", limit: int = 100) -> list[HeldItem]:
        """Items of all sources or of one, by id, after the given id. `draft` is None in each: no text is read."""

    def remove(self, ids: Sequence[str]) -> None:
        """Forget items with their drafts; ids that are not there are no error."""

    def count(self) -> dict[str, int]:
        """How many items each source has; a source without any is left out."""
