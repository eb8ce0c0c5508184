"""
A website that does what websites should not, the same way every time.

In tests: `with NastySite() as site`, set `site.robots` and `site.pages`, ask for `site.url("/never-ends")`, look at
`site.requests`. By hand: `python -m tests.nasty_site 8080`. It speaks HTTP itself: servers are too well behaved.
"""

import asyncio
import sys
import threading
import time
from typing import Self

from tests.nasty_pages import PAGES, Answer, Out, Page, Request, html


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
        self._outs: set[Out] = set()

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
        for out in self._outs:
            out.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, out: Out) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._outs.add(out)
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
        method, path, *_ = head[0].split(" ")
        request = Request(path, headers, time.monotonic(), method)
        self.requests.append(request)
        self.counts[request.path] = self.counts.get(request.path, 0) + 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            page = self.find(request)
            answer = page if isinstance(page, Answer) else await page(self, request, out)
        finally:
            self.at_once -= 1
        if answer is None:
            return False
        write(out, answer)
        await out.drain()
        return True

    def find(self, request: Request) -> Page:
        """The page that answers a request."""
        if request.path == "/robots.txt":
            return self.robots
        path = request.path.partition("?")[0]
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


if __name__ == "__main__":
    with NastySite(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running:
        print(running.root, *sorted(PAGES), sep="\n")
        threading.Event().wait()
