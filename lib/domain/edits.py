"""Edits: pieces of a text that are replaced, and where every other place of it is then."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """One piece that is replaced. Positional: a list of contacts has thousands."""

    start: int
    end: int
    """Code points."""
    put: str


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Replace the pieces. edits: in order, none overlapping another."""
    pieces: list[str] = []
    end = 0
    for edit in edits:
        pieces += [text[end : edit.start], edit.put]
        end = edit.end
    return "".join([*pieces, text[end:]])


def moved(offsets: Sequence[int], edits: Sequence[Edit]) -> list[int]:
    """
    Where each offset is after the edits. Both are in order.

    Edge: an offset inside a piece comes to stand behind what was put there, one at its beginning before it.
    """
    found: list[int] = []
    shift = at = 0
    for offset in offsets:
        while at < len(edits) and edits[at].end <= offset:
            shift += len(edits[at].put) - (edits[at].end - edits[at].start)
            at += 1
        is_inside = at < len(edits) and edits[at].start < offset
        found.append(edits[at].start + len(edits[at].put) + shift if is_inside else offset + shift)
    return found
