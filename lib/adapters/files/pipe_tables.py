"""Rows of cells to Markdown tables."""

import re
from collections.abc import Sequence

MAX_COLUMNS = 1_000
_BLANKS = re.compile(r"\s+")
_NUMBER = re.compile(r"[-+(]?[\d.,'\u00a0\u202f ]*\d[)%]?")
_YEAR = re.compile(r"(?:19|20)\d\d")


def render_tables(rows: Sequence[Sequence[str]]) -> list[str]:
    """
    Make Markdown blocks of a sheet: lines above the header, then a table.

    Header: the first row with at least two cells of text (that are no numbers), or of text and at least two years; a
    second row of names under it, as merged cells have, is joined to it. Rows above it become lines. If there is none,
    or a row above it has as many cells, columns are called A, B, C as spreadsheets do; a single column becomes lines.
    Left out: empty rows and columns, columns after the 1,000th. Pipes in cells are escaped, line ends become blanks.
    Empty: no text in any cell gives [].
    """
    cleaned = [[escape(cell) for cell in row[:MAX_COLUMNS]] for row in rows]
    kept = [row for row in cleaned if any(row)]
    at = next((n for n, row in enumerate(kept) if _names_columns(row)), -1)
    if any(_filled(row) >= _filled(kept[at]) for row in kept[: max(at, 0)]):
        at = -1  # those are rows too, and what looks like a header is one of them
    above, below = (kept[:at], kept[at:]) if at >= 0 else ([], kept)
    blocks = ["\n".join(" ".join(filter(None, row)) for row in above)] if above else []
    below = _without_empty_columns(below)
    if not below:
        return blocks
    if len(below[0]) == 1:
        return [*blocks, "\n".join(row[0] for row in below)]
    if at < 0:
        below = [[_letters(n) for n in range(len(below[0]))], *below]
    elif len(below) > 2 and _is_second_header(*below[:3]):
        below = [_joined(*below[:2]), *below[2:]]
    return [*blocks, _table(below)]


def render_table(rows: Sequence[Sequence[str]]) -> str:
    """Make one table, whose first row is the header; "" if no cell has text."""
    kept = _without_empty_columns([row for row in ([escape(cell) for cell in row] for row in rows) if any(row)])
    return _table(kept) if kept else ""


def escape(cell: str) -> str:
    """Make one line of a cell that does not end it."""
    return _BLANKS.sub(" ", cell).strip().replace("|", "\\|")


def is_text(cell: str) -> bool:
    """Say whether a cell holds words, rather than nothing or a number."""
    return bool(cell) and not _NUMBER.fullmatch(cell)


def _names_columns(row: Sequence[str]) -> bool:
    years = sum(1 for cell in row if _YEAR.fullmatch(cell))
    if years < 2:
        return sum(1 for cell in row if is_text(cell)) >= 2
    return all(map(_is_name, filter(None, row))) and not _YEAR.fullmatch(row[0])


def _is_name(cell: str) -> bool:
    return is_text(cell) or _YEAR.fullmatch(cell) is not None


def _is_second_header(first: Sequence[str], second: Sequence[str], third: Sequence[str]) -> bool:
    """Say whether a second row names what the first leaves open, and stands above numbers in two columns or more."""
    if "" not in first or not all(map(any, zip(first, second, strict=True))):
        return False
    numbers = sum(1 for name, cell in zip(second, third, strict=True) if name and cell and not is_text(cell))
    return numbers >= 2 and all(map(_is_name, filter(None, second)))


def _joined(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Names of columns from two rows: that of a merged cell, then that of the column."""
    names: list[str] = []
    group = ""
    for above, below in zip(first, second, strict=True):
        group = above or group
        names.append(f"{group} {below}".strip() if below else above)
    return names


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([_line(rows[0]), "|" + " --- |" * len(rows[0]), *map(_line, rows[1:])])


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(row) + " |"


def _without_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    width = max(map(len, rows), default=0)
    padded = [row + [""] * (width - len(row)) for row in rows]
    used = [n for n in range(width) if any(row[n] for row in padded)]
    return [[row[n] for n in used] for row in padded]


def _letters(number: int) -> str:
    """Count columns as spreadsheets do: A to Z, then AA."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)
