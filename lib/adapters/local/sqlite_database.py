"""One SQLite file: a connection per thread, transactions, migrations, and its errors in our words."""

import json
import sqlite3
import threading
import time
import weakref
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from lib.errors import BadInput, PlumblineError, StorageFull, StoreCorrupt, Unreachable

BUSY_S = 30.0
"""How long a write waits for other writers. Threads queue at a lock of ours, so only other processes count here."""
CLOSE_S = 5.0
"""How long `close` waits for a thread that is in a transaction."""

# NORMAL: a commit survives a kill of the process at any line. After a power failure the newest commits may be gone, the
# file stays whole, and what is left is a state the file was in; FULL would wait for the disk at every commit.
# Checkpoints are SQLite's own passive ones: they wait for nobody, and move at most about 4 MB per commit.
_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -4000",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cell_size_check = ON",
)

_SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"

_FULL = "no room to write {path} ({cause}): free some disk space; nothing was written"
_CORRUPT = (
    "{path} is damaged ({cause}): stop Plumbline, move this file and its -wal and -shm files away, put a backup in its"
    " place if there is one, and start again; what was crawled is then made anew from the sources"
)
_BUSY = "another process kept {path} locked ({cause}): stop what else is writing to it"
_CLOSED_TO_US = "{path} cannot be used ({cause}): check that its folder exists, may be written to and is not full"
_DISK = "the disk did not do its work on {path} ({cause}): look at the system's log"

_ERRORS: dict[int, tuple[type[PlumblineError], str]] = {
    sqlite3.SQLITE_FULL: (StorageFull, _FULL),
    sqlite3.SQLITE_IOERR_WRITE: (StorageFull, _FULL),  # quotas and file size limits look like this
    sqlite3.SQLITE_IOERR_SHMSIZE: (StorageFull, _FULL),
    sqlite3.SQLITE_CORRUPT: (StoreCorrupt, _CORRUPT),
    sqlite3.SQLITE_NOTADB: (StoreCorrupt, _CORRUPT),
    sqlite3.SQLITE_IOERR_SHORT_READ: (StoreCorrupt, _CORRUPT),
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: (StoreCorrupt, _CORRUPT),  # no statement of ours can run into these three
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: (StoreCorrupt, _CORRUPT),
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: (StoreCorrupt, _CORRUPT),
    sqlite3.SQLITE_BUSY: (Unreachable, _BUSY),
    sqlite3.SQLITE_LOCKED: (Unreachable, _BUSY),
    sqlite3.SQLITE_PROTOCOL: (Unreachable, _BUSY),
    sqlite3.SQLITE_CANTOPEN: (Unreachable, _CLOSED_TO_US),
    sqlite3.SQLITE_PERM: (Unreachable, _CLOSED_TO_US),
    sqlite3.SQLITE_AUTH: (Unreachable, _CLOSED_TO_US),
    sqlite3.SQLITE_READONLY: (Unreachable, _CLOSED_TO_US),
    sqlite3.SQLITE_IOERR: (Unreachable, _DISK),
    sqlite3.SQLITE_TOOBIG: (BadInput, "a value is too long for {path} ({cause})"),
}
"""By extended code first, then by primary code. What is missing here is a mistake of ours and is raised as it is."""


class Damaged(Exception):
    """A value in a row is not what we wrote. Leaves a block of the database as StoreCorrupt."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn errors of SQLite, and of what we pack into it, into ours."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None and "Could not decode" in str(error):  # its message holds the text: not for a log
            raise StoreCorrupt(_CORRUPT.format(path=path, cause="a text is not UTF-8")) from error
        known = _ERRORS.get(code or 0) or _ERRORS.get((code or 0) & 0xFF)
        if known is None:
            raise
        raise known[0](known[1].format(path=path, cause=error)) from error
    except (Damaged, zlib.error, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StoreCorrupt(_CORRUPT.format(path=path, cause=type(error).__name__)) from error
    except UnicodeEncodeError as error:
        raise BadInput(f"a text with half a surrogate pair cannot be stored in {path}: {error.reason}") from error


class _Held:
    """A thread's connection. It is closed when its thread dies, since only the thread's local storage holds it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.busy = threading.Lock()

    def __del__(self) -> None:
        self.connection.close()


