"""Which cells of an XLSX file are percents: the reader gives their bare numbers."""

import re
from html import unescape

from lib.adapters.files.containers import read_entry

Percents = dict[tuple[int, int], int]
"""Row and column, from 0: digits after the point."""

_FORMAT = re.compile(r"<numFmt\b[^>]*>")
_CELL_FORMATS = re.compile(r"<cellXfs\b.*?</cellXfs>", re.DOTALL)
_CELL_FORMAT = re.compile(r"<xf\b[^>]*>")
_SHEET = re.compile(r"<sheet\b[^>]*>")
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_CELL = re.compile(r'<c r="([A-Z]{1,3})([0-9]{1,7})" s="([0-9]{1,5})"')
"""The order of attributes that Excel, LibreOffice and the common libraries write."""
_BUILT_IN = {9: 0, 10: 2}
"""ECMA-376 part 1, 18.8.30: 9 is `0%`, 10 is `0.00%`."""


def percents_of_sheets(body: bytes) -> dict[str, Percents]:
    """
    Give the percent cells of each sheet, by the sheet's name.

    body: a checked zip. Sheets without such cells are left out; files written in unusual ways give fewer cells.
    """
    styles = _percent_styles(read_entry(body, "xl/styles.xml"))
    if not styles:
        return {}
    relations = _RELATION.findall(read_entry(body, "xl/_rels/workbook.xml.rels"))
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in relations}
    found: dict[str, Percents] = {}
    for tag in _SHEET.findall(read_entry(body, "xl/workbook.xml")):
        target = targets.get(_attribute(tag, "r:id"), "")
        entry = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        cells = {
            (int(cell[2]) - 1, _column(cell[1])): styles[int(cell[3])]
            for cell in _CELL.finditer(read_entry(body, entry))
            if int(cell[3]) in styles
        }
        if cells:
            found[_attribute(tag, "name")] = cells
    return found


def _percent_styles(xml: str) -> dict[int, int]:
    """The number of each cell style that shows percents, with its digits after the point."""
    formats = dict(_BUILT_IN)
    for tag in _FORMAT.findall(xml):
        code, number = _attribute(tag, "formatCode").partition(";")[0], _attribute(tag, "numFmtId")
        if code.endswith("%") and number.isdecimal():
            formats[int(number)] = min(len(code.rstrip("%").partition(".")[2].strip()), 10)
    cells = _CELL_FORMATS.search(xml)
    if not cells:
        return {}
    used = [_attribute(tag, "numFmtId") for tag in _CELL_FORMAT.findall(cells[0])]
    return {n: formats[int(u)] for n, u in enumerate(used) if u.isdecimal() and int(u) in formats}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    return unescape(found[1] if found[1] is not None else found[2]) if found else ""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
