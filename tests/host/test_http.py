"""HTTP triggers: routes, streaming, errors, limits, shutdown."""

import http.client
import json
import socket
import threading
import time
from typing import ClassVar

import pytest

from lib.errors import AlreadyRunning, BadInput
from local.host.http import bind
from tests.host.rig import PRELUDE, QUEUE, SOON_S, app_of, until

HTTP = PRELUDE + (
    "from azurefunctions.extensions.http.fastapi import JSONResponse, Request, Response, StreamingResponse\n"
)

ROUTES = """
@app.route(route="items/{id}", methods=["GET"])
def item(req: Request) -> JSONResponse:
    return JSONResponse({"function": "item", **req.path_params, "q": req.query_params.get("q")})

@app.route(route="items/special")
async def special(req: Request) -> JSONResponse:
    return JSONResponse({"function": "special", "method": req.method, "body": (await req.body()).decode()})

@app.route(route="{*rest}")
async def everything(req: Request) -> JSONResponse:
    return JSONResponse({"function": "everything", **req.path_params})
"""


class Client:
    opened: ClassVar[list[http.client.HTTPConnection]] = []

    def __init__(self, host, timeout=SOON_S):
        self.connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=timeout)
        self.opened.append(self.connection)

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        return self.connection.getresponse()

    def json(self, method, path, body=None, headers=None):
        return json.loads(self.ask(method, path, body, headers).read())


@pytest.fixture(autouse=True)
def _connections():
    yield
    while Client.opened:
        Client.opened.pop().close()


@pytest.fixture
def start(rig):
    def started(source, *, extensions=None, **options):
        app = rig.write(source, prelude=HTTP)
        if extensions is not None:
            (app / "host.json").write_text(json.dumps({"version": "2.0", "extensions": extensions}))
        return rig.started(**options)

    return started


def test_the_most_literal_route_that_fits_answers(start):
    client = Client(start(ROUTES))
    assert client.json("GET", "/items/7?q=x%20y") == {"function": "item", "id": "7", "q": "x y"}
    assert client.json("POST", "/items/special", b"hello") == {"function": "special", "method": "POST", "body": "hello"}
    assert client.json("POST", "/items/7") == {"function": "everything", "rest": "items/7"}
    assert client.json("GET", "/Items/7/")["function"] == "item"
    assert client.json("GET", "/a/b%20c/d") == {"function": "everything", "rest": "a/b c/d"}
    assert client.json("GET", "/") == {"function": "everything"}


def test_the_route_prefix_of_host_json_is_respected(start):
    source = '@app.route(route="hello/{name?}")\nasync def hello(req: Request) -> JSONResponse: return req.path_params'
    client = Client(start(source, extensions={"http": {"routePrefix": "v1"}}))
    assert client.json("GET", "/v1/hello/bob") == {"name": "bob"}
    assert client.json("GET", "/v1/hello") == {}
    assert client.ask("GET", "/hello/bob").status == 404


def test_the_default_prefix_is_api_and_the_default_route_the_function_s_name(start):
    source = "@app.route()\nasync def hello(req: Request) -> JSONResponse: return ['hi']"
    assert Client(start(source, extensions={})).json("GET", "/api/hello") == ["hi"]


STREAM = """
@app.route(route="stream")
async def stream(req: Request) -> StreamingResponse:
    async def pieces():
        for n in range(3):
            yield f"data: {n}\\n\\n"
            while len(calls) <= n: await asyncio.sleep(0.005)
        calls.append("end")
    return StreamingResponse(pieces(), media_type="text/event-stream")
"""


def test_a_stream_arrives_piece_by_piece(start):
    host = start(STREAM)
    response = Client(host).ask("GET", "/stream")
    assert response.headers["content-type"].startswith("text/event-stream")
    for n in range(3):  # each piece is sent only after the one before was read here
        assert response.read1() == f"data: {n}\n\n".encode()
        app_of(host)["calls"].append("read")
    assert response.read1() == b""
    assert app_of(host)["calls"][-1] == "end"


def test_a_client_that_goes_away_ends_the_stream(start):
    source = """
    @app.route(route="stream")
    async def stream(req: Request) -> StreamingResponse:
        async def pieces():
            try:
                while True:
                    yield b"x" * 1000
                    await asyncio.sleep(0.01)
            finally:
                entered.set()
        return StreamingResponse(pieces())
    """
    host = start(source)
    client = Client(host)
    client.ask("GET", "/stream").read(1)
    client.connection.close()
    assert app_of(host)["entered"].wait(SOON_S)


@pytest.mark.parametrize("colour", ["def", "async def"])
def test_an_exception_is_a_500_and_the_host_goes_on(start, caplog, colour):
    source = (
        f'@app.route(route="{{what}}")\n{colour} f(req: Request) -> Response:\n'
        "    if req.path_params['what'] == 'fail': raise ValueError('secret')\n"
        "    if req.path_params['what'] == 'exit': raise SystemExit(1)\n"
        "    if req.path_params['what'] == 'ok': return Response('fine')\n"
    )
    client = Client(start(source))
    for path in ("/fail", "/exit", "/none"):
        response = client.ask("GET", path)
        assert (response.status, response.read()) == (500, b"Internal Server Error")
    assert client.ask("GET", "/ok").read() == b"fine"
    assert "failed function=f method=GET path=/fail error=ValueError: secret" in caplog.text
    assert "must return a response, not None" in caplog.text
    assert "Traceback" not in "".join(str(r.exc_text) for r in caplog.records if r.levelname != "DEBUG")


