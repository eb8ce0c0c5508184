"""AI Search over HTTP: `/indexes`, `/aliases`, `/servicestats`."""

import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.standins.search.batches import index_documents
from local.standins.search.definitions import JSON, key_of
from local.standins.search.errors import Refused
from local.standins.search.own_faults import draw as own_fault
from local.standins.search.searching import search
from local.standins.search.state import SearchState
from local.standins.search.store import body_with_all_fields

MOST_BYTES = 16_000_000

Work = Callable[[SearchState, Request, Any], tuple[int, Any]]


def routes(state: SearchState) -> list[Route]:
    """
    The wire contract of azure-search-documents 12.0.0 (REST 2026-04-01).

    Faults of its own: `forbidden` (403 for everything), `forbidden_definitions` (403 for definitions and aliases),
    `quota` (403 for uploads: no room), `too_large:3000` (413 for bodies of more bytes), and those of
    `batches.index_documents` and `SearchState.put_alias`.
    """

    def route(path: str, method: str, work: Work, *, metadata: str = "minimal") -> Route:
        return Route(path, _endpoint(state, work, metadata), methods=[method])

    index, documents, alias = "/indexes('{name}')", "/indexes('{name}')/docs", "/aliases('{name}')"
    return [
        route("/indexes", "GET", lambda s, r, _: (200, {"value": _wanted(s.indexes(), r)})),
        route("/indexes", "POST", _create_index),
        route(index, "GET", lambda s, r, _: (200, s.index(r.path_params["name"]))),
        route(index, "PUT", _put_index),
        route(index, "DELETE", _delete_index),
        route(f"{index}/search.stats", "GET", _statistics),
        route(f"{documents}/search.index", "POST", _index_documents, metadata="none"),
        route(f"{documents}/search.post.search", "POST", _search, metadata="none"),
        route(f"{documents}/$count", "GET", _count, metadata="none"),
        route(documents + "('{key:path}')", "GET", _document, metadata="none"),
        route("/aliases", "GET", _list_aliases),
        route("/aliases", "POST", _create_alias),
        route(alias, "GET", lambda s, r, _: (200, s.alias(r.path_params["name"]))),
        route(alias, "PUT", lambda s, r, b: s.put_alias(r.path_params["name"], b, create_only=False)),
        route(alias, "DELETE", _delete_alias),
        route("/servicestats", "GET", _service_statistics),
    ]


