"""The lines of a PDF page, with where and how they are set."""

import ctypes
import re
from dataclasses import dataclass
from typing import Any

_BREAK = re.compile(r"[\r\n\ufffe\u2028\u2029]+")
"""PDFium writes U+FFFE where a hyphen at the end of a line divides a word."""
_BOLD = (b"bold", b"black", b"heavy", b"demi", b"cmbx")
"""In names of fonts. PDFium guesses weights from the width of stems, and takes the normal Times for bold."""


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


def lines_of(text_page: Any) -> list[Line]:
    """
    Take the lines of a pypdfium2 text page, in the order of PDFium, which is about that of the file.

    Asks for the font of three characters of a line only: one call for each character would take ten times as long.
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
            line = _line(text_page, words, first)
            line.is_hyphenated = bool(mark and "\ufffe" in mark[0])
            lines.append(line)
        start = mark.end() if mark else end
    return lines


def _line(text_page: Any, words: str, first: int) -> Line:
    import pypdfium2.raw as pdfium

    last = first + len(words) - 1
    at = [pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, i) for i in (first, (first + last) // 2, last)]
    sizes = [pdfium.FPDFText_GetFontSize(text_page, i) * _scale(text_page, i) for i in at]
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text_page, at[0], x, y)
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text_page, at[2], box)
    return Line(
        text=words,
        left=x.value,
        right=max(box.right, x.value),
        y=y.value,
        size=round(2 * sorted(sizes)[1]) / 2,
        is_bold=all(_is_bold(text_page, i) for i in at),
    )


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
