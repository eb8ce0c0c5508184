"""What goes wrong on the wire: lengths, codings, headers, statuses, pace."""

import asyncio
import base64
import zlib
from collections.abc import Awaitable, Callable

from tests.nasty_pages import PIECE, Answer, Out, Page, Request, Site, html

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_TEXT = b"<h1>Wire</h1><p>Whatever the wire did to it, this sentence is what the page has to say.</p>"
_LENGTH = b"Content-Length: %d\r\n\r\n" % len(_TEXT)
_BROTLI_BOMB = base64.b64decode(
    "y///PwAkQOKxQHLv//j//weABEAcFoDu/R////8AkACIwwLQvf/j//8fABIAcVgAuvd//P//A0ACIA4LQPf+j///fwBIAMRhAeje"
    "//H//w8ACYA4LADd+z/+//8BIAEQhwWge//H//8/ACQA4rAAdO//+P//B4AEQBwWgO79H////wCQAIjDAtC9/8t/8DoAEgBxWAC6"
    "2HU="
)
"""100 MB of blanks."""


def says(*parts: bytes) -> Page:
    """Send bytes as they are, then close."""

    async def answer(site: Site, request: Request, out: Out) -> None:
        for part in parts:
            out.write(part)
            await out.drain()

    return answer


def repeats(start: bytes, piece: bytes, *, times: int = 1_000_000_000, pause_s: float = 0.0) -> Page:
    """Send a start, then the same again and again."""

    async def answer(site: Site, request: Request, out: Out) -> None:
        out.write(start)
        for _ in range(times):
            out.write(piece)
            await out.drain()
            await asyncio.sleep(pause_s)

    return answer


def packed(coding: str, pack: Callable[[bytes], bytes], *, size: int = 100_000_000) -> Page:
    """A bomb: that many blanks, packed when first asked for."""
    made: list[bytes] = []

    async def answer(site: Site, request: Request, out: Out) -> Answer:
        if not made:
            made.append(await asyncio.to_thread(pack, b" " * size))
        return Answer(made[0], 200, {"Content-Type": "text/html", "Content-Encoding": coding})

    return answer


def by_count(choose: Callable[[int], Answer]) -> Callable[[Site, Request, Out], Awaitable[Answer]]:
    """An answer that depends on how often the path was asked for, from 1."""

    async def answer(site: Site, request: Request, out: Out) -> Answer:
        return choose(site.counts[request.path])

    return answer


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def _busy(retry_after: str, status: int = 429) -> Answer:
    return Answer(b"", status, {"Retry-After": retry_after})


_UP = html("<h1>Up</h1><p>This time the server could answer, and here is what it has to say.</p>")
_EMPTY_MEMBER = _gzip(b"")

