"""Filters as SQL: each claim is a set of documents, looked up in the table of values of filterable fields."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.standins.search.definitions import JSON, is_collection
from local.standins.search.errors import bad_filter
from local.standins.search.filters import Both, Compare, Constant, Each, In, Node, Not, Time, Value, parse

Sql = tuple[str, list[Any]]

_SIGNS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_WITH = "rid IN (SELECT rid FROM terms WHERE field = ?"


def where(text: str, definition: JSON) -> Sql:
    """
    The condition that a row of `documents` must meet, and its parameters.

    A missing value is null: it equals null only, and no comparison with it holds; `ne` does.
    Raises: Refused (400) also for fields that are unknown, not filterable, or of another type.
    """
    fields = {field["name"]: field for field in definition["fields"]}
    return _of(parse(text), lambda leaf: _claim(leaf, fields))


def stored(value: Any, kind: str) -> Value:
    """A value as the table keeps it: points in time as text that sorts."""
    if "DateTimeOffset" in kind:
        return _time(str(value))
    return int(value) if isinstance(value, bool) else value


def _of(node: Node, claim: Callable[[Compare | In | Each], Sql]) -> Sql:
    if isinstance(node, Constant):
        return ("1" if node.value else "0"), []
    if isinstance(node, Not):
        sql, values = _of(node.inner, claim)
        return f"NOT ({sql})", values
    if isinstance(node, Both):
        left, values = _of(node.left, claim)
        right, more = _of(node.right, claim)
        return f"({left} {node.word.upper()} {right})", values + more
    return claim(node)


def _claim(leaf: Compare | In | Each, fields: dict[str, JSON]) -> Sql:
    field = fields.get(leaf.name)
    if field is None:
        raise bad_filter(f"Could not find a property named '{leaf.name}' on type 'search.document'.")
    if not field["filterable"]:
        raise bad_filter(f"'{leaf.name}' is not a filterable field. Only filterable fields can be used in filters.")
    kind = field["type"]
    if isinstance(leaf, Each):
        return _each(leaf, kind)
    if is_collection(kind):
        raise bad_filter(f"'{leaf.name}' is a collection: use any() or all().")
    if isinstance(leaf, Compare) and leaf.value is None:
        sql = f"{_WITH})"
        if leaf.operator not in ("eq", "ne"):
            raise bad_filter("null can be compared with eq and ne only.")
        return (sql if leaf.operator == "ne" else f"NOT {sql}"), [leaf.name]
    if isinstance(leaf, Compare) and leaf.operator == "ne":
        sql, values = _value(Compare(leaf.name, "eq", leaf.value), kind)
        return f"NOT {_WITH} AND {sql})", [leaf.name, *values]
    sql, values = _value(leaf, kind)
    return f"{_WITH} AND {sql})", [leaf.name, *values]


def _each(leaf: Each, kind: str) -> Sql:
    if not is_collection(kind):
        raise bad_filter(f"'{leaf.name}' is no collection.")
    if leaf.inner is None:
        return f"{_WITH})", [leaf.name]
    inner_kind = kind.removeprefix("Collection(").removesuffix(")")

    def claim(inside: Compare | In | Each) -> Sql:
        if isinstance(inside, Each) or inside.name != leaf.variable:
            raise bad_filter(f"Inside {leaf.word}(), only '{leaf.variable}' can be used.")
        return _value(inside, inner_kind)

    sql, values = _of(leaf.inner, claim)
    if leaf.word == "all":
        return f"NOT {_WITH} AND NOT ({sql}))", [leaf.name, *values]
    return f"{_WITH} AND {sql})", [leaf.name, *values]


def _value(leaf: Compare | In, kind: str) -> Sql:
    """A claim about the column `value`."""
    if isinstance(leaf, In):
        if kind != "Edm.String":
            raise bad_filter("search.in compares strings.")
        return (f"value IN ({', '.join('?' * len(leaf.values))})" if leaf.values else "0"), list(leaf.values)
    if not _fits(leaf.value, kind):
        raise bad_filter(f"A binary operator with incompatible types was detected: '{leaf.name}' is of type '{kind}'.")
    value = _time(leaf.value.text) if isinstance(leaf.value, Time) else leaf.value
    return f"value {_SIGNS[leaf.operator]} ?", [int(value) if isinstance(value, bool) else value]


def _fits(value: Value | Time, kind: str) -> bool:
    if isinstance(value, Time):
        return kind == "Edm.DateTimeOffset"
    if isinstance(value, bool):
        return kind == "Edm.Boolean"
    if isinstance(value, str):
        return kind == "Edm.String"
    return value is not None and kind in ("Edm.Int32", "Edm.Int64", "Edm.Double") and abs(value) < 2**63


def _time(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad_filter(f"'{text}' is no point in time.") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
