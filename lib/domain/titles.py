"""Titles that read like instructions to a model: found, and what is left of them."""

import re

from lib.domain.blocks import blocks
from lib.domain.instructions import REMOVED, Span, find_instructions

_SEPARATOR = re.compile(r"\s+(?:[|·•»«›‹~/]|:{1,2}|[-–—]+)\s+|\s*[|»›]\s*|(?<=[.!?;:])\s+")


def find_in_title(title: str) -> list[Span]:
    """As `find_instructions`; each part is read by itself: bars, dashes and ends of sentences tell them apart."""
    return find_instructions(_SEPARATOR.sub(lambda mark: "|".ljust(len(mark[0])), title))


def neutral_title(title: str, text: str) -> str:
    """
    Give the parts of a title that do not read like instructions, else the first heading of its text that does not.

    text: as it is stored. Edge: without such a part or heading it is the note that says what was taken out.
    """
    rest = title.strip()
    while spans := find_in_title(rest):
        left = _without(rest, spans)
        rest = left if len(left) < len(rest) else ""
    if rest:
        return rest
    for block in blocks(text):
        heading = text[block.start : block.end].lstrip("#").strip()
        if block.kind == "heading" and heading and not find_in_title(heading):
            return heading
    return REMOVED


def _without(title: str, spans: list[Span]) -> str:
    """The parts that no span touches, each with the separator that stood before it, but for the first."""
    kept: list[str] = []
    start, before = 0, ""
    for mark in [*_SEPARATOR.finditer(title), None]:
        end = mark.start() if mark else len(title)
        if not any(span.start < end and start < span.end for span in spans):
            kept += [before, title[start:end]]
        if mark:
            start, before = mark.end(), mark[0]
    return "".join(kept[1:]).strip()
