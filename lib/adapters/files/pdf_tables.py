"""Tables of PDF pages: lines whose pieces stand in columns are rows, and each row says something of its own."""

import re
from collections.abc import Sequence
from dataclasses import replace

from lib.adapters.files.pdf_lines import Line

_LEADERS = re.compile(r"(?:\s?\.){4}")
_NUMBERED = re.compile(r"(?:[^\w\s]|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z])[.)]?)$")
"""The first piece of an item of a list, or of a numbered heading."""
_GAP = 1.5
_SAME_ROW = 0.3
_FURTHEST = 3.2
"""Between the baselines of two rows, in sizes of the font."""
_MAX_LABEL_CHARS = 100
_MOST_LABELS = 2
"""Lines without columns between two rows: a name of the rows below, or the beginning of the next row's first cell."""
_LONG_CHARS = 45


def with_rows(page: Sequence[Line]) -> list[Line]:
    """Put together what stands on one baseline with wide gaps between: the pieces of a row."""
    lines: list[Line] = []
    for line in page:
        last = lines[-1] if lines else None
        if last and _are_one_row(last, line):
            lines[-1] = replace(
                last,
                text=f"{last.text} {line.text}",
                right=line.right,
                is_bold=last.is_bold and line.is_bold,
                is_hyphenated=line.is_hyphenated,
                cells=(*(last.cells or (last.text,)), *(line.cells or (line.text,))),
                last_left=line.last_left if line.cells else line.left,
            )
        else:
            lines.append(line)
    return lines


def tables_in(lines: Sequence[Line], *, heading_sizes: Sequence[float]) -> list[tuple[int, int]]:
    """
    Find the tables among the lines that `with_rows` gives: the first line of each and the one behind its last.

    A table has two rows in a row, or one of at least three cells. Lines without columns between two rows belong to it
    if they are short. Not taken for rows: headings, items of lists, entries of a table of contents with leaders, two
    columns of running text, and terms beside an explanation that goes on in the next line.
    """
    rows = [_is_row(lines, n) and line.size not in heading_sizes for n, line in enumerate(lines)]
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(lines):
        end = _end(lines, rows, at) if rows[at] else at
        if sum(rows[at:end]) > 1 or (end > at and len(lines[at].cells) > 2):
            found.append((at, end))
        at = max(end, at + 1)
    return found


def _are_one_row(left: Line, right: Line) -> bool:
    size = max(left.size, right.size, 1.0)
    if abs(left.y - right.y) >= _SAME_ROW * size or right.left - left.right < _GAP * size:
        return False
    return min(len(left.text), len(right.text)) < _LONG_CHARS  # else these are columns of running text


def _is_row(lines: Sequence[Line], number: int) -> bool:
    line = lines[number]
    if not line.cells or _LEADERS.search(line.text) or min(map(len, line.cells)) >= _LONG_CHARS:
        return False
    if len(line.cells) == 2 and _NUMBERED.match(line.cells[0]):
        return False
    below = lines[number + 1] if number + 1 < len(lines) else None
    if below is None or below.cells:
        return True
    size = max(line.size, 1.0)
    return abs(below.left - line.last_left) > size or not 0 < line.y - below.y < _GAP * 1.1 * size


def _end(lines: Sequence[Line], rows: Sequence[bool], start: int) -> int:
    """Behind the last row of the table that begins here."""
    end = start + 1
    column = lines[start].last_left
    at = end
    while at < len(lines) and at - end <= _MOST_LABELS:
        line, above = lines[at], lines[at - 1]
        if not 0 < above.y - line.y < _FURTHEST * max(line.size, above.size, 1.0):
            break
        if rows[at]:
            column = max(column, line.last_left)
            end = at + 1
        elif line.right > column or len(line.text) > _MAX_LABEL_CHARS:
            break
        at += 1
    return end