def test_a_stream_that_fails_half_way_is_cut_and_said_in_one_line(start, caplog):
    source = """
    @app.route(route="stream")
    async def stream(req: Request) -> StreamingResponse:
        async def pieces():
            yield b"begun"
            raise ValueError("half way")
        return StreamingResponse(pieces())
    """
    response = Client(start(source)).ask("GET", "/stream")
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    until(lambda: "failed function=stream path=/stream error=ValueError: half way" in caplog.text)
    assert not any(r.exc_info for r in caplog.records if r.levelname != "DEBUG")


def test_values_are_answered_as_the_worker_s_fastapi_app_would(start):
    source = (
        '@app.route(route="text")\nasync def text(req: Request) -> str: return "<b>"\n'
        '@app.route(route="dict")\ndef dict_(req: Request) -> dict: return {"a": 1}\n'
    )
    client = Client(start(source))
    assert client.json("GET", "/text") == "<b>"
    assert client.json("GET", "/dict") == {"a": 1}


def test_an_http_function_can_write_to_a_queue(start, rig):
    source = """
    @app.route(route="send")
    @app.queue_output(arg_name="out", queue_name="sent", connection="C")
    async def send(req: Request, out: func.Out[str]) -> Response:
        out.set("hello")
        return Response("sent")
    """
    assert Client(start(source)).ask("POST", "/send").read() == b"sent"
    assert [message.body for message in rig.queue.peek("sent", limit=9)] == ["hello"]


def test_a_trace_goes_on_in_the_function(start):
    source = """
    @app.route(route="trace")
    async def trace(req: Request, context: func.Context) -> Response:
        return Response(context.trace_context.trace_parent)
    """
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert Client(start(source)).ask("GET", "/trace", headers={"traceparent": parent}).read().decode() == parent


def test_two_requests_at_once_do_not_wait_for_each_other(start):
    source = """
    @app.route(route="slow")
    def slow(req: Request) -> Response:
        entered.set()
        gate.wait(60)
        return Response("slow")

    @app.route(route="fast")
    async def fast(req: Request) -> Response:
        return Response("fast")
    """
    host = start(source)
    slow = threading.Thread(target=lambda: Client(host).ask("GET", "/slow").read())
    slow.start()
    assert app_of(host)["entered"].wait(SOON_S)
    assert Client(host).ask("GET", "/fast").read() == b"fast"
    assert not host.idle()
    app_of(host)["gate"].set()
    slow.join(SOON_S)
    until(host.idle)


def test_headers_that_are_too_long_are_refused(start):
    host = start(ROUTES)
    with socket.create_connection(("127.0.0.1", host.port), timeout=SOON_S) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: " + b"b" * 200_000)
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_answers_do_not_wait_for_acknowledgements():
    """asyncio turns Nagle's algorithm off for sockets that name their protocol; otherwise an answer takes 40 ms."""
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_connections_are_kept_alive(start):
    client = Client(start(ROUTES))
    client.ask("GET", "/items/1").read()
    first = client.connection.sock
    client.ask("GET", "/items/2").read()
    assert client.connection.sock is first


def test_a_taken_port_is_said_with_the_way_out(start, rig):
    port = start(ROUTES).port
    with pytest.raises(AlreadyRunning, match=rf"port {port} on 127\.0\.0\.1 is taken .*--port N"):
        rig.started(port=port)


@pytest.mark.parametrize(("port", "bind"), [(70_000, "127.0.0.1"), (0, "192.0.2.1")])
def test_an_impossible_address_is_said_with_the_way_out(start, rig, port, bind):
    with pytest.raises(BadInput, match=r"cannot listen on .*--port N"):
        start(ROUTES, port=port, bind=bind)


def test_an_app_without_http_functions_takes_no_port(rig):
    taken = socket.create_server(("127.0.0.1", 0))
    rig.started(QUEUE + "def f(message: str) -> None: ...", port=taken.getsockname()[1])
    taken.close()


def test_shutdown_lets_a_running_request_finish_and_takes_no_new_one(start):
    source = """
    @app.route(route="slow")
    async def slow(req: Request) -> Response:
        entered.set()
        await asyncio.sleep(0.5)
        return Response("finished")
    """
    host = start(source)
    answers = []
    client = threading.Thread(target=lambda: answers.append(Client(host).ask("GET", "/slow").read()))
    client.start()
    assert app_of(host)["entered"].wait(SOON_S)
    assert host.stop() is True
    client.join(SOON_S)
    assert answers == [b"finished"]
    with pytest.raises(OSError, match=r".*"):
        Client(host, timeout=1).ask("GET", "/slow")


def test_shutdown_cuts_an_endless_stream_without_noise(start, caplog):
    source = """
    @app.route(route="stream")
    async def stream(req: Request) -> StreamingResponse:
        async def pieces():
            while True:
                yield b"tick"
                await asyncio.sleep(0.05)
        return StreamingResponse(pieces())
    """
    host = start(source, shutdown_s=1)
    response = Client(host).ask("GET", "/stream")
    assert response.read(1)
    started = time.monotonic()
    host.stop()
    assert time.monotonic() - started < 6
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()
    assert not [r for r in caplog.records if r.levelname in {"ERROR", "CRITICAL"}]
