"""Variants: addresses of print views and of pages for small screens, and the address of what they are variants of."""

import re
from urllib.parse import urlsplit

_NAME = (
    r"(?:print|printable|print[-_]?(?:view|page|version)|printer[-_]?friendly|amp|mobile"
    r"|drucken|druck(?:ansicht|version)|imprimer|imprimir)"
)
_PART = re.compile(rf"(?i)(?:^|[/_.?&=-]){_NAME}(?:$|[/_.?&=-])")
_FOLDER = re.compile(rf"(?i)/{_NAME}(?=/|$)")
_PARAMETER = re.compile(rf"(?i){_NAME}(?:=.*)?|[a-z_-]{{1,20}}={_NAME}")
_HOST = re.compile(r"(?i)(?:www|m|mobile|amp|print)\.")


def is_variant(url: str) -> bool:
    """Say whether a URL looks like that of a print view, or of a page for small screens."""
    parts = urlsplit(url)
    host = _HOST.match(parts.netloc)
    return bool(_PART.search(parts.path + "?" + parts.query) or (host and host[0].lower() != "www."))


def plain_address(url: str) -> str:
    """What a URL and its variants share: no scheme, `www.`, `/print/`, `?print=1` or slash at the end."""
    parts = urlsplit(url)
    path = _FOLDER.sub("", parts.path).rstrip("/")
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _PARAMETER.fullmatch(pair))
    return f"{_HOST.sub('', parts.netloc.lower(), count=1)}{path}?{query}"