class SqliteDatabase:
    """
    A database file in WAL mode, shared by any number of threads and processes of one machine.

    Migrations: each is the statements of one step; how many are applied is the file's `user_version`. Opening compares
    the tables with what the migrations make.
    Raises: StorageFull, StoreCorrupt, Unreachable, here and in every method; BadInput if a newer Plumbline wrote it.
    """

    def __init__(self, path: Path, *, migrations: Sequence[Sequence[str]]) -> None:
        self.path = path
        self._local = threading.local()
        self._all: weakref.WeakSet[_Held] = weakref.WeakSet()
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._closed = False
        wanted = _tables(migrations)  # first: what this SQLite cannot do, or our SQL gets wrong, is no damage
        try:
            with translated(path):
                self._create()
            self._migrate(migrations)
            self._check(wanted)
        except sqlite3.Error as error:  # what SQL says of tables that are not as we made them
            self.close()
            raise StoreCorrupt(_CORRUPT.format(path=path, cause=error)) from error
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """
        Write: everything in the block is committed at its end, or nothing of it if it raises.

        Fetch all rows before the block ends. Blocks do not nest.
        """
        with translated(self.path), self._use() as connection, self._turn():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._roll_back(connection)
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read: every query in the block sees the same state of the file. Never waits for writers."""
        with translated(self.path), self._use() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                self._roll_back(connection)

    def close(self) -> None:
        """Close all connections, waiting a little for those in use. From now on every use raises Unreachable."""
        self._closed = True
        with self._guard:
            everyone = list(self._all)
        for held in everyone:
            if held.busy.acquire(timeout=CLOSE_S):
                try:
                    held.connection.close()
                finally:
                    held.busy.release()

    @contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None:
            self._refuse_if_closed()
            held = self._local.held = _Held(self._connect("rw"))
            with self._guard:
                self._all.add(held)
        if not held.busy.acquire(blocking=False):
            self._refuse_if_closed()
            raise RuntimeError(f"a transaction on {self.path} is open in this thread already: they do not nest")
        try:
            self._refuse_if_closed()
            yield held.connection
        finally:
            held.busy.release()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writing.acquire(timeout=BUSY_S):
            raise Unreachable(_BUSY.format(path=self.path, cause=f"waited {BUSY_S:.0f} s for another thread"))
        try:
            yield
        finally:
            self._writing.release()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Unreachable(f"{self.path} is closed: the app is shutting down")

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:  # the connection is beyond use; the next transaction opens another
            self._local.held = None

    def _connect(self, mode: str) -> sqlite3.Connection:
        # mode=rw: a thread that comes later never makes an empty file where ours was moved away.
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,  # transactions are ours alone
            check_same_thread=False,  # only for close()
            cached_statements=256,
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self) -> None:
        connection = self._connect("rwc")
        try:
            mode = _switch_to_wal(connection)
        finally:
            connection.close()
        if mode != "wal":
            raise Unreachable(f"{self.path} cannot use a write-ahead log here: put the data folder on a local disk")

    def _migrate(self, migrations: Sequence[Sequence[str]]) -> None:
        with self.reading() as connection:
            version = _version(connection)
        if version < len(migrations):
            with self.transaction() as connection:
                version = _version(connection)  # another process may have been faster
                for number, statements in enumerate(migrations[version:], start=version + 1):
                    for statement in statements:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {number}")
        if version > len(migrations):
            raise BadInput(
                f"{self.path} was written by a newer Plumbline (schema {version}, this one knows {len(migrations)}):"
                " update Plumbline, or give it another data folder"
            )

    def _check(self, wanted: list[tuple[str, str, str]]) -> None:
        with self.reading() as connection:
            if connection.execute(_SCHEMA).fetchall() != wanted:  # damage, or somebody else's file
                raise StoreCorrupt(_CORRUPT.format(path=self.path, cause="its tables are not Plumbline's"))


def _tables(migrations: Sequence[Sequence[str]]) -> list[tuple[str, str, str]]:
    """Kind, name and SQL of everything that the migrations make."""
    fresh = sqlite3.connect(":memory:")
    try:
        for statement in chain.from_iterable(migrations):
            fresh.execute(statement)
        return fresh.execute(_SCHEMA).fetchall()
    finally:
        fresh.close()


def _switch_to_wal(connection: sqlite3.Connection) -> str:
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:  # processes make a file side by side: SQLite does not wait
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
