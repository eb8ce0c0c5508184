"""The lines of a PDF page, with where and how they are set."""

import ctypes
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_BREAK = re.compile(r"[\r\n\ufffe\u2028\u2029]+")
"""PDFium writes U+FFFE where a hyphen at the end of a line divides a word."""
_DIVIDED, _TWO_LINES = 2, "\ufffe"
"""The same as a single character has it, and in the text."""
_HIGH, _LOW = re.compile("[\ud800-\udbff]"), re.compile("[\udc00-\udfff]")
_BOLD = (b"bold", b"black", b"heavy", b"demi", b"cmbx")
"""In names of fonts. PDFium guesses weights from the width of stems, and takes the normal Times for bold."""
_COLUMN_GAP = 1.5
"""Width of a gap between columns, in sizes of the font: the blanks of justified text stay below 1."""
_STRETCHED = 0.64
"""Width of a line, in sizes of the font for each character, beyond which it must have gaps: typewriters have 0.6."""
_CELL_GAP = 0.8
"""Of such a gap, between the boxes of two characters: these have the blank around a letter in them."""
_WORD_GAP = 0.17
"""Width of a gap within a word, in sizes of the font, that is a blank: PDFium misses some beside wide letters."""
_SPACED = 0.5
"""Of that gap: what the gaps beside it are narrower than, unless the letters of the word are set apart."""
_LETTER = r"[^\W\d_]"
_ACCENTED = re.compile(
    rf"([\u00a8\u00b4\u00b8\u02c7\u02d8\u02da\u02db\u02dd]\s?|(?<={_LETTER})`\s?|(?<={_LETTER})[\u00af\u02c6\u02dc](?={_LETTER}{{2}}))"
    rf"({_LETTER})"
)
"""Grave, macron, circumflex and tilde only within a word: in code and in formulas they are signs of their own."""
_COMBINING = dict(
    zip(
        "\u00a8\u00af\u00b4\u00b8\u02c6\u02c7\u02d8\u02da\u02db\u02dc\u02dd`",
        "\u0308\u0304\u0301\u0327\u0302\u030c\u0306\u030a\u0328\u0303\u030b\u0300",
        strict=True,
    )
)
_DOTLESS = {"\u0131": "i", "\u0237": "j"}


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


def lines_of(text_page: Any, *, closely: bool) -> tuple[list[Line], int]:
    """
    Take the lines of a pypdfium2 text page, in the order of PDFium, which is about that of the file.

    Also gives how many blanks PDFium missed between words; `closely` looks for them in every line.
    Asks for the font of three characters of a line only: one call for each character would take ten times as long.
    Gaps between columns are looked for in lines drawn in pieces, too wide for their number of characters, or below a
    line with such gaps.
    Edge: text set upside down or sideways counts as lines too; blank lines are left out.
    """
    text, indices = _characters(text_page)
    lines: list[Line] = []
    start = missed = 0
    for mark in [*_BREAK.finditer(text), None]:
        end = mark.start() if mark else len(text)
        raw = text[start:end]
        if words := raw.strip():
            first = start + len(raw) - len(raw.lstrip())
            drawn = indices[first : first + len(words)]
            line = _line(text_page, words, drawn, closely=closely or bool(lines and lines[-1].cells))
            missed += len(line.text.split()) - len(words.split())
            line.text = _with_accents(line.text)
            line.is_hyphenated = bool(mark and "\ufffe" in mark[0])
            lines.append(line)
        start = mark.end() if mark else end
    return lines, missed


def _characters(text_page: Any) -> tuple[str, Sequence[int]]:
    """
    The text of a page, and for each of its characters the index by which PDFium knows it.

    Letters of formulas beyond U+FFFF count twice there, or are left out of the text that it gives as a whole.
    """
    import pypdfium2.raw as pdfium

    text = text_page.get_text_range(errors="surrogatepass")
    count = pdfium.FPDFText_CountChars(text_page)
    if len(text) == count:
        return text, range(count)
    characters: list[str] = []
    indices: list[int] = []
    for at in range(count):
        index = pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, at)
        if index < 0:
            break
        character = _TWO_LINES if (code := pdfium.FPDFText_GetUnicode(text_page, index)) == _DIVIDED else chr(code)
        if characters and _LOW.match(character) and _HIGH.match(characters[-1]):
            pair = f"{characters[-1]}{character}"
            characters[-1] = pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        else:
            characters.append(character)
            indices.append(index)
    return "".join(characters), indices


def _line(text_page: Any, words: str, drawn: Sequence[int], *, closely: bool) -> Line:
    import pypdfium2.raw as pdfium

    at = (drawn[0], drawn[len(words) // 2], drawn[-1])
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
    if closely or is_stretched or _has_gap(text_page, at[0], at[2], gap):
        _part(line, _gaps(text_page, words, drawn), gap)
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


def _gaps(text_page: Any, words: str, drawn: Sequence[int]) -> list[tuple[int, float, float]]:
    """For each character of a line that is not blank: its index, how far it is from the one before, its left edge."""
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    found: list[tuple[int, float, float]] = []
    right = math.inf
    for number, (character, index) in enumerate(zip(words, drawn, strict=True)):
        if character.isspace():
            continue
        pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
        found.append((number, box.left - right, box.left))
        right = box.right
    return found


def _part(line: Line, gaps: Sequence[tuple[int, float, float]], gap: float) -> None:
    """Cut the line into cells where there is a gap of at least this width, and into words where a blank is missing."""
    words, size = line.text, max(line.size, 1.0)
    cells: list[str] = []
    text = ""
    begin = 0
    for place, (at, width, left) in enumerate(gaps):
        if width >= _CELL_GAP * gap:
            cells.append(f"{text}{words[begin:at]}".strip())
            text, begin, line.last_left = "", at, left
        elif width >= _WORD_GAP * size and not words[at - 1].isspace() and _stands_out(gaps, place):
            text, begin = f"{text}{words[begin:at]} ", at
    cells.append(f"{text}{words[begin:]}".strip())
    line.text = " ".join(cells)
    line.cells = tuple(map(_with_accents, cells)) if len(cells) > 1 else ()


def _stands_out(gaps: Sequence[tuple[int, float, float]], place: int) -> bool:
    """Say whether a gap is wider than those beside it: else the letters of a title are set apart."""
    beside = [width for _, width, _ in (*gaps[max(0, place - 1) : place], *gaps[place + 1 : place + 2])]
    return all(width < _SPACED * gaps[place][1] for width in beside)


def _with_accents(text: str) -> str:
    """Old fonts of TeX draw an accent and then its letter: put both together where there is a letter with it."""
    return text if text.isascii() and "`" not in text else _ACCENTED.sub(_accented, text)


def _accented(match: re.Match[str]) -> str:
    letter = _DOTLESS.get(match[2], match[2])
    whole = unicodedata.normalize("NFC", f"{letter}{_COMBINING[match[1][0]]}")
    return whole if len(whole) == 1 else match[0]


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
