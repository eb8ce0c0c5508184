"""The words of a query."""

import json
import re
from dataclasses import dataclass

from local.standins.cosmos.errors import CosmosError, bad_request

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<parameter>@[A-Za-z_]\w*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<symbol>\?\?|<=|>=|!=|<>|[=<>(){}\[\],.:*/%+-])
    """,
    re.VERBOSE | re.ASCII,
)
KEYWORDS = frozenset(
    "AND AS ASC ASCENDING BETWEEN BY DESC DESCENDING DISTINCT ESCAPE EXISTS FALSE FROM GROUP HAVING IN JOIN LIKE LIMIT "
    "NOT NULL OFFSET OR ORDER RANK SELECT TOP TRUE UNDEFINED UNION VALUE WHERE".split()
)
"""Words that are no names: `c.value` is an error in the service too, and `c["value"]` is right."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a query: where it starts and ends, and for strings and numbers the value."""

    kind: str
    """number, string, parameter, word, symbol or end."""
    text: str
    start: int
    end: int
    value: str | int | float | None = None

    @property
    def is_name(self) -> bool:
        """A word that may name an alias or a property."""
        return self.kind == "word" and self.text.upper() not in KEYWORDS

    def is_(self, *words: str) -> bool:
        """One of these keywords or symbols."""
        return self.kind in {"word", "symbol"} and self.text.upper() in words


def tokens(query: str) -> list[Token]:
    """All tokens, and one of kind `end`. Raises: CosmosError 400 if the text is no query."""
    found, at = [], 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if not match:
            raise syntax_error(query, at)
        kind, text = str(match.lastgroup), match.group()
        at = match.end()
        if kind != "space":
            found.append(Token(kind, text, match.start(), at, _value(kind, text)))
    return [*found, Token("end", "", at, at)]


def syntax_error(query: str, at: int) -> CosmosError:
    near = query[at : at + 30] or "the end"
    return bad_request(f"Syntax error, or not in the subset of SQL that the stand-in knows, near {near!r} at {at}.")


def _value(kind: str, text: str) -> str | int | float | None:
    if kind == "number":
        return int(text) if text.isdigit() else float(text)
    if kind != "string":
        return None
    inner = text[1:-1].replace("\\'", "'")
    if text[0] == "'":
        inner = re.sub(r'(?<!\\)((?:\\\\)*)"', r"\1\"", inner)
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except ValueError as error:
        raise bad_request(f"The string {text} has an escape that is none.") from error
