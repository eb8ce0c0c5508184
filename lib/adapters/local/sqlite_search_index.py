"""The embedded search index: one SQLite file per named index, and its vectors in memory."""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from lib.adapters.local.sqlite_index_file import SqliteIndexFile
from lib.domain.features import ChunkId
from lib.domain.retrieval import Candidate, IndexedChunk, SearchRequest
from lib.errors import BadInput, DimensionMismatch, NotFound, StoreCorrupt

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")
_SUFFIXES = ("", "-wal", "-shm")

T = TypeVar("T")


class SqliteSearchIndex:
    """
    A folder of indexes. Files are opened at first use; safe to call from several threads.

    An index is derived data. One whose file is damaged is moved aside (`.corrupt-1`) and begins again empty: heads and
    index then disagree, and the sweep builds what is missing, without embedding anything anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._files: dict[str, SqliteIndexFile] = {}

    @property
    def visibility_delay_s(self) -> float:
        """A write is visible when it returns."""
        return 0.0

    def ensure(self, index: str, *, dimensions: int) -> None:
        """Make the index unless it is there. Raises: DimensionMismatch if it is there with another length."""
        with self._lock:
            file = self._opened(index, create=True)
            if file is None:
                raise NotFound(f"index {index!r} cannot be made in {self._folder}")
            if not file.dimensions:
                file.set_dimensions(dimensions)
            if file.dimensions != dimensions:
                raise DimensionMismatch(
                    f"index {index!r} holds {file.dimensions} dimensions, not {dimensions}: make another feature set"
                )

    def upsert(self, index: str, chunks: Sequence[IndexedChunk]) -> None:
        """Write chunks, replacing those with the same id; on disk when it returns."""
        self._on(index, lambda file: file.upsert(chunks))

    def delete(self, index: str, ids: Sequence[ChunkId]) -> None:
        """Remove chunks; ids that are not there are no error."""
        self._on(index, lambda file: file.delete(ids))

    def search(self, index: str, request: SearchRequest) -> list[Candidate]:
        """The best of both arms, each chunk once; `cosine` is known for all of them if a vector is given."""
        return self._on(index, lambda file: file.search(request))

    def count(self, index: str, document_ids: Sequence[str] | None = None) -> dict[tuple[str, int], int]:
        """Chunks by document and version; without documents the total, under ("", 0)."""
        return self._on(index, lambda file: file.count(document_ids))

    def close(self) -> None:
        """Close all files. The next use opens them again."""
        with self._lock:
            files, self._files = self._files, {}
        for file in files.values():
            file.close()

    def _on(self, index: str, work: Callable[[SqliteIndexFile], T]) -> T:
        file = self._file(index)
        try:
            return work(file)
        except StoreCorrupt as error:
            self._begin_again(index, file, error)
        return work(self._file(index))

    def _file(self, index: str) -> SqliteIndexFile:
        file = self._files.get(index)
        if file is None:
            with self._lock:
                file = self._opened(index, create=False)
        if file is None or not file.dimensions:
            raise NotFound(f"there is no index {index!r}: ensure it first")
        return file

    def _opened(self, index: str, *, create: bool) -> SqliteIndexFile | None:
        """The open file; None if there is none and it is not to be made. The caller holds the lock."""
        if not _NAME.fullmatch(index):
            raise BadInput(f"{index!r} cannot name an index: use lower-case letters, digits and hyphens")
        if index not in self._files:
            path = self._path(index)
            if not create and not path.exists():
                return None
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                self._files[index] = SqliteIndexFile(path)
            except StoreCorrupt as error:
                _set_aside(path, error)
                if not create:
                    return None
                self._files[index] = SqliteIndexFile(path)
        return self._files[index]

    def _begin_again(self, index: str, file: SqliteIndexFile, error: StoreCorrupt) -> None:
        with self._lock:
            if self._files.get(index) is not file:
                return  # another thread met the damage first
            del self._files[index]
            file.close()
            _set_aside(self._path(index), error)
            fresh = SqliteIndexFile(self._path(index))
            fresh.set_dimensions(file.dimensions)
            self._files[index] = fresh

    def _path(self, index: str) -> Path:
        return self._folder / f"{index}.db"


def _set_aside(path: Path, error: StoreCorrupt) -> None:
    number = 1
    while (aside := path.with_name(f"{path.name}.corrupt-{number}")).exists():
        number += 1
    for suffix in _SUFFIXES:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    logger.error("index damaged, begins again empty: path=%s kept_as=%s cause=%s", path, aside.name, error)
