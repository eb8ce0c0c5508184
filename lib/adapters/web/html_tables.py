"""HTML tables of data to Markdown tables."""

from collections.abc import Set as AbstractSet

from lxml import etree

from lib.adapters.web.inline_text import flat_text

_MAX_COLUMNS = 100
_MAX_CELLS = 100_000
_MAX_REPEATED_CHARS = 120
"""A cell over several rows is repeated in each, if it is short: a row found alone should say what it is about."""


def render_table(table: etree._Element, removed: AbstractSet[etree._Element]) -> str:
    """
    Render a table of data; its caption is not part of it.

    Spans: a cell over columns fills the first of them; one over rows is repeated.
    Header: the first row, if its cells are header cells or bold; otherwise an empty one, as Markdown wants one.
    Edge: empty rows and columns are left out; a table without text gives "".
    """
    rows, has_header = _grid(table, removed)
    width = max((len(row) for row in rows), default=0)
    rows = [row + [""] * (width - len(row)) for row in rows]
    used = [i for i in range(width) if any(row[i] for row in rows)]
    rows = [[row[i] for i in used] for row in rows]
    if not rows or not used:
        return ""
    rows = rows if has_header else [[""] * len(used), *rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(used))
    return "\n".join(lines)


def _grid(table: etree._Element, removed: AbstractSet[etree._Element]) -> tuple[list[list[str]], bool]:
    """The rows with text in them, and whether the first one names the columns."""
    rows: list[list[str]] = []
    has_header = False
    below: dict[int, tuple[int, str]] = {}  # column: rows still to fill, text
    cells = 0
    for tr in table.iter("tr"):  # wherever they are: forms and other strays stand between table and row
        row: list[str] = []
        for cell in tr.iter("td", "th"):
            if cell in removed or tr in removed:
                continue
            _fill_from_above(row, below)
            text = flat_text(cell, removed).replace("|", "\\|")
            columns, deep = _span(cell, "colspan"), _span(cell, "rowspan")
            for column in range(columns):
                if deep > 1:
                    repeated = text if column == 0 and len(text) <= _MAX_REPEATED_CHARS else ""
                    below[len(row)] = (deep - 1, repeated)
                row.append("" if column else text)
            cells += columns
            if len(row) >= _MAX_COLUMNS or cells > _MAX_CELLS:
                break
        _fill_from_above(row, below)
        if any(row):
            has_header = has_header if rows else _names_columns(tr, removed)
            rows.append(row)
    return rows, has_header


def _names_columns(tr: etree._Element, removed: AbstractSet[etree._Element]) -> bool:
    parent = tr.getparent()
    if parent is not None and parent.tag == "thead":
        return True
    cells = [cell for cell in tr.iter("td", "th") if cell not in removed and flat_text(cell, removed)]
    return all(cell.tag == "th" or _is_bold(cell) for cell in cells)


def _is_bold(cell: etree._Element) -> bool:
    return bool(
        len(cell) == 1
        and cell[0].tag in ("b", "strong")
        and not (cell.text or "").strip()
        and not (cell[0].tail or "").strip()
    )


def _fill_from_above(row: list[str], below: dict[int, tuple[int, str]]) -> None:
    while (column := len(row)) in below:
        left, text = below.pop(column)
        row.append(text)
        if left > 1:
            below[column] = (left - 1, text)


def _span(cell: etree._Element, name: str) -> int:
    value = cell.get(name, "").strip()
    return min(max(int(value), 1), _MAX_COLUMNS) if value.isascii() and value.isdigit() and len(value) < 6 else 1
