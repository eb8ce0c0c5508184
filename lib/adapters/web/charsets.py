"""Bytes of a page to text, whatever its charset claims to be."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(
    rb"""<(?:meta[^>]+?charset|\?xml[^>]+?encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE
)
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)

_AS_BROWSERS_READ = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "utf-16": "utf-16-le",
}
_PAGES_USE = frozenset(
    [f"cp{n}" for n in (866, 874, 932, 949, *range(1250, 1259))]
    + [f"iso8859-{n}" for n in range(1, 17)]
    + "utf-8 utf-16-le utf-16-be koi8-r koi8-u mac-roman mac-cyrillic gb18030 big5hkscs euc_jp iso2022_jp".split()
)
"""Codecs of the WHATWG encoding standard; Python has others (zip, idna, unicode_escape) that must not meet a page."""


def decode(body: bytes, content_type: str = "") -> str:
    """
    Decode a body by its byte order mark, what the header says, what the page says, or else what it looks like.

    A claim that the bytes disprove is not believed: valid UTF-8 with enough non-ASCII is UTF-8, and what is claimed to
    be UTF-8 but is mostly not is windows-1252. Bytes without a meaning become U+FFFD; nothing raises.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    claimed = declared(body, content_type)
    if claimed.startswith("utf-16") and b"\x00" in body[:1024]:
        return body.decode(claimed, "replace")
    if claimed != "iso2022_jp" and body.isascii():
        return body.decode("ascii")
    try:
        text = body.decode("utf-8")
        if claimed in ("", "utf-8") or _non_ascii(text) >= 4:
            return text
    except UnicodeDecodeError:
        pass
    if claimed and claimed != "utf-8" and not claimed.startswith("utf-16"):
        return body.decode(claimed, "replace")
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return text if wrong <= _non_ascii(text) - wrong else body.decode("cp1252", "replace")


def declared(body: bytes, content_type: str = "") -> str:
    """Name of the codec that the header, or else the page's first 4 KiB, asks for; empty if none or unknown."""
    header = _HEADER.search(content_type)
    name = _codec(header[1]) if header else ""
    if not name:
        meta = _META.search(body[:4096])
        name = _codec(meta[1].decode("ascii")) if meta else ""
    return name


def _codec(label: str) -> str:
    label = label.lower().removeprefix("x-").removesuffix("-i").replace("windows-", "cp").replace("sjis", "cp932")
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    name = _AS_BROWSERS_READ.get(name, name)
    return name if name in _PAGES_USE else ""


def _non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))
