"""Tables of PDF pages: lines whose pieces stand in columns become rows of Markdown tables."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lib.adapters.files.pdf_lines import Line
from lib.adapters.files.pipe_tables import MAX_ROWS_CHARS, escape, render_table
from lib.adapters.files.plain_lines import plain_line

_LEADERS = re.compile(r"(?:\s?\.){4}")
_NUMBERED = re.compile(r"(?:[^\w\s]|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z])[.)]?)$")
"""The first piece of an item of a list, or of a numbered heading."""
_LETTERS = re.compile(r"[^\W\d_]{2}")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d(?:\s*\(\d\))?")
_OPENING = re.compile(r"[^\w\s]{0,2}[($€£¥]")
_CURRENCY = re.compile(r"\s+([$€£¥])$")
_CLOSING = re.compile(r"[)%]{1,2}")
_GAP = 1.5
_SAME_ROW = 0.3
_FURTHEST = 3.2
"""Between the baselines of two rows, in sizes of the font."""
_MAX_LABEL_CHARS = 100
_MOST_LABELS = 2
"""Lines without columns between two rows: a name of the rows below, or the beginning of the next row's first cell."""
_LONG_CHARS = 45
_FIGURE = re.compile(r"[^\w]*\d(?:[^\W_a-zA-Z]|[\W_])*|[—–-]")
_NUMERIC = 0.6
"""Share of the last cells that are figures in a table of figures."""
_MOST_NAME_LINES = 30
_MAX_NAME_CHARS = 30
_Row = tuple[str, ...]


def with_rows(page: Sequence[Line]) -> list[Line]:
    """Put together what stands on one baseline with wide gaps between, and signs with their number."""
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
                first_right=last.first_right or last.right,
                last_left=line.last_left if line.cells else line.left,
            )
        else:
            lines.append(line)
    return [replace(line, cells=_joined_signs(line.cells)) if line.cells else line for line in lines]


def tables_in(lines: Sequence[Line], *, heading_sizes: Sequence[float]) -> list[tuple[int, int]]:
    """
    Find the tables among the lines that `with_rows` gives: the first line of each and the one behind its last.

    A table has two rows in a row, or one of at least three cells. Lines without columns between two rows belong to it
    if they are short. Not taken for rows: headings, items of lists, entries of a table of contents with leaders, and
    terms beside an explanation that goes on in the next line.
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


def names_above(lines: Sequence[Line], start: int, end: int) -> tuple[int, int, _Row]:
    """
    Find names of columns that stand above a table in lines of their own, as `June 30,` over `2023`.

    They are short, stand right of the first column, those of one column below each other, there are as many as columns
    behind the first, and all or none have digits; a few lines without columns may stand between them and the first row.
    Gives the first line of the names, the line behind their last, and the names; without: `start` twice and nothing.
    """
    rows = [line for line in lines[start:end] if line.cells]
    width = _width([line.cells for line in rows])
    edge = min(line.first_right for line in rows if len(line.cells) == width)
    columns: list[list[Line]] = []
    found: tuple[int, int, _Row] = (start, start, ())
    behind = start
    for at in range(start - 1, max(-1, start - 1 - _MOST_NAME_LINES), -1):
        line = lines[at]
        height = line.y - lines[start].y
        if line.cells or not 0 < height < 2 * (start - behind + 2) * _FURTHEST * max(line.size, 1.0):
            break
        if line.left <= edge:
            behind -= 1
            if columns or start - behind > _MOST_LABELS + 1 or len(line.text) > _MAX_LABEL_CHARS:
                break
            continue
        if len(line.text) > _MAX_NAME_CHARS:
            break
        column = next((c for c in columns if _is_above(line, c[0])), None)
        if column is None:
            columns.append(column := [])
        column.insert(0, line)
        if len(columns) == width - 1:
            names = [_stacked(c) for c in sorted(columns, key=lambda c: c[0].left)]
            found = (at, behind, ("", *names)) if len({bool(_DIGIT.search(name)) for name in names}) == 1 else found
        elif len(columns) >= width:
            break
    return found


def _stacked(column: Sequence[Line]) -> str:
    return " ".join(line.text for line in sorted(column, key=lambda line: -line.y))


def table_blocks(lines: Sequence[Line], names: _Row = ()) -> list[str]:
    """
    Make Markdown of the lines of one table: pieces of about 600 characters that each have its header, or rows without.

    Header: these names, else one of the first rows, if its cells are words or years, and there is one for each column
    or for each but the first.
    """
    rows = [tuple(escape(plain_line(cell)) for cell in line.cells or (line.text,)) for line in lines]
    header = tuple(map(escape, names))
    above: list[_Row] = []
    if not header:
        at, header = _header(rows, is_bold=lines[0].is_bold)
        above, rows = (rows[:at], rows[at + 1 :]) if header else ([], rows)
    if not header:
        return ["\n".join(f"| {' | '.join(row)} |" for row in rows)]
    pieces: list[list[_Row]] = [[]]
    for row in rows:
        if pieces[-1] and sum(len(cell) for one in (*pieces[-1], row) for cell in one) > MAX_ROWS_CHARS:
            pieces.append([])
        pieces[-1].append(row)
    return ["\n".join(map(" ".join, above)), *(render_table([header, *piece]) for piece in pieces)]


def _is_above(upper: Line, lower: Line) -> bool:
    """Say whether two short lines belong to one column: neither reaches far beyond the other's middle."""
    overlap = min(upper.right, lower.right) - max(upper.left, lower.left)
    return overlap > 0.5 * min(upper.right - upper.left, lower.right - lower.left) and (
        upper.right - upper.left < 3 * (lower.right - lower.left)
    )