WIRE: dict[str, Page] = {
    "/wire/drip": repeats(_OK + b"Content-Length: 200\r\n\r\n", b"<p>word", times=200 // 7, pause_s=0.01),
    "/wire/drip-for-ever": repeats(_OK + b"\r\n", b"a", pause_s=0.05),
    "/wire/endless": repeats(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n" % len(PIECE) + PIECE + b"\r\n"),
    "/wire/endless-chunks-of-one": repeats(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", pause_s=0.01),
    "/wire/deflate-bomb": packed("deflate", lambda data: zlib.compress(data, 9)),
    "/wire/gzip-in-gzip-bomb": packed("gzip, gzip", lambda data: _gzip(_gzip(data))),
    "/wire/gzip-empty-members": Answer(
        _EMPTY_MEMBER * 50_000, 200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    ),
    "/wire/brotli-bomb": Answer(_BROTLI_BOMB, 200, {"Content-Type": "text/html", "Content-Encoding": "br"}),
    "/wire/codings-without-end": Answer(
        _TEXT, 200, {"Content-Type": "text/html", "Content-Encoding": ", ".join(["gzip"] * 1000)}
    ),
    "/wire/length-too-short": says(_OK + b"Content-Length: 10\r\n\r\n" + _TEXT),
    "/wire/length-too-long": says(_OK + b"Content-Length: 5000\r\n\r\n" + _TEXT),
    "/wire/length-negative": says(_OK + b"Content-Length: -1\r\n\r\n" + _TEXT),
    "/wire/length-huge": says(_OK + b"Content-Length: 99999999999999999999999\r\n\r\n" + _TEXT),
    "/wire/length-twice": says(_OK + b"Content-Length: 5\r\n" + _LENGTH + _TEXT),
    "/wire/length-and-chunks": says(_OK + b"Transfer-Encoding: chunked\r\n" + _LENGTH + _TEXT),
    "/wire/chunk-size-huge": says(_OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + _TEXT),
    "/wire/chunk-size-garbage": says(_OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + _TEXT),
    "/wire/chunk-extension-flood": repeats(_OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x=y;" * 1000),
    "/wire/header-flood": repeats(b"HTTP/1.1 200 OK\r\n", b"X-Flood: value\r\n" * 1000),
    "/wire/header-unending": repeats(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 10_000),
    "/wire/header-without-colon": says(b"HTTP/1.1 200 OK\r\nwhat is this\r\n" + _LENGTH + _TEXT),
    "/wire/header-with-nul": says(_OK + b"X-Nul: a\x00b\r\n" + _LENGTH + _TEXT),
    "/wire/header-folded": says(_OK + b"X-Folded: a\r\n b\r\n" + _LENGTH + _TEXT),
    "/wire/header-of-raw-bytes": says(_OK + b"X-Raw: \xff\xfe\xc3\x28\r\n" + _LENGTH + _TEXT),
    "/wire/cookie-flood": says(_OK + b"Set-Cookie: a=%s\r\n" % (b"b" * 4000) * 5 + _LENGTH + _TEXT),
    "/wire/status-999": Answer(_TEXT, 999, {"Content-Type": "text/html"}),
    "/wire/status-000": says(b"HTTP/1.1 000 Nothing\r\nContent-Type: text/html\r\n" + _LENGTH + _TEXT),
    "/wire/status-of-letters": says(b"HTTP/1.1 OK OK\r\n" + _LENGTH + _TEXT),
    "/wire/status-without-reason": says(b"HTTP/1.1 200\r\nContent-Type: text/html\r\n" + _LENGTH + _TEXT),
    "/wire/http-0.9": says(_TEXT),
    "/wire/http-3.0": says(b"HTTP/3.0 200 OK\r\n" + _LENGTH + _TEXT),
    "/wire/continue-for-ever": repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause_s=0.01),
    "/wire/switching-protocols": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    "/wire/no-content-with-body": says(b"HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n" + _TEXT),
    "/wire/partial-unasked": Answer(_TEXT[:30], 206, {"Content-Type": "text/html", "Content-Range": "bytes 0-29/99"}),
    "/wire/two-answers": says((_OK + _LENGTH + _TEXT) * 2),
    "/wire/reset-in-the-middle": says(_OK + b"Content-Length: 5000\r\n\r\n", b"<p>half"),
    "/wire/closes-at-once": says(b""),
    "/wire/flaps": by_count(lambda n: Answer(b"", 503) if n % 2 else _UP),
    "/busy/seconds": _busy("3600"),
    "/busy/soon": by_count(lambda n: _busy("0") if n == 1 else _UP),
    "/busy/date": _busy("Sun, 22 Nov 2026 11:00:00 GMT", 503),
    "/busy/date-past": by_count(lambda n: _busy("Thu, 01 Jan 1970 00:00:00 GMT") if n == 1 else _UP),
    "/busy/negative": _busy("-5"),
    "/busy/fraction": _busy("0.5"),
    "/busy/huge": _busy("9" * 30),
    "/busy/garbage": _busy("after lunch"),
    "/busy/unsaid": Answer(b"", 429),
}
"""Those under `/busy/` slow down the whole host for who obeys them."""
