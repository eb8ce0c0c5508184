"""The parts of a query."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

AGGREGATES = {"COUNT": "Count", "SUM": "Sum", "MIN": "Min", "MAX": "Max"}
"""As written in a query, and as a query plan names them."""


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """What lies in the item at these names and indexes; no steps: the item."""

    steps: "tuple[str | int | Parameter, ...]"


@dataclass(frozen=True, slots=True)
class Binary:
    """Operators: = != < <= > >= ?? + - * / %"""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Logic:
    """AND or OR over two or more parts."""

    operator: str
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    part: "Expression"


@dataclass(frozen=True, slots=True)
class In:
    needle: "Expression"
    options: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Array:
    items: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Object:
    items: "tuple[tuple[str, Expression], ...]"


Expression = Literal | Parameter | Path | Binary | Logic | Not | In | Call | Array | Object


@dataclass(frozen=True, slots=True)
class Column:
    """One of `SELECT a, b`: its name in the result, and its text in the query."""

    name: str
    expression: Expression
    text: str
    named: bool
    """Whether AS gave it the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """ORDER BY one key."""

    key: Path
    text: str
    descending: bool


@dataclass(slots=True, kw_only=True)
class Query:
    """A query. Exactly one of `star`, `value` and `columns` says what is selected."""

    alias: str = "c"
    star: bool = False
    value: Column | None = None
    columns: list[Column] = field(default_factory=list)
    where: Expression | None = None
    where_text: str = ""
    order: Order | None = None
    top: Expression | None = None
    offset: Expression | None = None
    limit: Expression | None = None

    @property
    def aggregates(self) -> list[str]:
        """The names of the aggregates in SELECT, in order."""
        selected = [self.value] if self.value else self.columns
        calls = [part for column in selected for part in walk(column.expression) if isinstance(part, Call)]
        return [call.name for call in calls if call.name in AGGREGATES]


def walk(expression: Expression) -> Iterator[Expression]:
    """An expression and all its parts."""
    yield expression
    match expression:
        case Binary(_, left, right):
            parts: tuple[Expression, ...] = (left, right)
        case Logic(_, parts) | Call(_, parts) | Array(parts):
            pass
        case Not(part):
            parts = (part,)
        case In(needle, options):
            parts = (needle, *options)
        case Object(items):
            parts = tuple(value for _, value in items)
        case _:
            parts = ()
    for part in parts:
        yield from walk(part)
