"""Folders of files: on this machine, on a mounted share, or in Blob Storage."""

import threading
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from functools import partial

from lib.adapters.files.parsing import EXTRACTOR
from lib.adapters.sources.file_pages import LEFT_OUT, FilePages, is_taken, side_by_side
from lib.adapters.sources.folders import Folder, LocalFolder
from lib.adapters.sources.tools import Tools
from lib.domain.sources import Source
from lib.errors import PlumblineError
from lib.ports.source_reader import Discovery, Fetch, Fetched, Found
from lib.settings import Settings


def build(tools: Tools) -> "Files":
    """The reader of this kind."""
    settings = tools.settings
    pages = FilePages(clock=tools.clock, parser=tools.parser, max_bytes=settings.fetch_max_bytes)
    return Files(settings=settings, pages=pages)


class Files:
    """
    Lists every file that can be read; a file's size and time, or its ETag, is its stamp.

    The same path below two starts of one `link` is one file, the first of them.
    """

    extractor = EXTRACTOR

    def __init__(self, *, settings: Settings, pages: FilePages) -> None:
        self._settings = settings
        self._pages = pages
        self._lock = threading.Lock()
        self._blobs: dict[tuple[str, str], Folder] = {}
        """Folders that hold connections, by start and link."""

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        return Discovery(found=self._found(source))

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        read = partial(self._read, source, [self._folder(start, source.link) for start in source.start])
        return side_by_side(fetches, read, threads=self._settings.fetch_concurrency)

    def close(self) -> None:
        """End connections."""
        with self._lock:
            for folder in self._blobs.values():
                folder.close()
            self._blobs.clear()

    def _found(self, source: Source) -> Iterator[Found]:
        seen: set[str] = set()
        for start in source.start:
            folder = self._folder(start, source.link)
            for entry in folder.entries():
                if not is_taken(source, entry.path):
                    continue
                url = folder.addresses.of(entry.path)
                if url and url not in seen:
                    seen.add(url)
                    refused = None
                    if entry.size > self._pages.max_bytes:  # the listing tells already: nobody need ask
                        refused = self._pages.too_large(Fetch(url=url), entry.size, requests=0)
                    yield Found(url=url, stamp=entry.stamp, fetched=refused)

    def _folder(self, start: str, link: str) -> Folder:
        if not start.startswith(("http://", "https://")):
            return LocalFolder(start, link=link)
        from lib.adapters.azure.blob_folder import open_blob_folder

        with self._lock:
            if (start, link) not in self._blobs:
                self._blobs[start, link] = open_blob_folder(start, link=link, settings=self._settings)
            return self._blobs[start, link]

    def _read(self, source: Source, folders: Sequence[Folder], fetch: Fetch) -> Fetched:
        for folder in folders:
            path = folder.addresses.path_of(fetch.url)
            if path and not is_taken(source, path):
                return self._pages.gone(fetch, LEFT_OUT, requests=0)
            if path:
                try:
                    return self._contents(source, folder, path, fetch)
                except FileNotFoundError:
                    continue
                except (OSError, PlumblineError) as error:
                    return self._pages.failed(fetch, error)
        return self._pages.gone(fetch, "the folder has no such file")

    def _contents(self, source: Source, folder: Folder, path: str, fetch: Fetch) -> Fetched:
        pages = self._pages
        found = folder.read(path, known=fetch.etag, max_bytes=pages.max_bytes)
        entry, requests = found.entry, found.requests
        modified = formatdate(entry.modified_s, usegmt=True) if entry.modified_s else fetch.last_modified
        if entry.stamp == fetch.etag:
            return pages.not_modified(fetch, last_modified=modified, requests=requests)
        if found.body is None or len(found.body) > pages.max_bytes:
            return pages.too_large(fetch, entry.size, requests=requests)
        return pages.page(
            fetch, found.body, source, path=path, stamp=entry.stamp, last_modified=modified, requests=requests
        )
