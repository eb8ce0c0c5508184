"""The SQLite file: databases, containers and items. Nothing here knows HTTP."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.standins.cosmos import rids

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS databases (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, ts INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS containers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL REFERENCES databases ON DELETE CASCADE,
    id TEXT NOT NULL, definition TEXT NOT NULL, ts INTEGER NOT NULL,
    lsn INTEGER NOT NULL DEFAULT 0, -- of the last transaction
    writes INTEGER NOT NULL DEFAULT 0, -- of all time, counted: serials and etags come from it
    UNIQUE (database, id)
);
CREATE TABLE IF NOT EXISTS items (
    container INTEGER NOT NULL REFERENCES containers ON DELETE CASCADE,
    partition TEXT NOT NULL, id TEXT NOT NULL, serial INTEGER NOT NULL, epk TEXT NOT NULL,
    body TEXT NOT NULL, etag TEXT NOT NULL, ts INTEGER NOT NULL, ttl INTEGER, lsn INTEGER NOT NULL,
    write INTEGER NOT NULL,
    UNIQUE (container, partition, id), UNIQUE (container, serial)
);
CREATE INDEX IF NOT EXISTS items_by_id ON items (container, id);
CREATE INDEX IF NOT EXISTS items_by_lsn ON items (container, lsn, write);
"""
LIVE = "(:ttl IS NULL OR coalesce(ttl, :ttl) < 0 OR ts + coalesce(ttl, :ttl) > :now)"
"""Not expired. `:ttl` is the container's default: NULL switches expiry off, -1 leaves it to the items."""
_COLUMNS = "partition, id, serial, epk, body, etag, ts, ttl, lsn, write"


@dataclass(frozen=True, slots=True)
class Container:
    """A container as the file has it."""

    database: int
    database_id: str
    number: int
    id: str
    definition: dict[str, Any]
    ts: int
    lsn: int

    @property
    def rid(self) -> str:
        return rids.container_rid(self.database, self.number)

    @property
    def paths(self) -> list[str]:
        """The paths of its partition key."""
        found: list[str] = self.definition["partitionKey"]["paths"]
        return found

    @property
    def kind(self) -> str:
        """Of its partition key: Hash or MultiHash."""
        return str(self.definition["partitionKey"]["kind"])

    @property
    def default_ttl(self) -> int | None:
        """Seconds, -1 (items decide), or None (nothing expires)."""
        found: int | None = self.definition.get("defaultTtl")
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """An item; its body is the whole JSON that a reader gets. Field order is that of the columns."""

    partition: str
    id: str
    serial: int
    epk: str
    body: str
    etag: str
    ts: int
    ttl: int | None
    lsn: int
    write: int


