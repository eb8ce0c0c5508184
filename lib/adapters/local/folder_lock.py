"""One Plumbline per data folder."""

import errno
import os
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.adapters.local.sqlite_database import translated
from lib.errors import AlreadyRunning, BadInput, StorageFull


class FolderLock:
    """
    An exclusive lock on a data folder, which the operating system releases when the process ends, however it ends.

    SQLite does the locking, since it knows how to on every system: an exclusive transaction on an empty file stays
    open. `running.pid` beside it only names the holder for people; it decides nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "running.lock"
        self._pid = folder / "running.pid"
        self._connection: sqlite3.Connection | None = None

    def acquire(self) -> None:
        """
        Make the folder if need be, and lock it.

        Raises: AlreadyRunning if another process (or another FolderLock of this one) holds it; BadInput if the path is
        no folder that can be written to; StorageFull.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        connection = None
        try:
            with translated(self._file):
                connection = sqlite3.connect(self._file, timeout=0, isolation_level=None, check_same_thread=False)
                connection.execute("BEGIN EXCLUSIVE")
            self._pid.write_text(f"{os.getpid()}\n", encoding="ascii")
        except BaseException as error:
            if connection:
                connection.close()
            if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise AlreadyRunning(self._held()) from error
            if isinstance(error, OSError):
                raise self._unusable(error) from error
            raise
        self._connection = connection

    def release(self) -> None:
        """Unlock. Doing it twice is no error."""
        connection, self._connection = self._connection, None
        if connection:
            self._pid.unlink(missing_ok=True)
            connection.close()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _held(self) -> str:
        try:
            pid = self._pid.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):  # it is just starting or ending
            pid = "unknown"
        return (
            f"another Plumbline (process {pid}) works on {self.folder}: stop that one,"
            " or give this one another folder with --data"
        )

    def _unusable(self, error: OSError) -> BadInput | StorageFull:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return StorageFull(f"no room to write {self.folder} ({error}): free some disk space")
        return BadInput(f"{self.folder} cannot hold data ({error}): give a folder you may write to with --data")
