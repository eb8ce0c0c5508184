"""Repositories of git: the files of a branch as it is now; its history is not read."""

import hashlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lib.adapters.files.parsing import EXTRACTOR
from lib.adapters.sources.addresses import Addresses, is_hidden
from lib.adapters.sources.file_pages import LEFT_OUT, FilePages, is_taken, side_by_side
from lib.adapters.sources.folders import file_address
from lib.adapters.sources.git_addresses import addresses_of
from lib.adapters.sources.tools import Tools, headers_of
from lib.adapters.web.web_reader import VERSION
from lib.domain.sources import Source
from lib.errors import BadInput, PlumblineError
from lib.ports.clock import Clock
from lib.ports.source_reader import Account, Discovery, Fetch, Fetched, Found
from lib.settings import Settings

if TYPE_CHECKING:
    from dulwich.object_store import BaseObjectStore

    from lib.adapters.sources.git_remote import Head
    from lib.adapters.sources.git_store import Repository


def build(tools: Tools) -> "Git":
    """The reader of this kind."""
    settings = tools.settings
    pages = FilePages(clock=tools.clock, parser=tools.parser, max_bytes=settings.fetch_max_bytes)
    return Git(settings=settings, pages=pages, clock=tools.clock)


class Git:
    """
    Lists the files of a branch; the id of a file's bytes is its stamp, and that of the commit is the cursor.

    Nothing is fetched while the branch stands at the commit that was read last.
    """

    extractor = EXTRACTOR

    def __init__(self, *, settings: Settings, pages: FilePages, clock: Clock) -> None:
        self._clock = clock
        self._settings = settings
        self._pages = pages
        self._lock = threading.Lock()
        self._repositories: dict[str, Repository] = {}

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        from lib.adapters.sources.git_trees import list_files

        repository, account = self._repository(source), Account()
        head = repository.head(account)
        if head.commit == since:
            return Discovery(found=iter(()), unlisted="leave", account=account)
        addresses = _addresses(source, head)
        with repository.open(head, account) as (_, objects):
            found = [
                Found(url=url, stamp=file.name)
                for file in list_files(objects, head.commit)
                if is_taken(source, file.path) and (url := addresses.of(file.path))
            ]
        if found:
            found[-1] = Found(url=found[-1].url, stamp=found[-1].stamp, cursor=head.commit)
        return Discovery(found=iter(found), account=account)

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        """
        As the port says: the bytes that were listed, whatever the branch has become since, and all else as it is now.

        Another instance may have listed, so the copy that is at hand here may be older. The server is asked only if it
        lacks something, or for files that were not listed, which may be gone.
        """
        if not fetches:
            return
        account = Account()
        with ExitStack() as opened:
            try:
                repository = self._repository(source)
                needs = {fetch.stamp for fetch in fetches}
                head, objects = opened.enter_context(repository.open(None, account, needs=needs))
            except PlumblineError as error:
                yield from (self._pages.failed(fetch, error) for fetch in fetches)
                return
            files = _Files(repository, head, objects, _addresses(source, head))
            read = partial(self._read, source, files)
            results = side_by_side(fetches, read, threads=self._settings.fetch_concurrency)
            opened.callback(results.close)
            for result in results:  # the first one tells what it took to have the commit at hand
                requests, size_bytes = result.requests + account.requests, result.size_bytes + account.size_bytes
                yield replace(result, requests=requests, size_bytes=size_bytes)
                account = Account()

    def _read(self, source: Source, files: "_Files", fetch: Fetch) -> Fetched:
        from lib.adapters.sources.git_remote import DAMAGED

        pages, path = self._pages, files.addresses.path_of(fetch.url)
        if path and not is_taken(source, path):
            return pages.gone(fetch, LEFT_OUT, requests=0)
        try:
            name, body = files.read(path, listed=fetch.stamp, known=fetch.etag)
        except PlumblineError as error:
            return pages.failed(fetch, error)
        except (*DAMAGED, OSError) as error:
            files.repository.forget()
            return pages.failed(fetch, OSError(f"what was fetched of the repository is damaged ({error})"))
        if not name:
            return pages.gone(fetch, "the branch has no such file")
        if name == fetch.etag:
            return pages.not_modified(fetch, last_modified="")
        if body is None and not files.head.is_filtered:
            files.repository.forget()
            return pages.failed(fetch, OSError("the repository did not send this file"))
        if body is None or len(body) > pages.max_bytes:
            return pages.too_large(fetch, None if body is None else len(body))
        return pages.page(fetch, body, source, path=path, stamp=name)

    def _repository(self, source: Source) -> "Repository":
        """The repository of a source; one object for each, since it holds the lock of its folder."""
        decides = (source.id, source.start, source.branch, source.headers, source.allow_private_network)
        key = repr((*decides, self._settings.fetch_max_bytes))
        with self._lock:
            if key not in self._repositories:
                self._repositories[key] = self._open(source, hashlib.sha256(key.encode()).hexdigest()[:32])
            return self._repositories[key]

    def _open(self, source: Source, name: str) -> "Repository":
        from lib.adapters.sources.git_remote import TOTAL_S, Remote
        from lib.adapters.sources.git_store import FetchedRepository, LocalRepository
        from lib.adapters.sources.guarded_pool import GuardedPool

        start, settings = source.start[0], self._settings
        if not start.startswith(("http://", "https://")):
            return LocalRepository(start, branch=source.branch)
        if start.startswith("http://") and not source.allow_private_network:
            raise BadInput(f"{start!r} is not encrypted: use https, or set allow_private_network on the source")
        contact = f" (+{settings.contact})" if settings.contact else ""

        def open_pool(account: Account) -> GuardedPool:
            return GuardedPool(
                start,
                headers=headers_of(source),
                user_agent=f"git/2 Plumbline/{VERSION}{contact}",  # forges show others a web page
                allow_private=source.allow_private_network,
                timeout_s=settings.fetch_timeout_s,
                total_s=TOTAL_S,
                account=account,
                clock=self._clock,
            )

        root = Path(tempfile.gettempdir(), "plumbline") if settings.backend == "azure" else Path(settings.data_dir)
        remote = Remote(start, open_pool=open_pool)
        folder = root / "git" / name
        return FetchedRepository(remote, branch=source.branch, folder=folder, max_blob_bytes=settings.fetch_max_bytes)


class _Files:
    """The files of one commit, for the threads of one reading."""

    def __init__(self, repository: "Repository", head: "Head", objects: "BaseObjectStore", where: Addresses) -> None:
        self.repository, self.head, self.addresses = repository, head, where
        self._objects = objects
        self._lock = threading.Lock()

    def read(self, path: str, *, listed: str, known: str) -> tuple[str, bytes | None]:
        """The id of a file's bytes, empty if there is no such file; and the bytes, if they are there and not known."""
        from lib.adapters.sources.git_trees import find_file, has_object, read_blob

        if not path or is_hidden(path):
            return "", None
        with self._lock:  # a store of objects is for one thread at a time
            name = listed
            if not has_object(self._objects, listed):
                name = find_file(self._objects, self.head.commit, path)
            return name, read_blob(self._objects, name) if name and name != known else None


def _addresses(source: Source, head: "Head") -> Addresses:
    if source.link:
        return Addresses(source.link)
    start = source.start[0]
    if start.startswith(("http://", "https://")):
        return addresses_of(start, head.branch)
    return Addresses(file_address(start))
