"""Who asks."""

from dataclasses import dataclass, field
from typing import Literal

from lib.domain.documents import EVERYONE

Role = Literal["Reader", "Operator", "Admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An authenticated caller. Groups always include `everyone`."""

    id: str
    groups: tuple[str, ...] = (EVERYONE,)
    roles: frozenset[Role] = field(default_factory=frozenset)

    def may_read(self, access: tuple[str, ...]) -> bool:
        """Say whether a document with this access is open to the caller."""
        return not set(access).isdisjoint(self.groups)
