"""
Query plans: how the gateway tells a client to run a query that one request cannot answer for all partitions.

A query without partition key that only filters and projects is answered directly. One with ORDER BY, TOP, OFFSET or an
aggregate gets 400 with sub-status 1004; the client asks for the plan, sends the rewritten query to each partition key
range and merges the answers itself.
"""

from collections.abc import Mapping
from typing import Any

from local.standins.cosmos.query import count
from local.standins.cosmos.sql_parser import parse
from local.standins.cosmos.sql_tree import AGGREGATES, Query
from local.standins.cosmos.values import dump


def needs_plan(text: str) -> bool:
    """Raises: CosmosError 400 if the query is not understood."""
    query = parse(text)
    return bool(query.order or query.top or query.offset or query.aggregates)


def plan(text: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The plan, as the gateway answers it. Raises: CosmosError 400 if the query is not understood."""
    query = parse(text)
    order = query.order
    info: dict[str, Any] = {
        "distinctType": "None",
        "top": count(query.top, parameters, 0) if query.top else None,
        "offset": count(query.offset, parameters, 0) if query.offset else None,
        "limit": count(query.limit, parameters, 0) if query.limit else None,
        "orderBy": [] if not order else ["Descending" if order.descending else "Ascending"],
        "orderByExpressions": [order.text] if order else [],
        "groupByExpressions": [],
        "groupByAliases": [],
        "aggregates": [AGGREGATES[name] for name in query.aggregates],
        "groupByAliasToAggregateType": {},
        "rewrittenQuery": _rewritten(query, parameters),
        "hasSelectValue": query.value is not None,
        "hasNonStreamingOrderBy": False,
    }
    everywhere = [{"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}]
    return {"partitionedQueryExecutionInfoVersion": 2, "queryInfo": info, "queryRanges": everywhere}


def _rewritten(query: Query, parameters: Mapping[str, Any]) -> str:
    """What each range is asked: ORDER BY's keys beside the items, partial aggregates, what OFFSET and LIMIT need."""
    if query.aggregates:
        assert query.value
        selected = f'VALUE [{{"item": {query.value.text}}}]'
    elif query.order:
        selected = f'{query.alias}._rid, [{{"item": {query.order.text}}}] AS orderByItems, {_payload(query)} AS payload'
    elif query.offset:
        selected = _selected(query)
    else:
        return ""
    top = f"TOP {count(query.top, parameters, 0)} " if query.top else ""
    parts = [f"SELECT {top}{selected}", f"FROM {query.alias}"]
    if query.where:
        parts.append(f"WHERE ({query.where_text})")
    if query.order:
        parts.append(f"ORDER BY {query.order.text} {'DESC' if query.order.descending else 'ASC'}")
    if query.offset:
        needed = count(query.offset, parameters, 0) + count(query.limit, parameters, 0)
        parts.append(f"OFFSET 0 LIMIT {needed}")
    return "\n".join(parts)


def _payload(query: Query) -> str:
    if query.star:
        return query.alias
    if query.value:
        return query.value.text
    return "{" + ", ".join(f"{dump(column.name)}: {column.text}" for column in query.columns) + "}"


def _selected(query: Query) -> str:
    if query.star:
        return "*"
    if query.value:
        return f"VALUE {query.value.text}"
    return ", ".join(f"{column.text} AS {column.name}" if column.named else column.text for column in query.columns)
