"""Queries over the items of a container, page by page."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from local.standins.cosmos.errors import bad_request
from local.standins.cosmos.indexing import is_indexed
from local.standins.cosmos.narrowing import narrowed
from local.standins.cosmos.sql_evaluation import Aggregate, Compiled, compiled, parameter
from local.standins.cosmos.sql_parser import parse
from local.standins.cosmos.sql_tree import Expression, Literal, Parameter, Query
from local.standins.cosmos.state import CosmosState
from local.standins.cosmos.storage import Container, Row, Where
from local.standins.cosmos.values import UNDEFINED, dig, dump, sort_key

DEFAULT_PAGE = 100
LARGEST_PAGE = 1_000
PAGE_BYTES = 4 * 1_024 * 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a query or a feed looks: one partition, a range of effective keys, or (both None) everywhere."""

    partition: str | None = None
    keys: tuple[str, str] | None = None
    """Smallest, and the first that is too large."""

    def holds(self, row: Row) -> bool:
        if self.partition is not None and row.partition != self.partition:
            return False
        return self.keys is None or self.keys[0] <= row.epk < self.keys[1]

    def where(self) -> Where:
        found = Where()
        if self.partition is not None:
            found.add("partition = ?", [self.partition])
        if self.keys is not None:
            found.add("epk >= ? AND epk < ?", list(self.keys))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A query as it came. lag_s: it sees items as they were so long ago."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    scope: Scope = Scope()
    page: int = DEFAULT_PAGE
    continuation: str = ""
    lag_s: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Results, the bytes of each, and where to go on ("": nothing is left)."""

    results: list[Any]
    sizes: list[int]
    continuation: str


@dataclass(frozen=True, slots=True)
class _Match:
    position: tuple[Any, ...]
    """Where it stands among all matches; a later match has a larger one."""
    item: Any


def execute(state: CosmosState, container: Container, request: Request) -> Page:
    """
    One page. Items come in the order in which they were created, or by ORDER BY (undefined first, then null, false,
    true, numbers, strings; equal keys by creation).

    Raises: CosmosError 400 for what is not understood, and for a continuation of another query.
    """
    query = parse(request.text)
    if query.aggregates:
        return _aggregated(state, container, request, query)
    if query.order and not is_indexed(container.definition, query.order.key.steps):
        raise bad_request("The order by query does not have a corresponding index that it can be served from.")
    token = _token(request)
    skip = max(0, count(query.offset, request.parameters, 0) - token["skipped"])
    bound = min(count(query.limit, request.parameters, 2**53), count(query.top, request.parameters, 2**53))
    left = bound - token["given"]
    make = _projection(query, request.parameters)
    results: list[Any] = []
    sizes: list[int] = []
    total, last, more = 0, token["after"], False
    for match in islice(_matches(state, container, request, query, after=token["after"]), skip, None):
        made = make(match.item)
        size = 0 if made is UNDEFINED else len(dump(made).encode())
        if len(results) >= min(left, request.page) or (results and total + size > PAGE_BYTES):
            more = len(results) < left
            break
        last = match.position
        if made is not UNDEFINED:
            results.append(made)
            sizes.append(size)
            total += size
    skipped = token["skipped"] + skip
    token = {"query": token["query"], "after": last, "skipped": skipped, "given": token["given"] + len(results)}
    return Page(results, sizes, _encoded(token) if more else "")


def count(expression: Expression | None, parameters: Mapping[str, Any], default: int) -> int:
    """The number in TOP, OFFSET or LIMIT. Raises: CosmosError 400 if it is none."""
    if expression is None:
        return default
    value = parameter(parameters, expression.name) if isinstance(expression, Parameter) else default
    value = expression.value if isinstance(expression, Literal) else value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise bad_request(f"TOP, OFFSET and LIMIT take a whole number that is not negative, not {value!r}.")
    return value


def _aggregated(state: CosmosState, container: Container, request: Request, query: Query) -> Page:
    aggregates: list[Aggregate] = []
    assert query.value
    make = compiled(query.value.expression, request.parameters, aggregates)
    for match in _matches(state, container, request, query, after=None):
        for aggregate in aggregates:
            aggregate.add(match.item)
    made = make(None)
    results = [] if made is UNDEFINED else [made]
    return Page(results, [0] * len(results), "")


def _projection(query: Query, parameters: Mapping[str, Any]) -> Compiled:
    if query.star:
        return lambda item: item
    if query.value:
        return compiled(query.value.expression, parameters)
    columns = [(column.name, compiled(column.expression, parameters)) for column in query.columns]
    return lambda item: {name: value for name, make in columns if (value := make(item)) is not UNDEFINED}


def _matches(
    state: CosmosState, container: Container, request: Request, query: Query, *, after: tuple[Any, ...] | None
) -> Iterator[_Match]:
    holds = compiled(query.where, request.parameters) if query.where else None
    read = ((row, json.loads(row.body)) for row in _candidates(state, container, request, query, after=after))
    found = ((row, item) for row, item in read if not holds or holds(item) is True)
    if query.order is None:
        yield from (_Match((row.serial,), item) for row, item in found)
        return
    names = [parameter(request.parameters, s.name) if isinstance(s, Parameter) else s for s in query.order.key.steps]
    ordered = [_Match((*sort_key(dig(item, names)), row.serial), item) for row, item in found]
    ordered.sort(key=lambda match: match.position, reverse=query.order.descending)
    for match in ordered:
        passed = after is None or (match.position < after if query.order.descending else match.position > after)
        if passed:
            yield match


def _candidates(
    state: CosmosState, container: Container, request: Request, query: Query, *, after: tuple[Any, ...] | None
) -> Iterator[Row]:
    where = request.scope.where()
    now = state.clock()
    if request.lag_s is not None:
        rows = state.shadows.overlay(container, state.storage.rows(container, where, now=now), lag_s=request.lag_s)
        start = after[0] if after and not query.order else 0
        yield from (row for row in rows if request.scope.holds(row) and row.serial > start)
        return
    if narrow := narrowed(query.where, request.parameters) if query.where else None:
        where.add(*narrow)
    if after and not query.order:
        where.add("serial > ?", [after[0]])
    yield from state.storage.rows(container, where, now=now)


def _token(request: Request) -> dict[str, Any]:
    """A continuation, or where a query begins."""
    scope = [request.scope.partition, request.scope.keys]
    same = hashlib.sha256(dump([request.text, request.parameters, scope]).encode()).hexdigest()[:16]
    if not request.continuation:
        return {"query": same, "after": None, "skipped": 0, "given": 0}
    try:
        token: dict[str, Any] = json.loads(base64.urlsafe_b64decode(request.continuation.removeprefix("+SI:")))
        if token["query"] == same:
            return {**token, "after": None if token["after"] is None else tuple(token["after"])}
    except (ValueError, KeyError, TypeError):
        pass
    raise bad_request("The continuation token is not one of this query.")


def _encoded(token: dict[str, Any]) -> str:
    return "+SI:" + base64.urlsafe_b64encode(dump(token).encode()).decode()
