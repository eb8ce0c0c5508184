"""The one HTTP function: what the FastAPI app says reaches the client as it is, when it is said."""

import asyncio
import http.client
import json
import threading
from types import SimpleNamespace

import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from blueprints import http as blueprint
from tests.host.rig import SOON_S, until
from tests.host.test_http import Client, _connections  # noqa: F401 - closes connections

api = FastAPI(openapi_url=None)
events = {name: threading.Event() for name in ("go", "cancelled", "background", "closed")}


@api.get("/items/{path}")
def item(path: str, q: str = "") -> dict:
    return {"path": path, "q": q}


@api.post("/echo")
async def echo(request: Request) -> dict:
    return {"length": len(await request.body())}


@api.api_route("/nothing", methods=["GET", "HEAD"])
def nothing() -> Response:
    return Response(status_code=204)


@api.api_route("/page", methods=["GET", "HEAD"])
def page() -> Response:
    response = Response("<p>page</p>", media_type="text/html", headers={"etag": '"1"'})
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@api.get("/unchanged")
def unchanged() -> Response:
    return Response(status_code=304, headers={"etag": '"1"'})


@api.get("/sse")
def sse() -> StreamingResponse:
    def pieces():
        for n in range(3):
            yield f"data: {n}\n\n"
            events["go"].wait(SOON_S)
            events["go"].clear()

    return StreamingResponse(pieces(), media_type="text/event-stream")


@api.get("/for-ever")
async def for_ever() -> StreamingResponse:
    async def pieces():
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0.02)
        finally:
            events["closed"].set()

    return StreamingResponse(pieces())


@api.get("/thinking")
async def thinking() -> Response:
    try:
        await asyncio.sleep(SOON_S)
    except asyncio.CancelledError:
        events["cancelled"].set()
        raise
    return Response("thought")


@api.get("/later")
def later(tasks: BackgroundTasks) -> str:
    tasks.add_task(events["background"].set)
    return "now"


@api.get("/broken")
def broken() -> str:
    raise ValueError("secret")


@api.get("/broken-half-way")
def broken_half_way() -> StreamingResponse:
    def pieces():
        yield b"begun"
        raise ValueError("half way")

    return StreamingResponse(pieces())


@pytest.fixture
def client(rig, monkeypatch):
    for event in events.values():
        event.clear()
    monkeypatch.setattr(blueprint, "wiring", SimpleNamespace(app=lambda: api))
    rig.write("from blueprints import http\napp.register_functions(http.bp)\n")
    return Client(rig.started())


def test_requests_and_answers_pass_through(client):
    assert client.json("GET", "/items/7?q=x") == {"path": "7", "q": "x"}
    for method, path, status in (("GET", "/no/such", 404), ("POST", "/items/7", 405)):
        response = client.ask(method, path)
        assert (response.status, list(json.loads(response.read()))) == (status, ["detail"])


@pytest.mark.parametrize("size", [0, 10, 3_000_000])
def test_a_body_arrives_whole(client, size):
    assert client.json("POST", "/echo", b"x" * size) == {"length": size}


def test_status_and_raw_headers_are_the_app_s(client):
    response = client.ask("GET", "/page")
    assert response.read() == b"<p>page</p>"
    headers = response.headers
    assert headers.get_all("set-cookie") == ["a=1; Path=/; SameSite=lax", "b=2; Path=/; SameSite=lax"]
    assert headers.get_all("content-length") == ["11"]
    assert "transfer-encoding" not in headers
    assert headers["etag"] == '"1"'


def test_answers_without_a_body_have_none(client):
    """And the connection can be used again, which a stray body would spoil."""
    head = client.ask("HEAD", "/page")
    assert (head.status, head.read(), head.headers["content-length"]) == (200, b"", "11")
    nothing = client.ask("GET", "/nothing")
    assert (nothing.status, nothing.read()) == (204, b"")
    assert "content-length" not in nothing.headers
    unchanged = client.ask("GET", "/unchanged")
    assert (unchanged.status, unchanged.read(), unchanged.headers["etag"]) == (304, b"", '"1"')
    assert client.ask("GET", "/items/1").status == 200


def test_server_sent_events_arrive_one_by_one(client):
    response = client.ask("GET", "/sse")
    assert response.headers["content-type"].startswith("text/event-stream")
    for n in range(3):
        assert response.read1() == f"data: {n}\n\n".encode()
        events["go"].set()
    assert response.read() == b""


def test_a_client_that_goes_away_ends_a_stream(client):
    client.ask("GET", "/for-ever").read(1)
    client.connection.close()
    assert events["closed"].wait(SOON_S)


def test_a_client_that_goes_away_ends_the_app_s_work_before_its_first_word(client, rig):
    client.connection.request("GET", "/thinking")
    until(lambda: rig.hosts[0]._activity.running)
    client.connection.close()
    assert events["cancelled"].wait(SOON_S)
    until(lambda: not rig.hosts[0]._activity.running)


def test_background_tasks_run_after_the_answer(client):
    assert client.json("GET", "/later") == "now"
    assert events["background"].wait(SOON_S)


def test_an_exception_in_the_app_is_its_own_500_and_is_logged(client, caplog):
    response = client.ask("GET", "/broken")
    assert (response.status, response.read()) == (500, b"Internal Server Error")
    until(lambda: "http failed method=GET path=/broken" in caplog.text)


def test_an_exception_half_way_cuts_the_answer(client):
    with pytest.raises(http.client.IncompleteRead):
        client.ask("GET", "/broken-half-way").read()


def test_an_app_that_cannot_be_built_is_a_problem_document(client, monkeypatch, caplog):
    def broken():
        raise ValueError("no such setting")

    monkeypatch.setattr(blueprint, "wiring", SimpleNamespace(app=broken))
    response = client.ask("GET", "/items/7")
    assert response.status == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.read())["status"] == 500
    assert "no such setting" in caplog.text


def test_many_requests_leave_nothing_behind(client, rig):
    for _ in range(50):
        client.json("GET", "/items/7")
    loop = rig.hosts[0]._loop
    count = asyncio.run_coroutine_threadsafe(_tasks(), loop)
    assert count.result(SOON_S) < 10


async def _tasks() -> int:
    await asyncio.sleep(0.05)
    return len(asyncio.all_tasks())