def _endpoint(state: SearchState, work: Work, metadata: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        started = time.perf_counter()
        raw = await request.body()
        try:
            _check(state, request, raw)
            body = json.loads(raw) if raw else {}
            if not isinstance(body, dict):
                raise Refused(400, "The request is invalid. Details: the body is no JSON object.")
            status, found = await run_in_threadpool(work, state, request, body)
        except Refused as error:
            status, found = error.status, error.body()
        except (json.JSONDecodeError, UnicodeDecodeError):
            status, found = 400, Refused(400, "The request is invalid. Details: the body is no JSON.").body()
        response = _response(status, found, request, metadata)
        response.headers["elapsed-time"] = f"{1_000 * (time.perf_counter() - started):.0f}"
        return response

    return endpoint


def _check(state: SearchState, request: Request, raw: bytes) -> None:
    path, draw = request.url.path, state.faults.draw
    is_about_documents = "/docs" in path
    if draw("search", "forbidden") or (not is_about_documents and draw("search", "forbidden_definitions")):
        raise Refused(403, "The request is forbidden.", code="Forbidden")
    if not request.query_params.get("api-version"):
        raise Refused(400, "The api-version query parameter is missing.", code="MissingApiVersionParameter")
    if path.endswith("/search.index"):
        if draw("search", "quota"):
            raise Refused(403, "Storage quota has been exceeded for this service.")
        large = own_fault(state.faults, "too_large")
        if len(raw) > (large[1] or 0 if large else MOST_BYTES):
            raise Refused(413, "The request is too large.")


def _response(status: int, found: Any, request: Request, metadata: str) -> Response:
    headers = {"OData-Version": "4.0", "request-id": str(uuid.uuid4())}
    if isinstance(found, str):
        return Response(found, status, headers, media_type="text/plain")
    if found is None:
        return Response(None, status, headers)
    if isinstance(found, dict) and "@odata.etag" in found:
        headers["ETag"] = found["@odata.etag"]
    if metadata == "minimal" and status < 400:
        kind = request.url.path.split("(")[0].strip("/")
        is_one = request.method in ("POST", "PUT") or "(" in request.url.path
        context = f"{request.base_url}$metadata#{kind}{'/$entity' if is_one else ''}"
        found = {"@odata.context": context, **found}
    if metadata == "none":
        headers["Preference-Applied"] = 'odata.include-annotations="*"'
    headers["Content-Type"] = f"application/json; odata.metadata={metadata}; odata.streaming=true; charset=utf-8"
    return Response(json.dumps(found, ensure_ascii=False), status, headers)


def _wanted(definitions: list[JSON], request: Request) -> list[JSON]:
    listed = request.query_params.get("$select")
    if not listed or listed == "*":
        return definitions
    return [{name: found.get(name) for name in listed.split(",")} for found in definitions]


def _create_index(state: SearchState, _: Request, body: JSON) -> tuple[int, JSON]:
    return state.put_index(str(body.get("name")), body, create_only=True, if_match="", if_none_match="")


def _put_index(state: SearchState, request: Request, body: JSON) -> tuple[int, JSON]:
    return state.put_index(
        request.path_params["name"],
        body,
        create_only=False,
        if_match=request.headers.get("If-Match", ""),
        if_none_match=request.headers.get("If-None-Match", ""),
    )


def _delete_index(state: SearchState, request: Request, _: JSON) -> tuple[int, None]:
    state.delete_index(request.path_params["name"])
    return 204, None


def _list_aliases(state: SearchState, _: Request, __: JSON) -> tuple[int, JSON]:
    return 200, {"value": state.aliases()}


def _create_alias(state: SearchState, _: Request, body: JSON) -> tuple[int, JSON]:
    return state.put_alias(str(body.get("name")), body, create_only=True)


def _delete_alias(state: SearchState, request: Request, _: JSON) -> tuple[int, None]:
    state.delete_alias(request.path_params["name"])
    return 204, None


def _index_documents(state: SearchState, request: Request, body: JSON) -> tuple[int, JSON]:
    return index_documents(state.documents(request.path_params["name"]), body, state.faults)


def _search(state: SearchState, request: Request, body: JSON) -> tuple[int, JSON]:
    found = search(state.documents(request.path_params["name"]), body)
    if "@search.nextPageParameters" in found:
        found["@odata.nextLink"] = str(request.url)
    return 200, found


def _number(state: SearchState, name: str) -> int:
    with state.documents(name).reading() as (connection, _):
        return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])


def _count(state: SearchState, request: Request, _: JSON) -> tuple[int, str]:
    return 200, str(_number(state, request.path_params["name"]))


def _document(state: SearchState, request: Request, _: JSON) -> tuple[int, JSON | None]:
    store = state.documents(request.path_params["name"])
    with store.reading() as (connection, _view):
        row = connection.execute("SELECT body FROM documents WHERE key = ?", (request.path_params["key"],)).fetchone()
    if row is None:
        return 404, None
    whole = body_with_all_fields(json.loads(row[0]), store.definition)
    listed = request.query_params.get("$select")
    names = [key_of(store.definition), *whole] if not listed or listed == "*" else listed.split(",")
    return 200, {name: whole[name] for name in dict.fromkeys(names) if name in whole}


def _statistics(state: SearchState, request: Request, _: JSON) -> tuple[int, JSON]:
    name = request.path_params["name"]
    store = state.documents(name)
    with store.reading() as (connection, view):
        number = int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
    return 200, {
        "documentCount": number,
        "storageSize": store.size_bytes(),
        "vectorIndexSize": int(view.vectors.nbytes),
    }


def _service_statistics(state: SearchState, _: Request, __: JSON) -> tuple[int, JSON]:
    names = [found["name"] for found in state.indexes()]
    usage = {
        "aliasesCount": len(state.aliases()),
        "documentCount": sum(_number(state, name) for name in names),
        "indexesCount": len(names),
        "indexersCount": 0,
        "dataSourcesCount": 0,
        "storageSize": sum(state.documents(name).size_bytes() for name in names),
        "synonymMaps": 0,
        "skillsetCount": 0,
        "vectorIndexSize": 0,
    }
    counters = {name: {"usage": value, "quota": None} for name, value in usage.items()}
    limits = {"maxFieldsPerIndex": 1_000, "maxFieldNestingDepthPerIndex": 10}
    return 200, {"counters": counters, "limits": limits}
