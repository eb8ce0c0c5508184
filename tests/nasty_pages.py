"""What the nasty site serves: each page is one thing that a crawler must survive."""

import asyncio
import gzip
import threading
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

PIECE = b"<p>All work and no play makes a page too long to be read by anybody at all.</p>\n" * 800
HOW_BIG = 200_000_000


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: Mapping[str, str]
    at: float
    method: str = "GET"


@dataclass(slots=True)
class Answer:
    """A well-formed answer; what is not well-formed writes for itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Site(Protocol):
    """What pages know of the site that serves them."""

    counts: dict[str, int]
    gate: threading.Event


Out = asyncio.StreamWriter
Page = Answer | Callable[[Site, Request, Out], Awaitable[Answer | None]]


def html(text: str, *, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(text.encode(), status, {"Content-Type": "text/html; charset=utf-8", **named})


def redirect(to: str, *, status: int = 302) -> Answer:
    return Answer(b"", status, {"Location": to})


async def _conditional(site: Site, request: Request, out: Out) -> Answer:
    validators = {"ETag": '"v1"', "Last-Modified": "Sat, 21 Nov 2026 10:00:00 GMT"}
    if request.headers.get("if-none-match") == '"v1"':
        return Answer(b"", 304, validators)
    return html("<h1>Conditional</h1><p>This page knows whether it has changed.</p>", **validators)


async def _big(site: Site, request: Request, out: Out) -> None:
    """200 MB, told only at the end by closing."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    for _ in range(HOW_BIG // len(PIECE) + 1):
        out.write(PIECE)
        await out.drain()


async def _bomb(site: Site, request: Request, out: Out) -> None:
    """1 GB of blanks in 1 MB of gzip."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(1000):
        out.write(packer.compress(b" " * 1_000_000))
        await out.drain()
    out.write(packer.flush())
    await out.drain()


async def _never_ends(site: Site, request: Request, out: Out) -> None:
    """A byte now and then, for ever."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>")
    while True:
        out.write(b"more ")
        await out.drain()
        await asyncio.sleep(0.02)


async def _silent(site: Site, request: Request, out: Out) -> None:
    await asyncio.sleep(3600)


async def _slow_head(site: Site, request: Request, out: Out) -> None:
    out.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        out.write(f"X-Header-{number}: value\r\n".encode())
        await out.drain()
        await asyncio.sleep(0.02)


async def _many_headers(site: Site, request: Request, out: Out) -> None:
    out.write(b"HTTP/1.1 200 OK\r\nX-Large: " + b"a" * 3_000_000 + b"\r\n\r\n")
    await out.drain()


async def _half(site: Site, request: Request, out: Out) -> None:
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>only half of what was")
    await out.drain()


async def _reset(site: Site, request: Request, out: Out) -> None:
    out.transport.abort()


async def _garbage(site: Site, request: Request, out: Out) -> None:
    out.write(b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff\xfe what do you want\r\n\r\n")
    await out.drain()


async def _stumbles(site: Site, request: Request, out: Out) -> Answer | None:
    if site.counts[request.path] == 1:
        return Answer(b"oops", 500)
    if site.counts[request.path] == 2:
        out.transport.abort()
        return None
    return html("<h1>Up again</h1><p>The third time the server had found its feet and could answer.</p>")


async def _busy_once(site: Site, request: Request, out: Out) -> Answer:
    if site.counts[request.path] == 1:
        return Answer(b"", 429, {"Retry-After": "0"})
    return html("<h1>At last</h1><p>It was polite to wait until the server had time for us.</p>")


async def _onward(site: Site, request: Request, out: Out) -> Answer:
    """Redirects for ever, each time to an address not seen before."""
    number = int(request.path.rpartition("/")[2])
    return redirect(f"/onward/{number + 1}")


async def _down(site: Site, request: Request, out: Out) -> Answer:
    """`/down/3` redirects three times."""
    number = int(request.path.rpartition("/")[2])
    return redirect(f"/down/{number - 1}", status=(301, 302, 303, 307, 308)[number % 5]) if number else PAGES["/ok"]


async def _to(site: Site, request: Request, out: Out) -> Answer:
    return redirect(unquote(request.path.partition("?")[2]))


async def _gated(site: Site, request: Request, out: Out) -> Answer:
    await asyncio.get_running_loop().run_in_executor(None, site.gate.wait, 20)
    return html(f"<h1>{request.path}</h1><p>The gate is open and everybody may come in.</p>")


def _packed(coding: str, body: bytes) -> Answer:
    return Answer(body, 200, {"Content-Type": "text/html; charset=utf-8", "Content-Encoding": coding})


_TEXT = "<html lang=en><title>Zebras</title><h1>Zebras</h1><p>Zebras are African equines with striped coats.</p>"
_UMLAUTS = "<title>Straße</title><p>Größe, Überfluss und Müßiggang: schöne Wörter, die Umlaute haben.</p>"
_ZIPPED = gzip.compress(_TEXT.encode(), mtime=0)

PAGES: dict[str, Page] = {
    "/": html(
        "<title>Start</title><h1>Start</h1><p>Here it begins.</p><a href=/ok>ok</a>"
        "<a href='/next?utm_source=x#y'>next</a>"
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
    "/deep": html("<div>" * 100_000 + "<p>Deep down there is still something to be read." + "</div>" * 100_000),
    "/unclosed": html(
        "<h1>Unclosed</h1>" + "<b><i><font>" * 5_000 + "<p>Nobody closed anything but this text is here."
    ),
    "/nul": html("<h1>N\x00ul</h1><p>Between the words\x00 there are\x00 bytes that nobody sees.</p>"),
    "/soup": html("<<<p <b>></p</ <table><tr><p>Soup <b>with</i> letters</table></body></html><p>and a late paragraph"),
}
