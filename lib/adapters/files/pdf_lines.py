"""The lines of a PDF page, with where and how they are set."""

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

_BREAK = re.compile(r"[\r\n\ufffe\u2028\u2029]+")
"""PDFium writes U+FFFE where a hyphen at the end of a line divides a word."""
_BOLD = (b"bold", b"black", b"heavy", b"demi", b"cmbx")
"""In names of fonts. PDFium guesses weights from the width of stems, and takes the normal Times for bold."""
_COLUMN_GAP = 1.5
"""Width of a gap between columns, in sizes of the font: the blanks of justified text stay below 1."""
_STRETCHED = 0.64
"""Width of a line, in sizes of the font for each character, beyond which it must have gaps: typewriters have 0.6."""
_WORD = re.compile(r"\S+")


@dataclass(slots=True)
class Line:
    """What stands on one line, in the order of reading; lengths are points, from the lower left corner of the page."""

    text: str
    left: float
    right: float
    y: float
    """Of the baseline."""
    size: float
    is_bold: bool
    is_hyphenated: bool = False
    """Its last word goes on in the next line; the hyphen is not in the text."""
    cells: tuple[str, ...] = ()
    """Its pieces, if gaps as wide as between the columns of a table stand between them; else empty."""
    last_left: float = 0.0
    """Left edge of the last of these pieces."""


def lines_of(text_page: Any) -> list[Line]:
    """
    Take the lines of a pypdfium2 text page, in the order of PDFium, which is about that of the file.

    Asks for the font of three characters of a line only: one call for each character would take ten times as long.
    Gaps between columns are looked for in lines drawn in pieces, too wide for their number of characters, or below a
    line with such gaps.
    Edge: text set upside down or sideways counts as lines too; blank lines are left out.
    """
    text = text_page.get_text_range(errors="surrogatepass")
    lines: list[Line] = []
    start = 0
    for mark in [*_BREAK.finditer(text), None]:
        end = mark.start() if mark else len(text)
        raw = text[start:end]
        if words := raw.strip():
            first = start + len(raw) - len(raw.lstrip())
            line = _line(text_page, words, first, is_below_row=bool(lines and lines[-1].cells))
            line.is_hyphenated = bool(mark and "\ufffe" in mark[0])
            lines.append(line)
        start = mark.end() if mark else end
    return lines


def _line(text_page: Any, words: str, first: int, *, is_below_row: bool) -> Line:
    import pypdfium2.raw as pdfium

    last = first + len(words) - 1
    at = [pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, i) for i in (first, (first + last) // 2, last)]
    sizes = [pdfium.FPDFText_GetFontSize(text_page, i) * _scale(text_page, i) for i in at]
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, at[0], x, y)
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text_page, at[2], box)
    size = round(2 * sorted(sizes)[1]) / 2
    line = Line(
        text=words,
        left=x.value,
        right=max(box.right, x.value),
        y=y.value,
        size=size,
        is_bold=all(_is_bold(text_page, i) for i in at),
    )
    gap = _COLUMN_GAP * max(size, 1.0)
    is_stretched = line.right - line.left > _STRETCHED * max(size, 1.0) * len(words)
    if is_below_row or is_stretched or _has_gap(text_page, at[0], at[2], gap):
        _find_cells(line, text_page, first, gap)
    return line


def _has_gap(text_page: Any, first: int, last: int, gap: float) -> bool:
    """Say whether there is a gap of at least this width between two of the pieces that a line was drawn in."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountRects(text_page, first, last - first + 1)
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    end = math.inf
    for number in range(count if count > 1 else 0):
        pdfium.FPDFText_GetRect(text_page, number, left, top, right, bottom)
        if left.value - end >= gap:
            return True
        end = right.value
    return False


def _find_cells(line: Line, text_page: Any, first: int, gap: float) -> None:
    """Cut the line where there is a gap of at least this width between two words."""
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    cells: list[str] = []
    begin = 0
    end = math.inf
    for word in _WORD.finditer(line.text):
        ends = []
        for at in (word.start(), word.end() - 1):
            index = pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, first + at)
            pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
            ends.append((box.left, box.right))
        if ends[0][0] - end >= 0.8 * gap:  # these boxes have the blank around a letter in them
            cells.append(line.text[begin : word.start()].strip())
            begin, line.last_left = word.start(), ends[0][0]
        end = ends[1][1]
    line.cells = (*cells, line.text[begin:].strip()) if cells else ()


def _scale(text_page: Any, index: int) -> float:
    """What the text matrix makes of the font size: some programs set all text at size 1 and scale it."""
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFText_GetMatrix(text_page, index, matrix):
        return 1.0
    return float((matrix.c**2 + matrix.d**2) ** 0.5) or 1.0


def _is_bold(text_page: Any, index: int) -> bool:
    import pypdfium2.raw as pdfium

    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    size = pdfium.FPDFText_GetFontInfo(text_page, index, buffer, 128, flags)
    name = buffer.raw[: min(size, 128)].lower()
    return any(word in name for word in _BOLD)