class Storage:
    """
    One connection per thread; writers take turns. A transaction that ended has reached the operating system, so it
    outlives the death of this process (not a power cut).
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "cosmos.db"
        self._threads = threading.local()
        self._writing = threading.Lock()
        self._open: list[sqlite3.Connection] = []
        with self.write() as connection:
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._threads, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path, isolation_level=None, timeout=60, check_same_thread=False)
            self._open.append(found)
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = NORMAL")
            found.execute("PRAGMA foreign_keys = ON")
            self._threads.connection = found
        return found

    def close(self) -> None:
        """Close all connections; nobody may use this any more."""
        while self._open:
            self._open.pop().close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is undone if the block raises."""
        connection = self.connection()
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def setting(self, name: str, default: str) -> str:
        row = self.connection().execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def set_setting(self, name: str, value: str) -> None:
        with self.write() as connection:
            connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def databases(self) -> list[tuple[int, str, int]]:
        """Number, id and time of all databases, by number."""
        return list(self.connection().execute("SELECT number, id, ts FROM databases ORDER BY number"))

    def containers(self, database: int) -> list[Container]:
        """All containers of a database, by number."""
        query = """
            SELECT d.number, d.id, c.number, c.id, c.definition, c.ts, c.lsn
            FROM containers AS c JOIN databases AS d ON d.number = c.database WHERE d.number = ? ORDER BY c.number
        """
        rows = self.connection().execute(query, (database,))
        return [Container(d, name, number, id_, json.loads(text), *more) for d, name, number, id_, text, *more in rows]

    def row(self, container: Container, partition: str, id_: str, *, now: float) -> Row | None:
        """An item that has not expired."""
        what = f"container = :c AND partition = :p AND id = :i AND {LIVE}"
        query = f"SELECT {_COLUMNS} FROM items WHERE {what}"  # noqa: S608 - ours
        values = {"c": container.number, "p": partition, "i": id_, "ttl": container.default_ttl, "now": int(now)}
        found = self.connection().execute(query, values).fetchone()
        return Row(*found) if found else None

    def by_serial(self, container: Container, serial: int) -> Row | None:
        """An item by its number, expired or not."""
        query = f"SELECT {_COLUMNS} FROM items WHERE container = ? AND serial = ?"  # noqa: S608 - ours
        found = self.connection().execute(query, (container.number, serial)).fetchone()
        return Row(*found) if found else None

    def rows(self, container: Container, where: "Where", *, now: float, order: str = "serial") -> Iterator[Row]:
        """Items that have not expired, in an order of our columns. Leave no transaction open while this is read."""
        what = f"container = :c AND {LIVE}{where.sql}"
        query = f"SELECT {_COLUMNS} FROM items WHERE {what} ORDER BY {order}"  # noqa: S608 - values are parameters
        values = {"c": container.number, "ttl": container.default_ttl, "now": int(now), **where.values}
        for found in self.connection().execute(query, values):
            yield Row(*found)

    def next_lsn(self, container: Container) -> int:
        """Number a transaction, inside it."""
        query = "UPDATE containers SET lsn = lsn + 1 WHERE number = ? RETURNING lsn"
        return int(self.connection().execute(query, (container.number,)).fetchone()[0])

    def next_write(self, container: Container) -> int:
        """Number one write of a transaction, inside it."""
        query = "UPDATE containers SET writes = writes + 1 WHERE number = ? RETURNING writes"
        return int(self.connection().execute(query, (container.number,)).fetchone()[0])

    def save(self, container: Container, row: Row) -> None:
        """Write an item over what has its key, expired or not; inside a transaction."""
        self.forget(container, row.partition, row.id)
        values = (row.partition, row.id, row.serial, row.epk, row.body, row.etag, row.ts, row.ttl, row.lsn, row.write)
        query = f"INSERT INTO items (container, {_COLUMNS}) VALUES (?, {', '.join('?' * 10)})"  # noqa: S608 - ours
        self.connection().execute(query, (container.number, *values))

    def forget(self, container: Container, partition: str, id_: str) -> None:
        """Delete an item if it is there; inside a transaction."""
        query = "DELETE FROM items WHERE container = ? AND partition = ? AND id = ?"
        self.connection().execute(query, (container.number, partition, id_))

    def sweep(self, container: Container, *, now: float, limit: int = 500) -> None:
        """Delete some items that have expired, inside a transaction: nobody can see them any more."""
        dead = f"SELECT rowid FROM items WHERE container = :c AND NOT {LIVE} LIMIT :n"  # noqa: S608 - ours
        query = f"DELETE FROM items WHERE rowid IN ({dead})"  # noqa: S608 - ours
        values = {"c": container.number, "ttl": container.default_ttl, "now": int(now), "n": limit}
        self.connection().execute(query, values)


class Where:
    """Conditions in SQL with their values, joined by AND."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.values: dict[str, Any] = {}

    @property
    def sql(self) -> str:
        return "".join(f" AND ({part})" for part in self._parts)

    def add(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Add a condition; each `?` in it stands for a value."""
        head, *tails = sql.split("?")
        for value, tail in zip(values, tails, strict=True):
            name = f"w{len(self.values)}"
            self.values[name] = value
            head += f":{name}{tail}"
        self._parts.append(head)
