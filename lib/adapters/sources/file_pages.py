"""What came of reading one file: shared by the kinds of sources that read files."""

import hashlib
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace

from lib.adapters.files.limited import LimitedParser
from lib.adapters.files.parsing import is_readable
from lib.adapters.web.selectors import Selectors
from lib.domain.sources import Source
from lib.errors import BadInput, PlumblineError
from lib.ports.clock import Clock
from lib.ports.source_reader import Fetch, Fetched

_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
LEFT_OUT = "its format is not known, or `include` and `exclude` leave it out"
"""Why a file is gone that a source does not take."""


class FilePages:
    """Makes results of files. Threads share it."""

    def __init__(self, *, clock: Clock, parser: LimitedParser, max_bytes: int) -> None:
        self._clock = clock
        self._parser = parser
        self.max_bytes = max_bytes

    def now(self) -> str:
        """The time, as results carry it."""
        return self._clock.now().isoformat(timespec="milliseconds")

    def gone(self, fetch: Fetch, reason: str, *, requests: int = 1) -> Fetched:
        return Fetched(
            url=fetch.url, outcome="gone", status=404, reason=reason, fetched_at=self.now(), requests=requests
        )

    def failed(self, fetch: Fetch, error: Exception) -> Fetched:
        """No verdict; says what an error of the system or of ours says, without the path that it may quote."""
        reason = str(error) if isinstance(error, PlumblineError) else getattr(error, "strerror", "") or str(error)
        return Fetched(
            url=fetch.url,
            outcome="failed",
            reason=reason or type(error).__name__,
            fetched_at=self.now(),
            requests=1,
            retry_after_s=getattr(error, "retry_after_s", 0),
        )

    def too_large(self, fetch: Fetch, size: int | None, *, requests: int = 1) -> Fetched:
        has = f"{size:,} bytes" if size is not None else "more bytes than are fetched"
        reason = f"it has {has}, and FETCH_MAX_BYTES allows {self.max_bytes:,}: raise it, or split the file"
        return self._refused(fetch, "size", reason, requests=requests)

    def not_modified(self, fetch: Fetch, *, last_modified: str, requests: int = 1) -> Fetched:
        return Fetched(
            url=fetch.url,
            outcome="not_modified",
            final_url=fetch.url,
            status=304,
            etag=fetch.etag,
            last_modified=last_modified,
            fetched_at=self.now(),
            requests=requests,
        )

    def page(
        self,
        fetch: Fetch,
        body: bytes,
        source: Source,
        *,
        path: str,
        stamp: str,
        last_modified: str = "",
        requests: int = 1,
    ) -> Fetched:
        """
        Parse a file; of HTML, take what the source's selectors choose.

        Its links and its canonical address are dropped: a folder is what its listing says.

        Edge: `refused` if it cannot be read as what it is; `failed` if it could not be tried.
        """
        if body.startswith(_POINTER):
            reason = "its text is kept in Git LFS, which is not read: keep it in the repository, or in a `files` source"
            return self._refused(fetch, "type", reason, requests=requests, size_bytes=len(body))
        try:
            page = self._parser.parse(body, name=path, url=fetch.url, selectors=Selectors.of(source))
        except BadInput as error:
            return self._refused(fetch, "type", str(error), requests=requests, size_bytes=len(body))
        except (PlumblineError, MemoryError) as error:
            return self.failed(fetch, error)
        return Fetched(
            url=fetch.url,
            outcome="page",
            final_url=fetch.url,
            status=200,
            page=replace(page, links=(), canonical=""),
            etag=stamp,
            last_modified=last_modified,
            raw_hash=hashlib.sha256(body).hexdigest(),
            fetched_at=self.now(),
            requests=requests,
            size_bytes=len(body),
            raw=body if fetch.keep_raw else b"",
        )

    def _refused(self, fetch: Fetch, rule: str, reason: str, *, requests: int, size_bytes: int = 0) -> Fetched:
        return Fetched(
            url=fetch.url,
            outcome="refused",
            status=200,
            reason=reason,
            rule=rule,
            fetched_at=self.now(),
            requests=requests,
            size_bytes=size_bytes,
        )


def is_taken(source: Source, path: str) -> bool:
    """Say whether a source takes the file at a path, be it there or not."""
    return is_readable(path) and source.has_path(path)


def side_by_side(
    fetches: Sequence[Fetch], read: Callable[[Fetch], Fetched], *, threads: int
) -> Generator[Fetched, None, None]:
    """Results as they come, that many at a time; few are read ahead. Closing early waits for those at work only."""
    if not fetches:
        return
    waiting = iter(fetches)
    pool = ThreadPoolExecutor(max_workers=min(threads, len(fetches)), thread_name_prefix="plumbline-files")
    working: set[Future[Fetched]] = set()
    try:
        while True:
            while len(working) < 2 * threads and (fetch := next(waiting, None)):
                working.add(pool.submit(read, fetch))
            if not working:
                return
            done, working = wait(working, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
