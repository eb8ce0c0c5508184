"""Blocks: the lines of a cleaned Markdown text, told apart by what they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "row", "code"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?: |$)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")
_RULE = re.compile(r"\s*(?:[-*_=]\s*){3,}$")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a text that stands on lines of its own. Positional: there is one for each line of a table."""

    kind: Kind
    start: int
    end: int
    """Code points, without the blanks around."""
    level: int = 0
    """1 to 6 for headings, else 0."""


def blocks(text: str) -> list[Block]:
    """
    Take a text apart: headings, paragraphs, list items, table rows, fenced code; together every non-blank character.

    A list item goes with the lines that continue it. Code is one block with its fences. Rules are paragraphs.
    Empty: nothing but blanks gives [].
    """
    found: list[Block] = []
    kind: Kind = "paragraph"
    start = end = -1  # of the block that further lines may continue; -1: none
    fence = ""
    for at, line in _lines(text):
        stripped = line.strip()
        if fence:
            end = at + len(line.rstrip()) if stripped else end
            if stripped.startswith(fence) and not stripped.strip(fence[0]):
                found.append(Block("code", start, end))
                start, fence = -1, ""
            continue
        is_fence = _FENCE.match(line)
        new = _kind(line, stripped, continues=start >= 0, fenced=bool(is_fence))
        if new is not None and start >= 0:
            found.append(Block(kind, start, end))
            start = -1
        if not stripped:
            continue
        if start < 0:
            start = at + len(line) - len(line.lstrip())
            kind = new or "paragraph"
        end = at + len(line.rstrip())
        if is_fence:
            fence = is_fence[1]
        elif kind in ("heading", "row") or (kind == "paragraph" and _RULE.match(line)):
            level = len(stripped) - len(stripped.lstrip("#")) if kind == "heading" else 0
            found.append(Block(kind, start, end, level))
            start = -1
    if start >= 0:
        found.append(Block("code" if fence else kind, start, end))
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.split("\n"):
        yield at, line
        at += len(line) + 1


def _kind(line: str, stripped: str, *, continues: bool, fenced: bool) -> Kind | None:
    """What a line opens; None if it goes on with the block before it."""
    if not stripped:
        return "paragraph"
    if fenced:
        return "code"
    first = stripped[0]
    if first == "#" and _HEADING.match(line):
        return "heading"
    if first == "|":
        return "row"
    if (first in "-*+" or first.isdigit()) and _ITEM.match(line):
        return "item"
    if first in "-*_=" and _RULE.match(line):
        return "paragraph"
    return None if continues else "paragraph"
