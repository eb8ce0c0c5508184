"""What a file is: by its first bytes, then by its name and declared media type."""

import re
from typing import Literal

from lib.adapters.files.code_languages import CODE, CODE_NAMES
from lib.adapters.files.containers import kind_of_ole, kind_of_zip
from lib.errors import BadInput

Kind = Literal[
    "pdf", "docx", "pptx", "xlsx", "xlsb", "xls", "ods", "email", "html", "markdown", "text", "table", "code"
]

MEDIA_TYPES: dict[Kind, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "xls": "application/vnd.ms-excel",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "email": "message/rfc822",
    "html": "text/html",
    "markdown": "text/markdown",
    "text": "text/plain",
    "table": "text/csv",
    "code": "text/x-code",
}
_BY_TYPE: dict[str, Kind] = {name: kind for kind, name in MEDIA_TYPES.items()} | {
    "application/xhtml+xml": "html",
    "text/x-markdown": "markdown",
    "text/tab-separated-values": "table",
    "application/csv": "table",
    "application/json": "code",
}
_BY_SUFFIX: dict[str, Kind] = {
    ".pdf": "pdf",
    ".docx": "docx", ".docm": "docx", ".dotx": "docx",
    ".pptx": "pptx", ".pptm": "pptx", ".ppsx": "pptx",
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xltx": "xlsx", ".xlsb": "xlsb", ".xls": "xls", ".ods": "ods",
    ".eml": "email",
    ".html": "html", ".htm": "html", ".xhtml": "html",
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown",
    ".txt": "text", ".text": "text", ".rst": "text", ".adoc": "text", ".asciidoc": "text", ".org": "text",
    ".log": "text",
    ".csv": "table", ".tsv": "table", ".tab": "table",
}  # fmt: skip
_BINARY = frozenset(("pdf", "docx", "pptx", "xlsx", "xlsb", "ods"))
"""Kinds whose files begin with a mark. A file so named without the mark is damaged, unless it is another one's text."""
_PLAIN_NAMES = frozenset("readme license licence copying notice changelog authors contributing".split())
SUFFIXES = frozenset(_BY_SUFFIX) | frozenset(CODE)
"""Ends of the names of files that can be read, lower case, with the dot."""

_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_CONTROLS = bytes([*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_SNIFFED = 8192
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_readable(name: str) -> bool:
    """
    Say whether a file of this name is worth listing: hidden files and the lock files of Office are not.

    name: a file name or a path or URL path with `/`.
    """
    base = base_name(name)
    if base.startswith((".", "~$")):
        return False
    return suffix_of(base) in SUFFIXES or base.lower() in CODE_NAMES or base.lower() in _PLAIN_NAMES


def base_name(name: str) -> str:
    """Give the last part of a path or URL path."""
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2] or name


def suffix_of(name: str) -> str:
    """Give the end of a file name from its last dot on, lower case; empty if it has none."""
    base = base_name(name)
    at = base.rfind(".")
    return base[at:].lower() if at > 0 else ""


def is_hostile(body: bytes, *, name: str, media_type: str = "") -> bool:
    """Say whether a file is of a format whose parsers are big and old enough to be broken by a crafted file."""
    return _is_pdf(body) or body.startswith((*_ZIP, _OLE)) or _named(name, media_type) == "email"


def kind_of(body: bytes, *, name: str, media_type: str = "") -> Kind:
    """
    Say what a file is. The bytes decide where they tell; among kinds of text the name does, then the media type.

    Raises: BadInput if it is of a kind that cannot be read, locked with a password, or not what its name promises.
    """
    if _is_pdf(body):
        return "pdf"
    if body.startswith(_ZIP):
        return kind_of_zip(body, name)
    if body.startswith(_OLE):
        return kind_of_ole(body, name)
    if body.startswith(b"{\\rtf"):
        raise BadInput(f"{name!r} is an RTF file, which is not read: save it as .docx or .pdf")
    start = body[:_SNIFFED]
    if not start.startswith(_WIDE) and _is_binary(start):
        raise BadInput(f"{name!r} is binary and of no format that is read, or damaged")
    named = _named(name, media_type)
    if named in _BINARY or named == "xls":
        if _HTML.match(start):
            return "html"  # what many systems export as "Excel"
        if named == "xls" and body.strip():
            return "table"
        raise BadInput(f"{name!r} does not begin as a file of its kind ({named}) does: damaged or cut off")
    if named == "text" and _HTML.match(start):
        return "html"
    return named or ("html" if _HTML.match(start) else "text")


def _named(name: str, media_type: str) -> Kind | None:
    base = base_name(name).lower()
    suffix = suffix_of(base)
    if suffix in CODE or base in CODE_NAMES:
        return "code"
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return _BY_TYPE.get(media_type.partition(";")[0].strip().lower())


def _is_pdf(body: bytes) -> bool:
    """Mail systems put lines of their own before the mark; a text about PDF has letters around it."""
    at = body.find(b"%PDF-", 0, 1024)
    return at == 0 or (at > 0 and body[at + 5 : at + 8] in _VERSIONS and b"endobj" in body)


_VERSIONS = frozenset((*(f"1.{n}".encode() for n in range(8)), b"2.0"))


def _is_binary(start: bytes) -> bool:
    odd = len(start) - len(start.translate(None, _CONTROLS))
    return b"\x00" in start or odd > 0.02 * len(start)
