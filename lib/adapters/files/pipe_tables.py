"""Rows of cells to Markdown tables, in pieces that each have their header."""

import re
from collections.abc import Sequence

MAX_ROWS_CHARS = 600
"""Rows under one header, code points: about 100 tokens, so that every chunk made later has its header."""
MAX_COLUMNS = 256
_BLANKS = re.compile(r"\s+")
_NUMBER = re.compile(r"[-+(]?[\d.,'\u00a0\u202f ]*\d[)%]?")


def render_tables(rows: Sequence[Sequence[str]]) -> list[str]:
    """
    Make Markdown blocks of a sheet: lines above the header, then tables of about 600 characters, each with the header.

    Header: the first row with at least two cells of text (that are no numbers); rows above it become lines. If there
    is none, columns are called A, B, C as spreadsheets do; a single column becomes lines.
    Left out: empty rows and columns, columns after the 256th. Pipes in cells are escaped, line ends become blanks.
    Empty: no text in any cell gives [].
    """
    cleaned = [[escape(cell) for cell in row[:MAX_COLUMNS]] for row in rows]
    kept = [row for row in cleaned if any(row)]
    at = next((n for n, row in enumerate(kept) if sum(1 for cell in row if is_text(cell)) >= 2), -1)
    above, below = (kept[:at], kept[at:]) if at >= 0 else ([], kept)
    blocks = ["\n".join(" ".join(filter(None, row)) for row in above)] if above else []
    below = _without_empty_columns(below)
    if not below:
        return blocks
    if len(below[0]) == 1:
        return [*blocks, "\n".join(row[0] for row in below)]
    header, body = (below[0], below[1:]) if at >= 0 else ([_letters(n) for n in range(len(below[0]))], below)
    return [*blocks, *_pieces(header, body)]


def render_table(rows: Sequence[Sequence[str]]) -> str:
    """Make one table, whose first row is the header; "" if no cell has text."""
    kept = _without_empty_columns([row for row in ([escape(cell) for cell in row] for row in rows) if any(row)])
    return "\n".join([*_head(kept[0]), *map(_line, kept[1:])]) if kept else ""


def escape(cell: str) -> str:
    """Make one line of a cell that does not end it."""
    return _BLANKS.sub(" ", cell).strip().replace("|", "\\|")


def is_text(cell: str) -> bool:
    """Say whether a cell holds words, rather than nothing or a number."""
    return bool(cell) and not _NUMBER.fullmatch(cell)


def _pieces(header: list[str], rows: list[list[str]]) -> list[str]:
    pieces: list[str] = []
    lines: list[str] = []
    size = 0
    for row in rows:
        line = _line(row)
        if lines and size + len(line) > MAX_ROWS_CHARS:
            pieces.append("\n".join([*_head(header), *lines]))
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    pieces.append("\n".join([*_head(header), *lines]))
    return pieces


def _head(header: Sequence[str]) -> list[str]:
    return [_line(header), "|" + " --- |" * len(header)]


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
