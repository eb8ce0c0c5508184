"""
What of a condition SQLite can check, so that few items need to be read and decided on.

The answer is always necessary for the condition, never sufficient: `sql_evaluation` decides. Only comparisons of a path
with a string or a number are translated, to `json_extract`; `id` has a column and an index.
"""

from collections.abc import Mapping
from typing import Any

from local.standins.cosmos.sql_evaluation import parameter
from local.standins.cosmos.sql_tree import Binary, Call, Expression, In, Literal, Logic, Parameter, Path

MOST = 100
"""Parts of an OR: SQLite has a limit for the depth of an expression."""
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EXACT = 2**53
Narrowed = tuple[str, list[Any]]


def narrowed(condition: Expression, parameters: Mapping[str, Any]) -> Narrowed | None:
    """A condition in SQL with `?` for each value, or None if nothing can be said."""
    match condition:
        case Logic("AND", parts):
            found = [part for part in (narrowed(part, parameters) for part in parts) if part]
            return _joined(" AND ", found) if found else None
        case Logic("OR", parts):
            return _any_of(parts, parameters)
        case Binary(sign, left, right) if sign in _MIRRORED:
            return _compared(sign, left, right, parameters) or _compared(_MIRRORED[sign], right, left, parameters)
        case In(needle, options):
            column, values = _column(needle), [_value(option, parameters) for option in options]
            return _one_of(column, values) if column and all(_is_plain(value) for value in values) else None
        case Call("STARTSWITH", (text, part)):
            column, start = _column(text), _value(part, parameters)
            if column and isinstance(start, str) and "\0" not in start:
                return f"substr({column[0]}, 1, ?) = ?", [*column[1], len(start), start]
    return None


def _any_of(parts: tuple[Expression, ...], parameters: Mapping[str, Any]) -> Narrowed | None:
    """Many keys at once, as read_items asks for them, become one IN; else a short OR."""
    equalities = [_equalities(part, parameters) for part in parts]
    for column in equalities[0]:
        if all(column in found for found in equalities):
            return _one_of((column[0], list(column[1])), [found[column] for found in equalities])
    found = [narrowed(part, parameters) for part in parts]
    known = [part for part in found if part]
    return _joined(" OR ", known) if len(known) == len(found) <= MOST else None


def _equalities(part: Expression, parameters: Mapping[str, Any]) -> dict[tuple[str, tuple[Any, ...]], Any]:
    found = {}
    for piece in part.parts if isinstance(part, Logic) and part.operator == "AND" else (part,):
        if isinstance(piece, Binary) and piece.operator == "=":
            column, value = _column(piece.left), _value(piece.right, parameters)
            if column and _is_plain(value):
                found[column[0], tuple(column[1])] = value
    return found


def _compared(sign: str, left: Expression, right: Expression, parameters: Mapping[str, Any]) -> Narrowed | None:
    column, value = _column(left), _value(right, parameters)
    return (f"{column[0]} {sign} ?", [*column[1], value]) if column and _is_plain(value) else None


def _one_of(column: Narrowed, values: list[Any]) -> Narrowed:
    return f"{column[0]} IN ({', '.join('?' * len(values))})", [*column[1], *values]


def _joined(word: str, parts: list[Narrowed]) -> Narrowed:
    return word.join(f"({sql})" for sql, _ in parts), [value for _, values in parts for value in values]


def _column(expression: Expression) -> Narrowed | None:
    if not isinstance(expression, Path) or not expression.steps:
        return None
    steps = expression.steps
    if steps == ("id",):
        return "id", []
    if not all(isinstance(step, str) and '"' not in step and "\\" not in step and step for step in steps):
        return None
    return "json_extract(body, ?)", ["$" + "".join(f'."{step}"' for step in steps)]


def _value(expression: Expression, parameters: Mapping[str, Any]) -> Any:
    if isinstance(expression, Parameter):
        return parameter(parameters, expression.name)
    return expression.value if isinstance(expression, Literal) else None


def _is_plain(value: Any) -> bool:
    """Strings and numbers that SQLite compares as Python does."""
    if isinstance(value, str):
        return "\0" not in value
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _EXACT
