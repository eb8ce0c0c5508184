"""The filter language (OData): read into a tree. What is not in the subset is refused, never ignored."""

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from local.standins.search.errors import bad_filter

Value = str | int | float | bool | None
Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]
DEEPEST = 100

_TOKEN = re.compile(
    r"\s*(?:(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<string>'(?:[^']|'')*')"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z]+)?)"
    r"|(?P<mark>[(),:/]))"
)
_OPERATORS: dict[str, Operator] = {"eq": "eq", "ne": "ne", "gt": "gt", "ge": "ge", "lt": "lt", "le": "le"}
_MIRRORED: dict[Operator, Operator] = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_KEYWORDS = {"and", "or", "not", *_OPERATORS, *_CONSTANTS}


@dataclass(frozen=True, slots=True)
class Time:
    """A point in time, as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false."""

    value: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """`name operator value`; a name alone is `name eq true`."""

    name: str
    operator: Operator
    value: Value | Time


@dataclass(frozen=True, slots=True)
class In:
    """`search.in(name, 'a,b')`."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """`and` or `or`."""

    word: Literal["and", "or"]
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Each:
    """`name/any(variable: inner)` or `all`; without inner: `name/any()`."""

    name: str
    word: Literal["any", "all"]
    variable: str
    inner: "Node | None"


Node = Constant | Compare | In | Not | Both | Each


def parse(text: str) -> Node:
    """Read a filter. Raises: Refused (400 with an empty code)."""
    reader = _Reader(text)
    node = reader.disjunction(0)
    if reader.kind:
        reader.refuse()
    return node


class _Reader:
    """One token ahead. Binding, from loose to tight: or, and, not."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self.kind = ""
        self.word = ""
        self._next()

    def refuse(self) -> NoReturn:
        """Positions are those where the token ends that cannot stand there, as recorded."""
        raise bad_filter(f"Syntax error at position {self._end} in '{self._text}'.")

    def disjunction(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise bad_filter("it is nested too deeply")
        node = self._conjunction(depth)
        while self._accept("word", "or"):
            node = Both("or", node, self._conjunction(depth))
        return node

    def _conjunction(self, depth: int) -> Node:
        node = self._negation(depth)
        while self._accept("word", "and"):
            node = Both("and", node, self._negation(depth))
        return node

    def _negation(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise bad_filter("it is nested too deeply")
        if self._accept("word", "not"):
            return Not(self._negation(depth + 1))
        if self._accept("mark", "("):
            node = self.disjunction(depth + 1)
            self._expect("mark", ")")
            return node
        return self._claim(depth)

    def _claim(self, depth: int) -> Node:
        if self.kind in ("number", "string", "time") or (self.kind == "word" and self.word in _CONSTANTS):
            value = self._literal()
            if isinstance(value, bool) and self.word not in _OPERATORS:
                return Constant(value)
            operator = self._operator()
            return Compare(self._name(), _MIRRORED[operator], value)
        if self.kind == "word" and self.word == "search.in":
            return self._search_in()
        name = self._name()
        if self._accept("mark", "/"):
            return self._each(name, depth)
        if self.kind == "word" and self.word in _OPERATORS:
            return Compare(name, self._operator(), self._literal())
        return Compare(name, "eq", True)

    def _each(self, name: str, depth: int) -> Node:
        if self.word not in ("any", "all"):
            self.refuse()
        word: Literal["any", "all"] = "any" if self.word == "any" else "all"
        self._next()
        self._expect("mark", "(")
        if word == "any" and self._accept("mark", ")"):
            return Each(name, word, "", None)
        variable = self._name()
        self._expect("mark", ":")
        inner = self.disjunction(depth + 1)
        self._expect("mark", ")")
        return Each(name, word, variable, inner)

    def _search_in(self) -> Node:
        self._next()
        self._expect("mark", "(")
        name = self._name()
        self._expect("mark", ",")
        listed = self._string()
        delimiters = self._string() if self._accept("mark", ",") else " ,"
        self._expect("mark", ")")
        if not delimiters:
            raise bad_filter("search.in needs a delimiter")
        values = re.split(f"[{re.escape(delimiters)}]", listed)
        return In(name, tuple(value for value in values if value))

    def _name(self) -> str:
        if self.kind != "word" or self.word in _KEYWORDS or "." in self.word:
            self.refuse()
        return self._take()

    def _operator(self) -> Operator:
        if self.kind != "word" or self.word not in _OPERATORS:
            self.refuse()
        return _OPERATORS[self._take()]

    def _literal(self) -> Value | Time:
        if self.kind == "time":
            return Time(self._take())
        if self.kind == "number":
            text = self._take()
            return int(text) if text.lstrip("-").isdigit() else float(text)
        if self.kind == "word" and self.word in _CONSTANTS:
            return _CONSTANTS[self._take()]
        return self._string()

    def _string(self) -> str:
        if self.kind != "string":
            self.refuse()
        return self._take()[1:-1].replace("''", "'")

    def _accept(self, kind: str, token: str) -> bool:
        if (self.kind, self.word) == (kind, token):
            self._next()
            return True
        return False

    def _expect(self, kind: str, token: str) -> None:
        if not self._accept(kind, token):
            self.refuse()

    def _take(self) -> str:
        token = self.word
        self._next()
        return token

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._end)
        if match is None:
            if self._text[self._end :].strip():
                self.refuse()
            self.kind = self.word = ""
            return
        self.kind = str(match.lastgroup)
        self.word = match[self.kind]
        self._end = match.end()
