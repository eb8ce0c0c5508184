"""Markdown tables: found in a text, as cells, and as words with the names of their columns, there and back."""

import re
from collections.abc import Iterator, Sequence

from lib.domain.blocks import Block

UNDERLINE = re.compile(r"[ \t]*\n[ \t]*\|?[ \t]*:?-{3,}[ \t:|-]*(?:\n|$)")
"""What follows the header row of a table, whose cells name the columns and answer nothing."""
_CELL_END = re.compile(r"(?<!\\)\|")
_NAME = re.compile(r"[^\W_]")


def with_tables(text: str, found: Sequence[Block]) -> Iterator[list[Block]]:
    """
    The blocks of a text, in order: those of a table together, its header row first, all others one by one.

    A table has rows on lines that follow each other, and the first of them names its columns.
    """
    at = 0
    while at < len(found):
        end = at + 1
        if _is_head(text, found[at]):
            while end < len(found) and _goes_on(text, found[end - 1], found[end]):
                end += 1
        yield list(found[at:end])
        at = end


def cells_of(line: str) -> list[str]:
    """The cells of a table row, without blanks around them; none if the line is no row."""
    line = line.strip()
    if not line.startswith("|"):
        return []
    cells = [cell.strip() for cell in _CELL_END.split(line[1:])]
    return cells if cells[-1] else cells[:-1]


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


def _goes_on(text: str, above: Block, block: Block) -> bool:
    return block.kind == "row" and text.count("\n", above.end, block.start) == 1


def _is_head(text: str, block: Block) -> bool:
    return (
        block.kind == "row"
        and UNDERLINE.match(text, block.end) is not None
        and _NAME.search(text, block.start, block.end) is not None
    )
