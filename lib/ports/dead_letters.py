"""Messages that kept failing, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was set aside, or (not `set_aside`) one that has failed and is still being tried."""

    id: str
    """Hash of queue and body: the same message has one record, however often it fails."""
    queue: str
    body: str
    reason: str
    """What went wrong last, in words."""
    attempts: int
    first_at: str
    last_at: str
    set_aside: bool


class DeadLetters(Protocol):
    """Failure records and dead letters, by id."""

    def save(self, letters: Sequence[DeadLetter]) -> None:
        """Write records, replacing those with the same id."""

    def get(self, ids: Sequence[str]) -> dict[str, DeadLetter]:
        """Records with these ids; unknown ids are left out."""

    def list(self, *, queue: str | None = None, after: str = "", limit: int = 100) -> list[DeadLetter]:
        """Messages set aside, by id, after the given id."""

    def remove(self, ids: Sequence[str]) -> None:
        """Forget records; ids that are not there are no error."""

    def count(self) -> int:
        """Messages set aside, without reading them."""
