"""What a body is: HTML, plain text, Markdown, or nothing that can be read as text."""

import re
from typing import Literal

from lib.adapters.files.kinds import is_readable

Kind = Literal["html", "text", "markdown", "file"]

_BY_NAME: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "application/pdf": "file",
    "application/msword": "file",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "file",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "file",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "file",
    "application/vnd.oasis.opendocument.spreadsheet": "file",
    "application/vnd.ms-excel": "file",
    "text/csv": "file",
    "text/tab-separated-values": "file",
    "message/rfc822": "file",
}
_FILE_SIGNATURES = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""PDF, and the containers of office files."""
_UNSAID = frozenset(
    ("", "application/octet-stream", "binary/octet-stream", "application/unknown", "unknown/unknown", "*/*", "text",
     "application/x-unknown", "content/unknown", "text/xml", "application/xml", "httpd/unix-directory")
)  # fmt: skip
_SIGNATURES = (
    b"%PDF-", b"%!PS", b"\x89PNG", b"\xff\xd8\xff", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\x7fELF", b"\xfd7zXZ",
    b"7z\xbc\xaf", b"\xd0\xcf\x11\xe0", b"\xca\xfe\xba\xbe", b"\x28\xb5\x2f\xfd", b"\x1aE\xdf\xa3",
)  # fmt: skip
"""Those with letters only (GIF8, RIFF) may begin a text; what follows them gives such files away."""
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|h1|div|p|table|"
    rb"script|meta|article|main|section)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_WHOLE_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_BINARY = bytes([*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_SNIFFED = 4096


def may_be_read(content_type: str) -> bool:
    """Say whether a body of this declared type is worth reading at all."""
    name = _name(content_type)
    return name in _BY_NAME or name in _UNSAID


def kind_of(content_type: str, body: bytes, url: str) -> Kind | None:
    """
    Say what a body is, by its declared type and its first 4 KiB; None if it cannot be read.

    `file`: one of the formats that `lib.adapters.files` reads. A type that the bytes disprove is not believed: binary
    signatures and control characters are no text whatever the header says, and a whole HTML document is HTML even as
    `text/plain`.
    """
    start = body[:_SNIFFED]
    declared = _BY_NAME.get(_name(content_type))
    if declared == "file":
        return "html" if _WHOLE_HTML.match(start) else "file"
    if start.startswith(_FILE_SIGNATURES) and declared is None:
        return "file" if start.startswith(b"%PDF-") or is_readable(url.partition("?")[0]) else None
    if start.startswith(_SIGNATURES):
        return None
    is_wide = start.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or "utf-16" in content_type.lower()
    looks_html = bool(_HTML.match(start))
    if not is_wide and not looks_html and _is_binary(start):
        return None
    name = _name(content_type)
    if declared == "html":
        return "html" if is_wide or b"<" in body else "text"
    if declared is not None:
        return "html" if _WHOLE_HTML.match(start) else declared
    if name in ("text/xml", "application/xml"):
        return "html" if b"<html" in start.lower() else None
    if looks_html:
        return "html"
    return "markdown" if url.partition("?")[0].endswith((".md", ".markdown")) else "text"


def _name(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_binary(start: bytes) -> bool:
    odd = len(start) - len(start.translate(None, _BINARY))
    return b"\x00" in start or odd > 0.02 * len(start)
