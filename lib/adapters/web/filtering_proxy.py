"""
A forward proxy that a browser is put behind: it alone looks names up, and connects only where that is allowed.

In a process: `with FilteringProxy() as proxy: ... proxy.url`. Beside a browser elsewhere, with the standard library
only: `python -m lib.adapters.web.filtering_proxy --port 3128`.
"""

import argparse
import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Self

from lib.adapters.web.address_rules import Lookup, system_lookup
from lib.adapters.web.proxy_exchange import Exchange
from lib.adapters.web.proxy_policy import Ledger, Limits, NotForwarded, Policy, Traffic, is_asked_by_pages
from lib.adapters.web.proxy_wire import MAX_HEAD_BYTES, refusal

__all__ = ["FilteringProxy", "Limits", "Traffic"]

_LOOKUP_THREADS = 8


class FilteringProxy:
    """
    An HTTP/1.1 proxy for plain requests and CONNECT tunnels, in a thread of its own. It needs no password: it listens
    on loopback unless told otherwise, and reaches only what the public internet offers, unless `allow_private`.

    A host is looked up once a connection, with `lookup`; every address is checked, and one that was checked is
    connected to. Metadata and link-local addresses are refused whatever is allowed, and so are ports other than 80
    and 443, hosts that `is_allowed` denies, and plain-HTTP URLs that `block` matches. With `allow_private` any port
    goes, but for those in `shielded` and the proxy's own. `port` 0 takes a free one.

    A refusal is an empty answer with status 403 and the reason in X-Plumbline-Reason; a failure is 502 or 504. A
    connection serves one request.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        lookup: Lookup = system_lookup,
        is_allowed: Callable[[str], bool] | None = None,
        block: Callable[[str], bool] | None = None,
        shielded: AbstractSet[int] = frozenset(),
        limits: Limits | None = None,
    ) -> None:
        self.host, self.port = host, port
        self._limits = limits or Limits()
        self._policy = Policy(
            lookup=lookup,
            allow_private=allow_private,
            is_allowed=is_allowed,
            block=block,
            is_shielded=lambda wanted: wanted == self.port or wanted in shielded,
        )
        self._ledger = Ledger()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where clients find the proxy."""
        return f"http://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Listen. Raises: OSError if the port is taken."""
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="plumbline-proxy", daemon=True)
        self._thread.start()
        self.port = started.result()

    def close(self) -> None:
        """Cut every connection off and stop. Doing it twice is harmless."""
        loop, thread, stop = self._loop, self._thread, self._stop
        if loop is not None and stop is not None:
            with suppress(RuntimeError):  # it has stopped already
                loop.call_soon_threadsafe(stop.set)
        if thread is not None:
            thread.join()

    def cut_off(self) -> None:
        """End all connections there are, as when a browser leaves a page for good. New ones are served."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._cancel)

    def traffic(self) -> dict[str, Traffic]:
        """What was asked for since the start, by host; hosts beyond 10,000 are counted together."""
        return self._ledger.copy()

    def _run(self, started: "Future[int]") -> None:
        try:
            asyncio.run(self._serve(started))
        except OSError as error:
            started.set_exception(error)

    async def _serve(self, started: "Future[int]") -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        threads = ThreadPoolExecutor(max_workers=_LOOKUP_THREADS, thread_name_prefix="plumbline-dns")
        try:
            server = await asyncio.start_server(
                lambda reader, writer: self._connected(reader, writer, threads),
                self.host,
                self.port,
                limit=MAX_HEAD_BYTES,
            )
            started.set_result(server.sockets[0].getsockname()[1])
            await self._stop.wait()
            server.close()
            self._cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, threads: ThreadPoolExecutor
    ) -> None:
        if len(self._tasks) >= self._limits.connections:
            writer.write(refusal(NotForwarded(503, "too many connections")))
            writer.close()
            return
        exchange = Exchange(
            reader=reader,
            writer=writer,
            policy=self._policy,
            limits=self._limits,
            ledger=self._ledger,
            threads=threads,
        )
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await exchange.serve()
        except asyncio.CancelledError:
            pass  # cut off
        finally:
            self._tasks.discard(task)


def main() -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser(description="A forward proxy that reaches public addresses only.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; loopback if nobody else needs it")
    parser.add_argument("--port", type=int, default=3128)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # waited for below: a handler that takes a lock may wait for itself
    with FilteringProxy(host=options.host, port=options.port, is_allowed=is_asked_by_pages) as proxy:
        logging.getLogger(__name__).info("listening url=%s", proxy.url)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
