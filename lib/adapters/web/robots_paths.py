"""Paths in robots.txt: which rule decides about a URL. Source: RFC 9309, 2.2.2 and 2.2.3."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

_IN_URL = re.compile(r"%([0-9A-Fa-f]{2})|[%*$]")
_IN_PATTERN = re.compile(r"%([0-9A-Fa-f]{2})|[%$]")
_ONE_OCTET = re.compile("[!-~]")
_INDEX = "index.html"


class Paths:
    """
    The rules of a group: what each says (`allow`, or anything else for the opposite), and of which path.

    The longest path that matches decides, `allow` among equals; without one all is allowed. robots.txt always is.
    """

    def __init__(self, rules: Iterable[tuple[str, str]]) -> None:
        patterns = [pattern for field, path in rules if path for pattern in _patterns(path, is_allow=field == "allow")]
        self._patterns = sorted(patterns, key=lambda pattern: (-pattern.octets, not pattern.is_allow))

    def allow(self, url: str) -> bool:
        """Say whether a normalised URL may be fetched."""
        path = url[url.index("/", 8) :]
        if path.partition("?")[0] == "/robots.txt":
            return True
        path = _spelled(path, _IN_URL)
        return next((pattern.is_allow for pattern in self._patterns if pattern.matches(path)), True)


class _Pattern:
    """A path with stars, and an end or not."""

    def __init__(self, path: str, *, is_allow: bool) -> None:
        self.is_allow = is_allow
        self._is_whole = path.endswith("$")
        spelled = _spelled(path.removesuffix("$"), _IN_PATTERN)
        self.octets = sum(1 if _ONE_OCTET.match(char) else 3 for char in spelled) + self._is_whole
        self._parts = re.sub(r"\*+", "*", spelled).split("*")

    def matches(self, path: str) -> bool:
        first, *others = self._parts
        if not path.startswith(first):
            return False
        end = others.pop() if self._is_whole and others else None
        at = len(first)
        for part in others:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        if end is not None:
            return path.endswith(end) and len(path) - len(end) >= at
        return not self._is_whole or len(path) == at


def _patterns(path: str, *, is_allow: bool) -> Iterator[_Pattern]:
    """What a rule means: more than it says where it can be read in two ways, and always the stricter one too."""
    if path.startswith(("http://", "https://")):
        path = f"/{path}"
    yield _Pattern(path, is_allow=is_allow)
    if is_allow and path.endswith(f"/{_INDEX}"):  # the folder is the same page
        yield _Pattern(f"{path.removesuffix(_INDEX)}$", is_allow=True)
    if not is_allow and path.endswith("$"):
        yield _Pattern(f"{path.removesuffix('$')}%24", is_allow=False)


def _spelled(text: str, special: re.Pattern[str]) -> str:
    """
    One spelling for all that are equal: an escape of a sign is the sign, a special sign that is none is escaped.

    An escaped slash or question mark is none in a path; in a query it is.
    """
    path, mark, query = text.partition("?")
    return special.sub(partial(_sign, kept="/?%*$"), path) + mark + special.sub(partial(_sign, kept="%*$"), query)


def _sign(match: re.Match[str], *, kept: str) -> str:
    char = match[0] if match[1] is None else chr(int(match[1], 16))
    return f"%{ord(char):02X}" if char in kept else char
