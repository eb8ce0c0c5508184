"""Masking: what identifies people, or opens doors, is taken out of a text before it is stored."""

from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["email", "phone", "card", "iban", "ip", "key", "national-id"]


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A place of a text that holds personal data. Positional: a list of contacts has thousands."""

    start: int
    end: int
    """Code points."""
    kind: Kind


class Masker(Protocol):
    """
    One way to find personal data.

    Safe to call from several threads. It decides by the text alone: nothing is looked up, nothing leaves the process.
    """

    def find(self, text: str) -> list[Found]:
        """Find the places, in order, none overlapping another. Empty: a text without any gives []."""

    def mask(self, text: str) -> tuple[str, dict[str, int]]:
        """
        Write `[kind]` in every place that `find` gives; also counts them by kind, only kinds that occur.

        What is around them stays as it is. A masked text has nothing left to mask.
        """
