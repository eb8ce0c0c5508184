"""Workbooks (XLSX, XLSB, XLS, ODS) to pages: a heading and tables for each sheet."""

import datetime as dt
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from lib.adapters.files.kinds import MEDIA_TYPES, Kind
from lib.adapters.files.number_formats import Percents, percents_of_sheets
from lib.adapters.files.office_properties import read_properties
from lib.adapters.files.pipe_tables import render_tables
from lib.adapters.files.plain_lines import heading
from lib.domain.documents import MAX_TEXT_CHARS
from lib.domain.pages import Page
from lib.errors import BadInput

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

MAX_CELLS = 2_000_000
"""Of one sheet, empty ones between the first and the last used cell included."""

_Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


def read_workbook(body: bytes, *, name: str, kind: Kind) -> Page:
    """
    Make a page of a workbook, hidden sheets included, sheets of charts not. The title is empty if it states none.

    Values as the file caches them: no formula is computed. Percents are known in XLSX alone (the reader gives 0.25
    for 25 % elsewhere). Dates are ISO 8601, booleans TRUE and FALSE, errors such as #DIV/0! empty.
    Raises: BadInput if it is locked, damaged, or a sheet is larger than 2 million cells.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    blocks: list[str] = []
    chars = 0
    percents = percents_of_sheets(body) if kind == "xlsx" else {}
    try:
        with CalamineWorkbook.from_filelike(BytesIO(body)) as workbook:
            for title in (sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet):
                sheet = workbook.get_sheet_by_name(title)
                if sheet.total_height * sheet.width > MAX_CELLS:
                    raise BadInput(f"{name!r} has a sheet {title!r} of more than {MAX_CELLS:,} cells: split it")
                tables = render_tables(list(_rows(sheet, percents.get(title, {}))))
                if tables:
                    blocks += [heading(2, title), *tables]
                    chars += sum(map(len, tables))
                if chars > MAX_TEXT_CHARS:
                    break  # it is refused for that
    except PasswordError as error:
        raise BadInput(f"{name!r} is encrypted: remove its password and try again") from error
    except CalamineError as error:
        raise BadInput(f"{name!r} cannot be read as a workbook: damaged? ({error})") from error
    said = read_properties(body) if kind in ("xlsx", "xlsb") else None
    return Page(
        title=said.title if said else "",
        language=said.language if said else "",
        text="\n\n".join(filter(None, blocks)),
        media_type=MEDIA_TYPES[kind],
    )


def _rows(sheet: "CalamineSheet", percents: Percents) -> Iterator[list[str]]:
    left = sheet.start[1] if sheet.start else 0  # rows begin at the sheet's first column with something in it
    for number, row in enumerate(sheet.iter_rows()):
        yield [_shown(value, percents.get((number, left + column))) for column, value in enumerate(row)]


def _shown(value: _Cell, percent_digits: int | None) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value) if percent_digits is None else f"{value:.{percent_digits}%}"
    if isinstance(value, dt.datetime):
        if value.time() == dt.time(0):
            return value.date().isoformat()
        return value.isoformat(" ", "seconds" if value.second else "minutes")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        sign = "-" if seconds < 0 else ""
        minutes, seconds = divmod(abs(seconds), 60)
        return f"{sign}{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return value


def _number(value: float) -> str:
    """Fifteen digits, as spreadsheets show them, so that 0.1 + 0.2 is 0.3; no exponent below 1e15."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    text = f"{value:.15g}"
    return f"{value:.15f}".rstrip("0") if "e-" in text and abs(value) >= 1e-12 else text
