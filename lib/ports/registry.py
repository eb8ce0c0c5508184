"""Named settings that change while the app runs: feature sets, the live one, leases, prompts, configurations."""

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A registry item."""

    kind: str
    id: str
    value: dict[str, Any]
    revision: int
    """1 at the first write, then one more each time."""


class Registry(Protocol):
    """Small JSON items by kind and id, each guarded by its revision."""

    def get(self, kind: str, id: str) -> Item | None:
        """The item, or None."""

    def put(self, kind: str, id: str, value: dict[str, Any], *, revision: int) -> Item:
        """
        Write the item if its stored revision is still the one given (0: it must be new).

        Raises: Conflict if somebody else wrote first.
        """

    def list(self, kind: str) -> list[Item]:
        """All items of a kind, by id."""

    def delete(self, kind: str, id: str) -> None:
        """Remove the item; one that is not there is no error."""
