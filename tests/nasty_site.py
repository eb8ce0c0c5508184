"""
A website that does what websites should not, the same way every time.

In tests: `with NastySite() as site`, set `site.robots` and `site.pages`, ask for `site.url("/never-ends")`, look at
`site.requests`. By hand: `python -m tests.nasty_site 8080`. It speaks HTTP itself, because servers are too well behaved.
"""

import asyncio
import gzip
import sys
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

PIECE = b"<p>All work and no play makes a page too long to be read by anybody at all.</p>\n" * 800
HOW_BIG = 200_000_000


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: Mapping[str, str]
    at: float


@dataclass(slots=True)
class Answer:
    """A well-formed answer; what is not well-formed writes for itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Out = asyncio.StreamWriter
Page = Answer | Callable[["NastySite", Request, Out], Awaitable[Answer | None]]


def html(text: str, *, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(text.encode(), status, {"Content-Type": "text/html; charset=utf-8", **named})


def redirect(to: str, *, status: int = 302) -> Answer:
    return Answer(b"", status, {"Location": to})


class NastySite:
    """The site, on a free port of 127.0.0.1, in a thread of its own."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.robots: Page = Answer(b"", 404)
        self.pages: dict[str, Page] = dict(PAGES)
        self.requests: list[Request] = []
        self.at_once = self.most_at_once = 0
        self.counts: dict[str, int] = {}
        self.gate = threading.Event()
        """`/gated` pages answer once it is set."""
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return self.root + path

    def paths(self, *, without_robots: bool = True) -> list[str]:
        return [r.path for r in self.requests if r.path != "/robots.txt" or not without_robots]

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="nasty-site", daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(started))
        finally:
            self._loop.close()

    async def _serve(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, out: Out) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._answer(reader, out):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            out.close()

    async def _answer(self, reader: asyncio.StreamReader, out: Out) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        request = Request(head[0].split(" ")[1], headers, time.monotonic())
        self.requests.append(request)
        self.counts[request.path] = self.counts.get(request.path, 0) + 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            page = self._find(request.path)
            answer = page if isinstance(page, Answer) else await page(self, request, out)
        finally:
            self.at_once -= 1
        if answer is None:
            return False
        write(out, answer)
        await out.drain()
        return True

    def _find(self, path: str) -> Page:
        if path == "/robots.txt":
            return self.robots
        path = path.partition("?")[0]
        if path in self.pages:
            return self.pages[path]
        prefix = path[: path.find("/", 1) + 1]
        return self.pages.get(prefix, html("<p>no such page", status=404))


