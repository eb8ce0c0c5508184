"""A request in a span: which route and status, never the query."""

import asyncio
from types import SimpleNamespace

from opentelemetry import trace
from starlette.requests import Request

from blueprints import http as blueprint

TRACE = "0af7651916cd43dd8448eb211c80319c"
seen = []


async def _exchange(app, path, query=b""):
    """One request through the function, as the worker makes it; gives the status."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query, "root_path": "", "client": None,
        "headers": [(b"host", b"localhost"), (b"traceparent", b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01")],
        "server": ("127.0.0.1", 80),
    }  # fmt: skip
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    statuses = []

    async def receive():
        return messages.pop() if messages else await asyncio.Event().wait()

    async def send(message):
        statuses.append(message.get("status"))

    context = SimpleNamespace(
        function_name="http", trace_context=SimpleNamespace(trace_parent=f"00-{TRACE}-b7ad6b7169203331-01")
    )
    answer = await blueprint.http(Request(scope, receive), context)
    await answer(scope, receive, send)
    return statuses[0]


def _ask(monkeypatch, app, *arguments):
    monkeypatch.setattr(blueprint, "wiring", SimpleNamespace(app=lambda: app))
    return asyncio.run(_exchange(app, *arguments))


def _app():
    from fastapi import FastAPI

    app = FastAPI(openapi_url=None, telemetry={"tracing": False})  # as lib/api/app.py does

    @app.get("/documents/{name}")
    def document(name: str, request: "Request") -> str:
        seen.append((request.headers["traceparent"], trace.get_current_span().get_span_context().span_id))
        if name == "broken":
            raise ValueError("secret")
        return name

    document.__annotations__["request"] = Request
    return app


def test_a_request_is_a_span_of_the_host_s_trace_by_its_route(telemetry, monkeypatch):
    assert _ask(monkeypatch, _app(), "/documents/zibeline", b"q=zibeline") == 200

    span = telemetry.span("GET /documents/{name}")
    assert trace.format_trace_id(span.context.trace_id) == TRACE
    assert trace.format_span_id(span.parent.span_id) == "b7ad6b7169203331"
    assert span.attributes["http.response.status_code"] == 200
    assert "zibeline" not in span.to_json()
    traceparent, current = seen[-1]
    assert traceparent.split("-")[1] == TRACE  # so that the trace id of a problem is the one of the trace
    assert current == span.context.span_id


def test_a_request_that_failed_is_told_by_the_type_of_its_error(telemetry, monkeypatch):
    assert _ask(monkeypatch, _app(), "/documents/broken") == 500

    span = telemetry.span("GET /documents/{name}")
    assert (span.attributes["error.type"], span.status.is_ok) == ("ValueError", False)
    assert "secret" not in span.to_json()


def test_a_request_for_nothing_is_a_span_without_a_route(telemetry, monkeypatch):
    assert _ask(monkeypatch, _app(), "/no/such") == 404

    assert telemetry.span("GET").attributes["http.response.status_code"] == 404
