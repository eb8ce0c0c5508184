"""
The site of manuals as a process of its own: validators, gzip, and edits on demand.

`python -m benchmarks.manual_site FOLDER` prints its address. `GET /-/counts` tells what was asked since the last time
it was told; `POST /-/edit?every=100&round=1` changes every hundredth page.
"""

import argparse
import asyncio
import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from aiohttp import web

from benchmarks.manuals import pages

ROBOTS = b"User-agent: *\nDisallow: /private/\n"
_DAY_S = 86_400
_STARTED_S = 1_767_225_600
"""1 January 2026: when every page changed last."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it is sent."""

    body: bytes
    packed: bytes
    headers: dict[str, str]


class ManualSite:
    """Answers from memory, so that both crawlers wait for themselves and not for a disk."""

    def __init__(self, folder: Path, only: Sequence[str]) -> None:
        chosen = {path: body for path, body in pages(folder).items() if not only or path.split("/")[1] in ("", *only)}
        self._pages = {path: _kept(body, _STARTED_S) for path, body in chosen.items()}
        self._zero()

    def app(self) -> web.Application:
        """The application."""
        made = web.Application()
        made.router.add_get("/-/counts", self._tell)
        made.router.add_post("/-/edit", self._edit)
        made.router.add_get("/{path:.*}", self._answer)
        return made

    def _zero(self) -> None:
        self.requests = self.not_modified = self.missing = self.size_bytes = 0

    async def _tell(self, _: web.Request) -> web.Response:
        counts = {
            "requests": self.requests,
            "304": self.not_modified,
            "404": self.missing,
            "MB": round(self.size_bytes / 1e6, 2),
        }
        self._zero()
        return web.json_response(counts)

    async def _edit(self, request: web.Request) -> web.Response:
        every, number = int(request.query["every"]), int(request.query["round"])
        chosen = [path for path in sorted(self._pages) if not path.endswith("/")][number % every :: every]
        for path in chosen:
            before, after = _halves(self._pages[path].body)
            edited = before + b"<p>Edit %d of this page says more. " % number + after
            self._pages[path] = _kept(edited, _STARTED_S + number * _DAY_S)
        return web.json_response({"edited": len(chosen)})

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests += 1
        if request.path == "/robots.txt":
            return web.Response(body=ROBOTS, content_type="text/plain")
        kept = self._pages.get(request.path)
        if kept is None:
            self.missing += 1
            return web.Response(status=404, text="not found")
        if _is_current(request, kept):
            self.not_modified += 1
            return web.Response(status=304, headers=kept.headers)
        body, headers = kept.body, kept.headers
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers = kept.packed, {**headers, "Content-Encoding": "gzip"}
        self.size_bytes += len(body)
        return web.Response(body=body, headers=headers)


def _halves(body: bytes) -> tuple[bytes, bytes]:
    """A page around its middle paragraph, which is hardly ever a part of its frame."""
    start = -1
    for _ in range(body.count(b"<p>") // 2 + 1):
        start = body.find(b"<p>", start + 1)
    return (body[:start], body[start + 3 :]) if start >= 0 else (body, b"")


def _kept(body: bytes, changed_s: int) -> Kept:
    headers = {
        "Content-Type": "text/html",
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        "Last-Modified": formatdate(changed_s, usegmt=True),
        "Cache-Control": "max-age=0",  # so that caches ask, as our crawler does
    }
    return Kept(body, gzip.compress(body, 6, mtime=0), headers)


def _is_current(request: web.Request, kept: Kept) -> bool:
    if asked := request.headers.get("If-None-Match"):
        return asked == kept.headers["ETag"]
    return request.headers.get("If-Modified-Since") == kept.headers["Last-Modified"]


async def _serve(folder: Path, only: Sequence[str]) -> None:
    runner = web.AppRunner(ManualSite(folder, only).app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="these manuals; default all")
    options = parser.parse_args()
    asyncio.run(_serve(options.folder, options.only))
