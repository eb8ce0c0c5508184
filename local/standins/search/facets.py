"""Facets: how many of the documents found have which value."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from local.standins.search.definitions import JSON
from local.standins.search.errors import Refused

MOST = 10
_SORTS = {"count": "2 DESC, 1", "-count": "2, 1", "value": "1", "-value": "1 DESC"}


def facets_of(
    connection: sqlite3.Connection, expressions: Sequence[str], rows: Sequence[int], definition: JSON
) -> dict[str, list[JSON]]:
    """Values with their counts, most first; `count:0` gives all of them. Raises: Refused (400)."""
    fields = {field["name"]: field for field in definition["fields"]}
    found: dict[str, list[JSON]] = {}
    for expression in expressions:
        name, *parameters = expression.split(",")
        if not fields.get(name, {}).get("facetable"):
            raise Refused(400, f"Invalid facet expression '{expression}': '{name}' is not a facetable field.")
        most, sort = _read(parameters, expression)
        query = (
            "SELECT value, count(*) FROM terms WHERE field = ? AND rid IN (SELECT value FROM json_each(?))"  # noqa: S608
            f" GROUP BY value ORDER BY {_SORTS[sort]} LIMIT ?"
        )
        answers = connection.execute(query, (name, json.dumps(list(rows)), most or -1))
        found[name] = [{"value": _shown(value, fields[name]["type"]), "count": count} for value, count in answers]
    return found


def _read(parameters: Sequence[str], expression: str) -> tuple[int, str]:
    most, sort = MOST, "count"
    for parameter in parameters:
        name, _, value = parameter.strip().partition(":")
        if name == "count" and value.isdigit():
            most = int(value)
        elif name == "sort" and value in _SORTS:
            sort = value
        else:
            raise Refused(400, f"Invalid facet expression '{expression}': the stand-in knows count and sort only.")
    return most, sort


def _shown(value: Any, kind: str) -> Any:
    return bool(value) if "Boolean" in kind else value
