"""Lines of documents that know no Markdown, made safe to stand in it."""

import re

from lib.adapters.web.inline_text import clean

_LIGATURES = {ord(c): text for c, text in zip("ﬀﬁﬂﬃﬄﬅﬆ", "ff fi fl ffi ffl st st".split(), strict=True)}
_MARKS = re.compile(r"#{1,6}(?:\s|$)|```|~~~|\||={3,}\s*$|-{3,}\s*$")
_BULLET = re.compile(r"[•‣◦▪▫●○■□❖➢➤·\uf0b7\uf0a7\uf0d8\u2013\u2014-]\s+(?=\S)")
"""With blanks behind; those in the private range are bullets of the Symbol and Wingdings fonts."""


def plain_line(text: str) -> str:
    """Clean one line, ligatures taken apart; a bullet becomes `- `, what Markdown would take for a mark is escaped."""
    stripped = text.strip()
    bullet = _BULLET.match(stripped)
    if bullet:
        rest = clean(stripped[bullet.end() :].translate(_LIGATURES))
        return f"- {rest}" if rest else ""
    line = clean(stripped.translate(_LIGATURES))
    return f"\\{line}" if _MARKS.match(line) else line


def heading(level: int, text: str) -> str:
    """Make a heading of the level 1 to 6; "" if there is no text."""
    words = clean(text.translate(_LIGATURES))
    return f"{'#' * min(max(level, 1), 6)} {words}" if words else ""
