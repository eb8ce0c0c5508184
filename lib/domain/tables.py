"""Rows of Markdown tables: as cells, as text with the names of their columns, and found again from that text."""

import re
from collections.abc import Sequence

UNDERLINE = re.compile(r"[ \t]*\n[ \t]*\|?[ \t]*:?-{3,}[ \t:|-]*(?:\n|$)")
"""What follows the header row of a table, whose cells name the columns and answer nothing."""
_CELL_END = re.compile(r"(?<!\\)\|")


def cells_of(line: str) -> list[str]:
    """The cells of a table row, without blanks around them; none if the line is no row."""
    line = line.strip()
    return [cell.strip() for cell in _CELL_END.split(line.strip("|"))] if line.startswith("|") else []


def row_text(names: Sequence[str], cells: Sequence[str]) -> str:
    """A row in words, as `Day: Monday; Dish: Soup`; a column without a name gives its cell alone."""
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, cells, strict=True) if cell)


def is_row_of(statement: str, line: str) -> bool:
    """Say whether a statement is what `row_text` makes of this row, whatever its columns are called."""
    cells = [cell for cell in cells_of(line) if cell]
    parts = statement.strip().rstrip(".").split("; ")
    return bool(cells) and len(parts) == len(cells) and all(map(_ends_with, parts, cells))


def _ends_with(part: str, cell: str) -> bool:
    return part == cell or part.endswith(f": {cell}")
