"""Texts of other people's pages on a terminal: plain lines, wrapped to a width, side by side."""

import unicodedata
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import zip_longest

GAP = " | "
_SILENT = {"script", "style", "template", "noscript", "svg"}
_INLINE = set("a abbr b bdi bdo cite code em i kbd mark q s small span strong sub sup time u var wbr".split())


def harmless(text: str) -> str:
    """Text of other people's pages for a terminal: control characters, which could command it, are `?`."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def text_lines(html: str) -> list[str]:
    """All words of an HTML page, a line for each block, however the page means them: menus and footers too."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return [line for line in (" ".join(part.split()) for part in "".join(reader.parts).split("\n")) if line]


def side_by_side(left: Sequence[str], right: Sequence[str], *, width: int, most: int) -> Iterator[str]:
    """Two columns that fill the width, of at most so many lines; each says what it leaves out."""
    room = (width - len(GAP)) // 2
    rows = zip_longest(cut(left, room, most), cut(right, room, most), fillvalue="")
    for one, other in rows:
        yield f"{one}{' ' * (room - _width(one))}{GAP}{other}".rstrip()


def cut(lines: Sequence[str], width: int, most: int) -> list[str]:
    """Wrapped lines, at most so many; the last one says how many more there are."""
    wrapped = [piece for line in lines for piece in _wrapped(harmless(line), width)]
    if len(wrapped) <= most:
        return wrapped
    return [*wrapped[: most - 1], f"... {len(wrapped) - most + 1:,} more lines"]


def _wrapped(line: str, width: int) -> Iterator[str]:
    """Pieces that fit, cut at blanks where there are any; an empty line is one empty piece."""
    line = line.expandtabs(4)
    while _width(line) > width:
        end = _fitting(line, width)
        blank = line.rfind(" ", 1, end + 1)
        end = blank if blank > width // 3 else end
        yield line[:end].rstrip()
        line = line[end:].lstrip()
    yield line


def _fitting(line: str, width: int) -> int:
    """How many characters fit, at least one."""
    used = 0
    for at, char in enumerate(line):
        used += _width(char)
        if used > width:
            return max(1, at)
    return len(line)


def _width(text: str) -> int:
    """Columns that a text takes: East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._silent += tag in _SILENT
        self.parts.append("" if tag in _INLINE else "\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        self.parts.append("" if tag in _INLINE else "\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(" ".join(data.split("\n")))