def write(out: Out, answer: Answer) -> None:
    lines = [f"HTTP/1.1 {answer.status} Whatever"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if not any(name.lower() in ("content-length", "transfer-encoding") for name in answer.headers):
        lines.append(f"Content-Length: {len(answer.body)}")
    out.write(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8") + answer.body)


async def _conditional(site: NastySite, request: Request, out: Out) -> Answer:
    validators = {"ETag": '"v1"', "Last-Modified": "Sat, 21 Nov 2026 10:00:00 GMT"}
    if request.headers.get("if-none-match") == '"v1"':
        return Answer(b"", 304, validators)
    return html("<h1>Conditional</h1><p>This page knows whether it has changed.</p>", **validators)


async def _big(site: NastySite, request: Request, out: Out) -> None:
    """200 MB, told only at the end by closing."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    for _ in range(HOW_BIG // len(PIECE) + 1):
        out.write(PIECE)
        await out.drain()


async def _bomb(site: NastySite, request: Request, out: Out) -> None:
    """1 GB of blanks in 1 MB of gzip."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(1000):
        out.write(packer.compress(b" " * 1_000_000))
        await out.drain()
    out.write(packer.flush())
    await out.drain()


async def _never_ends(site: NastySite, request: Request, out: Out) -> None:
    """A byte now and then, for ever."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>")
    while True:
        out.write(b"more ")
        await out.drain()
        await asyncio.sleep(0.02)


async def _silent(site: NastySite, request: Request, out: Out) -> None:
    await asyncio.sleep(3600)


async def _slow_head(site: NastySite, request: Request, out: Out) -> None:
    out.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        out.write(f"X-Header-{number}: value\r\n".encode())
        await out.drain()
        await asyncio.sleep(0.02)


async def _many_headers(site: NastySite, request: Request, out: Out) -> None:
    out.write(b"HTTP/1.1 200 OK\r\nX-Large: " + b"a" * 3_000_000 + b"\r\n\r\n")
    await out.drain()


async def _half(site: NastySite, request: Request, out: Out) -> None:
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>only half of what was")
    await out.drain()


async def _reset(site: NastySite, request: Request, out: Out) -> None:
    out.transport.abort()


async def _garbage(site: NastySite, request: Request, out: Out) -> None:
    out.write(b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff\xfe what do you want\r\n\r\n")
    await out.drain()


async def _stumbles(site: NastySite, request: Request, out: Out) -> Answer | None:
    if site.counts[request.path] == 1:
        return Answer(b"oops", 500)
    if site.counts[request.path] == 2:
        out.transport.abort()
        return None
    return html("<h1>Up again</h1><p>The third time the server had found its feet and could answer.</p>")


async def _busy_once(site: NastySite, request: Request, out: Out) -> Answer:
    if site.counts[request.path] == 1:
        return Answer(b"", 429, {"Retry-After": "0"})
    return html("<h1>At last</h1><p>It was polite to wait until the server had time for us.</p>")


async def _onward(site: NastySite, request: Request, out: Out) -> Answer:
    """Redirects for ever, each time to an address not seen before."""
    number = int(request.path.rpartition("/")[2])
    return redirect(f"/onward/{number + 1}")


async def _down(site: NastySite, request: Request, out: Out) -> Answer:
    """`/down/3` redirects three times."""
    number = int(request.path.rpartition("/")[2])
    return redirect(f"/down/{number - 1}", status=(301, 302, 303, 307, 308)[number % 5]) if number else PAGES["/ok"]


async def _to(site: NastySite, request: Request, out: Out) -> Answer:
    return redirect(unquote(request.path.partition("?")[2]))


async def _gated(site: NastySite, request: Request, out: Out) -> Answer:
    await asyncio.get_running_loop().run_in_executor(None, site.gate.wait, 20)
    return html(f"<h1>{request.path}</h1><p>The gate is open and everybody may come in.</p>")


def _packed(coding: str, body: bytes) -> Answer:
    return Answer(body, 200, {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": coding})


_TEXT = "<html lang=en><title>Zebras</title><h1>Zebras</h1><p>Zebras are African equines with striped coats.</p>"
_UMLAUTS = "<title>Straße</title><p>Größe, Überfluss und Müßiggang: schöne Wörter, die Umlaute haben.</p>"
_ZIPPED = gzip.compress(_TEXT.encode(), mtime=0)

PAGES: dict[str, Page] = {
    "/": html(
        "<title>Start</title><h1>Start</h1><p>Here it begins.</p><a href=/ok>ok</a> <a href='/next?utm_source=x#y'>next</a>"
        "<a href=/secret rel=nofollow>secret</a><a href=javascript:alert(1)>js</a><a href=http://elsewhere.test/>else</a>"
    ),
    "/ok": html(_TEXT),
    "/next": html("<h1>Next</h1><p>Nothing much to see here, please move along.</p>"),
    "/conditional": _conditional,
    "/gone": Answer(b"", 410),
    "/secret": html("<p>secret", status=403),
    "/login": html("<p>who are you", status=401),
    "/teapot": html("<p>short and stout", status=418),
    "/nothing": Answer(b"", 204),
    "/broken": Answer(b"", 500),
    "/busy": Answer(b"", 429, {"Retry-After": "7200"}),
    "/busy-date": Answer(b"", 503, {"Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT"}),
    "/busy-once": _busy_once,
    "/stumbles": _stumbles,
    "/loop-a": redirect("/loop-b"),
    "/loop-b": redirect("/loop-a"),
    "/self": redirect("/self"),
    "/nowhere": Answer(b"", 302),
    "/to-script": redirect("javascript:alert(1)"),
    "/to-file": redirect("file:///etc/passwd"),
    "/to": _to,
    "/onward/": _onward,
    "/down/": _down,
    "/gated/": _gated,
    "/big": _big,
    "/big-told": Answer(b"", 200, {"Content-Type": "text/html", "Content-Length": str(HOW_BIG)}),
    "/bomb": _bomb,
    "/never-ends": _never_ends,
    "/silent": _silent,
    "/slow-head": _slow_head,
    "/many-headers": _many_headers,
    "/half": _half,
    "/reset": _reset,
    "/garbage": _garbage,
    "/empty": html(""),
    "/blank": html("<html><body>  \n </body></html>"),
    "/gzip": _packed("gzip", _ZIPPED),
    "/gzip-twice": _packed("gzip", gzip.compress(b"<h1>Two</h1>", mtime=0) + gzip.compress(b"<p>members</p>", mtime=0)),
    "/gzip-cut": _packed("gzip", _ZIPPED[:-20]),
    "/gzip-damaged": _packed("gzip", _ZIPPED[:30] + b"\xff\xff\xff\xff" + _ZIPPED[34:]),
    "/gzip-not": _packed("gzip", _TEXT.encode()),
    "/deflate": _packed("deflate", zlib.compress(_TEXT.encode())),
    "/deflate-raw": _packed("deflate", zlib.compress(_TEXT.encode())[2:-4]),
    "/brotli": _packed("br", b"\x0b\x02\x80whatever\x03"),
    "/png": Answer(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, 200, {"Content-Type": "image/png"}),
    "/png-as-html": Answer(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, 200, {"Content-Type": "text/html"}),
    "/noise-as-text": Answer(bytes(range(256)) * 40, 200, {"Content-Type": "text/plain"}),
    "/pdf-as-html": Answer(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n" * 50, 200, {"Content-Type": "text/html"}),
    "/script": Answer(b"alert(1)", 200, {"Content-Type": "text/javascript"}),
    "/html-as-text": Answer(b"<!doctype html>" + _TEXT.encode(), 200, {"Content-Type": "text/plain"}),
    "/html-as-bytes": Answer(_TEXT.encode(), 200, {"Content-Type": "application/octet-stream"}),
    "/html-untyped": Answer(_TEXT.encode(), 200),
    "/text": Answer(b"First line.\n\nSecond <b>line</b>.\n", 200, {"Content-Type": "text/plain"}),
    "/read.md": Answer(b"# Read me\n\nSome *text*.\n", 200, {"Content-Type": "text/markdown"}),
    "/latin-told-utf8": Answer(_UMLAUTS.encode("latin-1"), 200, {"Content-Type": "text/html; charset=utf-8"}),
    "/utf8-told-latin": Answer(_UMLAUTS.encode(), 200, {"Content-Type": "text/html; charset=iso-8859-1"}),
    "/told-nonsense": Answer(_UMLAUTS.encode(), 200, {"Content-Type": "text/html; charset=x-klingon"}),
    "/told-zip": Answer(_UMLAUTS.encode(), 200, {"Content-Type": "text/html; charset=zip"}),
    "/utf16": Answer(_UMLAUTS.encode("utf-16"), 200, {"Content-Type": "text/html"}),
    "/noindex": html("<meta name=robots content='noindex'><h1>Hidden</h1><p>Do not keep this.</p><a href=/ok>ok</a>"),
    "/x-robots": html("<h1>Hidden</h1><p>Do not keep this.</p><a href=/ok>ok</a>", X_Robots_Tag="noindex, nofollow"),
    "/linked": html("<h1>Copy</h1><p>A copy.</p>", Link='</ok>; rel="canonical"'),
    "/deep": html("<body>" + "<div>" * 100_000 + "<p>Deep down there is still something to be read.</p>" + "</div>" * 100_000),
    "/unclosed": html("<h1>Unclosed</h1>" + "<b><i><font>" * 5_000 + "<p>Nobody closed anything but this text is here."),
    "/nul": html("<h1>N\x00ul</h1><p>Between the words\x00 there are\x00 bytes that nobody sees.</p>"),
    "/soup": html("<<<p <b>></p</ <table><tr><p>Soup <b>with</i> letters</table></body></html><p>and a late paragraph"),
}


if __name__ == "__main__":
    with NastySite(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running:
        print(running.root, *sorted(PAGES), sep="\n")
        threading.Event().wait()