def _are_one_row(left: Line, right: Line) -> bool:
    size = max(left.size, right.size, 1.0)
    if abs(left.y - right.y) >= _SAME_ROW * size or right.left - left.right < _GAP * size:
        return False
    return min(len(left.text), len(right.text)) < _LONG_CHARS  # else these are columns of running text


def _joined_signs(cells: _Row) -> _Row:
    """`$`, `(1,200` and `)` are one cell."""
    joined: list[str] = []
    for cell in cells:
        if joined and (sign := _CURRENCY.search(joined[-1])):  # it stands close behind the column before its own
            joined[-1] = joined[-1][: sign.start()]
            joined.append(f"{sign[1]} {cell}")
        elif joined and _OPENING.fullmatch(joined[-1]):
            joined[-1] += f" {cell}" if joined[-1][-1] != "(" else cell
        elif joined and _CLOSING.fullmatch(cell):
            joined[-1] += cell
        else:
            joined.append(cell)
    return tuple(joined) if len(joined) > 1 else ()


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


def _width(rows: Sequence[_Row]) -> int:
    """How many columns a table has: what two of its rows have, if any do; others leave cells empty."""
    widths = Counter(map(len, rows))
    return max((width for width, count in widths.items() if count > 1), default=max(widths))


def _header(rows: Sequence[_Row], *, is_bold: bool) -> tuple[int, _Row]:
    """Which of the first rows is the header, and the names of the columns; no names if none is."""
    for at in range(min(_MOST_LABELS + 1, len(rows) - 1)):
        names, others = rows[at], [row for row in rows[at + 1 :] if len(row) > 1]
        if len(names) < 2 or not others or not all(_LETTERS.search(cell) or _YEAR.fullmatch(cell) for cell in names):
            continue
        width = _width(others)
        is_numeric = sum(bool(_FIGURE.fullmatch(row[-1])) for row in others) >= _NUMERIC * len(others)
        if len(names) == width - 1 and is_numeric:
            return at, ("", *names)
        if len(names) == width and (is_numeric or (is_bold and not at)):
            return at, names
    return 0, ()
