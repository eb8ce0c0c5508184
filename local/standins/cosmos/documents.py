"""Requests about items: points, batches, queries and feeds."""

from typing import Any

from starlette.responses import Response

from local.standins.cosmos import batch, charges, rids
from local.standins.cosmos.answers import answer, items_page
from local.standins.cosmos.call import Call
from local.standins.cosmos.change_feed import changes
from local.standins.cosmos.errors import CROSS_PARTITION, CosmosError, bad_request
from local.standins.cosmos.items import Kind, Operation, Outcome, Transaction
from local.standins.cosmos.items import read as read_item
from local.standins.cosmos.plan import needs_plan, plan
from local.standins.cosmos.query import Request as Query
from local.standins.cosmos.query import execute
from local.standins.cosmos.storage import Container
from local.standins.cosmos.values import dump

_LATEST = {"incremental feed", "incremental-feed"}


def post(call: Call) -> Response:
    """Create, upsert, batch, query or query plan, as the headers say."""
    container = call.container()
    if call.flag("x-ms-cosmos-is-query-plan-request"):
        return answer(call.request, 200, plan(*_query_text(call)), container=container)
    if call.flag("x-ms-documentdb-isquery"):
        return _query(call, container)
    if call.flag("x-ms-cosmos-is-batch-request"):
        status, results, charge = batch.execute(call.state, container, call.json(), call.key(container))
        return answer(call.request, status, results, charge=charge, container=call.container())
    operation = Operation(
        kind="Upsert" if call.flag("x-ms-documentdb-is-upsert") else "Create",
        key=call.key(container),
        body=call.json_object(),
        if_match=call.header("if-match"),
        if_none_match=call.header("if-none-match"),
    )
    return _write(call, container, operation)


def read(call: Call) -> Response:
    """One item: 200, 304 or 404."""
    container = call.container()
    operation = Operation(
        kind="Read",
        key=call.key(container),
        id=_item_id(call, container),
        if_none_match=call.header("if-none-match"),
    )
    strong = call.strong
    outcome = read_item(call.state, container, operation, lag_s=call.lag_s(container))
    assert outcome.row
    return answer(
        call.request,
        outcome.status,
        outcome.row.body if outcome.status == 200 else None,
        charge=charges.read(outcome.size, strong=strong),
        container=container,
        headers={"etag": outcome.row.etag},
    )


def replace(call: Call) -> Response:
    container = call.container()
    return _write(call, container, _change(call, container, "Replace", call.json_object()))


def patch(call: Call) -> Response:
    container = call.container()
    return _write(call, container, _change(call, container, "Patch", call.json_object()))


def delete(call: Call) -> Response:
    container = call.container()
    return _write(call, container, _change(call, container, "Delete", None))


def feed(call: Call) -> Response:
    """All items of a scope, or what has changed in it."""
    container, scope = call.container(), call.scope(call.container())
    mode = (call.header("a-im") or "").lower()
    strong, lag_s = call.strong, call.lag_s(container)
    if not mode:
        query = Query(
            text="SELECT * FROM c",
            scope=scope,
            page=call.page(),
            continuation=call.header("x-ms-continuation") or "",
            lag_s=lag_s,
        )
        return _query_page(call, container, query, strong=strong)
    if mode not in _LATEST:
        raise bad_request("The stand-in has the change feed in mode LatestVersion only: no backup is kept here.")
    found = changes(
        call.state,
        container,
        scope,
        position=call.header("if-none-match"),
        since=call.header("if-modified-since"),
        most=call.page(),
    )
    headers = {"etag": found.position}
    if not found.rows:
        return answer(call.request, 304, container=container, headers=headers)
    texts = [f'{row.body[:-1]},"_lsn":{row.lsn}}}' for row in found.rows]
    charge = charges.query([len(row.body) for row in found.rows], strong=strong)
    return items_page(call.request, container, texts, charge=charge, headers=headers)


def _write(call: Call, container: Container, operation: Operation) -> Response:
    with call.state.storage.write():
        outcome: Outcome = Transaction(call.state, container).apply(operation)
    headers = {"etag": outcome.row.etag} if outcome.row else {}
    minimal = "return=minimal" in (call.header("prefer") or "")
    body = outcome.row.body if outcome.row and not minimal else None
    # A deletion is the last transaction of its container, as far as this thread can tell.
    lsn = outcome.row.lsn if outcome.row else call.container().lsn
    return answer(
        call.request,
        outcome.status,
        body,
        charge=charges.write(outcome.size),
        container=container,
        lsn=lsn,
        headers=headers,
    )


def _change(call: Call, container: Container, kind: Kind, body: Any) -> Operation:
    return Operation(
        kind=kind,
        key=call.key(container),
        id=_item_id(call, container),
        body=body,
        if_match=call.header("if-match"),
        if_none_match=call.header("if-none-match"),
    )


def _item_id(call: Call, container: Container) -> str:
    """The id in the path; in a `_self` link it is a rid, and so are the other parts."""
    name = call.part("item")
    if call.part("container") != container.rid:
        return name
    serial = rids.item_serial(name)
    row = call.state.storage.by_serial(container, serial) if serial is not None else None
    return row.id if row else name


def _query(call: Call, container: Container) -> Response:
    text, parameters = _query_text(call)
    if not call.has_target():
        if not call.flag("x-ms-documentdb-query-enablecrosspartition"):
            raise bad_request(
                "Cross partition query is required but disabled. Please set x-ms-documentdb-query-enablecrosspartition "
                "to true, specify x-ms-documentdb-partitionkey, or revise your query to avoid this exception."
            )
        if needs_plan(text):
            raise CosmosError(
                400,
                "The provided cross partition query can not be directly served by the gateway. This is a first chance "
                "(internal) exception that all newer clients will know how to handle gracefully.",
                sub_status=CROSS_PARTITION,
                additionalErrorInfo=dump(plan(text, parameters)),
            )
    query = Query(
        text=text,
        parameters=parameters,
        scope=call.scope(container),
        page=call.page(),
        continuation=call.header("x-ms-continuation") or "",
        lag_s=call.lag_s(container),
    )
    return _query_page(call, container, query, strong=call.strong)


def _query_page(call: Call, container: Container, query: Query, *, strong: bool) -> Response:
    page = execute(call.state, container, query)
    headers = {"x-ms-continuation": page.continuation} if page.continuation else {}
    texts = [dump(result) for result in page.results]
    charge = charges.query(page.sizes, strong=strong)
    return items_page(call.request, container, texts, charge=charge, headers=headers)


def _query_text(call: Call) -> tuple[str, dict[str, Any]]:
    body = call.json_object()
    text, given = body.get("query"), body.get("parameters") or []
    try:
        parameters = {entry["name"]: entry["value"] for entry in given}
    except (TypeError, KeyError) as error:
        raise bad_request("Each parameter of a query has a name and a value.") from error
    if not isinstance(text, str):
        raise bad_request("The request has no query.")
    return text, parameters
