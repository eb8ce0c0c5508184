"""Patterns of addresses and of paths: `**` is anything, `*` anything without a slash; nothing else is special."""

import re
import unicodedata
from functools import lru_cache

from lib.domain.urls import escape, spell_authority

_ABSOLUTE = re.compile(r"(?i)(https?|\*)://([^/?]*)(.*)", re.DOTALL)


def matches_url(pattern: str, url: str) -> bool:
    """Say whether a pattern, spelled in whatever way, matches a normalised URL."""
    return _url_regex(pattern).fullmatch(url) is not None


def matches_path(pattern: str, path: str) -> bool:
    """As `matches_url`, of paths; `**/` at the start also stands for no folder at all."""
    return _path_regex(_composed(pattern)).fullmatch(_composed(path)) is not None


@lru_cache(maxsize=1024)
def _url_regex(pattern: str) -> re.Pattern[str]:
    return _regex(_spelled(pattern))


@lru_cache(maxsize=1024)
def _path_regex(pattern: str) -> re.Pattern[str]:
    if pattern.startswith("**/"):
        return re.compile("(?:.*/)?" + _translate(pattern[3:]), re.DOTALL)
    return _regex(pattern)


def _spelled(pattern: str) -> str:
    """The pattern with its literal parts as normalised URLs have them."""
    absolute = _ABSOLUTE.fullmatch(pattern)
    if absolute is None:
        return _spelled_rest(pattern)
    scheme, authority, rest = absolute[1].lower(), absolute[2], absolute[3]
    if not rest.startswith("/") and "**" not in authority:
        rest = "/" + rest  # no address is without a path
    return f"{scheme}://{spell_authority(scheme, authority)}{_spelled_rest(rest)}"


def _spelled_rest(text: str) -> str:
    path, mark, query = text.partition("?")
    return escape(path, keep="") + mark + escape(query, keep="?")


def _regex(pattern: str) -> re.Pattern[str]:
    if pattern.endswith("/**"):  # `https://example.com/docs/**` includes `https://example.com/docs`
        return re.compile(_translate(pattern[:-3]) + "(?:/.*)?", re.DOTALL)
    return re.compile(_translate(pattern), re.DOTALL)


def _translate(pattern: str) -> str:
    return "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in re.split(r"(\*\*|\*)", pattern))


def _composed(text: str) -> str:
    """One spelling of letters with marks: some file systems keep an umlaut as two characters."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
