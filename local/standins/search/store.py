"""The documents of one index: a SQLite file with full-text search, and its vectors in memory as the embedded index."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.vector_matrix import MatrixView, VectorMatrix
from local.standins.search.definitions import (
    JSON,
    MOST_SEARCHABLE,
    SCALARS,
    is_collection,
    searchable,
    vector_fields,
)
from local.standins.search.filter_sql import stored

COLUMNS = [f"c{number}" for number in range(MOST_SEARCHABLE)]

SCHEMA = (
    (
        "CREATE TABLE documents (rid INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL)",
        "CREATE TABLE terms (rid INTEGER NOT NULL, field TEXT NOT NULL, value NOT NULL)",
        "CREATE INDEX terms_by_value ON terms (field, value, rid)",
        "CREATE INDEX terms_by_document ON terms (rid)",
        # These two are what `VectorMatrix` reads.
        "CREATE TABLE vectors (rid INTEGER PRIMARY KEY, scope INTEGER NOT NULL, vector BLOB NOT NULL)",
        "CREATE TABLE removals (number INTEGER PRIMARY KEY AUTOINCREMENT, rid INTEGER NOT NULL)",
        # `filler` has a word for each value of a collection and one more: as many as the embedded index keeps beside
        # the text, for its filters. They count for a row's length, so that scores are the same as there.
        f"""
        CREATE VIRTUAL TABLE words USING fts5(
            {", ".join(COLUMNS)}, filler, tokenize = 'porter unicode61 remove_diacritics 2'
        )
        """,
        # Acknowledged, but not visible yet. A batch becomes visible as a whole, and after those before it.
        """
        CREATE TABLE pending (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            due REAL NOT NULL,
            reads INTEGER NOT NULL,
            changes TEXT NOT NULL
        )
        """,
    ),
)

Changes = dict[str, JSON | None]
"""By key: the whole document, or None for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """When an acknowledged write may be seen."""

    delay_s: float = 0.0
    reads: int = 0
    """How many requests still see the state before it."""


class DocumentStore:
    """The documents of one index, as its definition has them. Safe to use from several threads."""

    def __init__(self, path: Path, definition: JSON) -> None:
        self._database = SqliteDatabase(path, migrations=SCHEMA)
        self.define(definition)
        with self._database.reading() as connection:
            self._is_late = connection.execute("SELECT 1 FROM pending").fetchone() is not None

    def define(self, definition: JSON) -> None:
        """Take over a definition whose fields are those before it and perhaps more."""
        self.definition = definition
        self._searchable = searchable(definition)
        ((self.vector_field, self._dimensions),) = vector_fields(definition).items() or (("", 2),)
        self._matrix = VectorMatrix(self._dimensions)
        self._filed = {
            field["name"]: field["type"] for field in definition["fields"] if field["filterable"] or field["facetable"]
        }

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """Nothing of what the writer is given is kept if the block raises."""
        with self._database.transaction() as connection:
            writer = Writer(self, connection)
            yield writer
            if writer.changes:
                self._write(connection, writer)

    @contextmanager
    def reading(self) -> Iterator[tuple[sqlite3.Connection, MatrixView]]:
        """One state of the index. Each reading brings late writes nearer."""
        if self._is_late:
            with self._database.transaction() as connection:
                self._apply_due(connection)
                connection.execute("UPDATE pending SET reads = reads - 1 WHERE reads > 0")
        with self._database.reading() as connection:
            yield connection, self._matrix.view(connection)

    def size_bytes(self) -> int:
        """Of the file."""
        return self._database.path.stat().st_size

    def _write(self, connection: sqlite3.Connection, writer: "Writer") -> None:
        late = writer.lateness
        if late is None and not self._is_late:
            self._apply(connection, writer.changes)
            return
        late = late or Lateness()
        connection.execute(
            "INSERT INTO pending (due, reads, changes) VALUES (?, ?, ?)",
            (time.time() + late.delay_s, late.reads, json.dumps(writer.changes)),
        )
        self._is_late = True

    def _apply_due(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT number, due, reads, changes FROM pending ORDER BY number").fetchall()
        for number, due, reads, changes in rows:
            if due > time.time() or reads > 0:
                return
            self._apply(connection, json.loads(changes))
            connection.execute("DELETE FROM pending WHERE number = ?", (number,))
        self._is_late = False

    def _apply(self, connection: sqlite3.Connection, changes: Changes) -> None:
        for key, body in changes.items():
            row = connection.execute("SELECT rid FROM documents WHERE key = ?", (key,)).fetchone()
            if row:
                for table in ("documents", "terms", "vectors"):
                    connection.execute(f"DELETE FROM {table} WHERE rid = ?", row)  # noqa: S608 - our own names
                connection.execute("DELETE FROM words WHERE rowid = ?", row)
                connection.execute("INSERT INTO removals (rid) VALUES (?)", row)
            if body is not None:
                self._insert(connection, key, body)

    def _insert(self, connection: sqlite3.Connection, key: str, body: JSON) -> None:
        vector = body.get(self.vector_field)
        texts = {name: value for name, value in body.items() if name != self.vector_field}
        rid = connection.execute(
            "INSERT INTO documents (key, body) VALUES (?, ?)", (key, json.dumps(texts, ensure_ascii=False))
        ).lastrowid
        columns = [_text(body.get(name)) for name in self._searchable]
        columns += [""] * (len(COLUMNS) - len(columns))
        values = sum(len(value) for value in texts.values() if isinstance(value, list))
        connection.execute(
            f"INSERT INTO words (rowid, {', '.join(COLUMNS)}, filler) VALUES (?{', ?' * (len(COLUMNS) + 1)})",  # noqa: S608
            (rid, *columns, "filler " * (1 + values)),
        )
        connection.executemany("INSERT INTO terms VALUES (?, ?, ?)", [(rid, *pair) for pair in self._terms(body)])
        if vector is not None:
            packed = unit(vector).astype("<f2").tobytes()
            connection.execute("INSERT INTO vectors VALUES (?, 1, ?)", (rid, packed))

    def _terms(self, body: JSON) -> Iterator[tuple[str, Any]]:
        for name, kind in self._filed.items():
            value = body.get(name)
            values = value if is_collection(kind) else [value]
            for one in dict.fromkeys(values or []):
                if one is not None:
                    yield name, stored(one, kind)


class Writer:
    """Changes of one batch: what it reads is what was acknowledged, visible or not."""

    def __init__(self, store: DocumentStore, connection: sqlite3.Connection) -> None:
        self._store = store
        self._connection = connection
        self.changes: Changes = {}
        self.lateness: Lateness | None = None

    def latest(self, key: str) -> JSON | None:
        """The document as it was acknowledged last."""
        if key in self.changes:
            return self.changes[key]
        for (changes,) in self._connection.execute("SELECT changes FROM pending ORDER BY number DESC"):
            later: Changes = json.loads(changes)
            if key in later:
                return later[key]
        row = self._connection.execute(
            "SELECT body, vector FROM documents LEFT JOIN vectors USING (rid) WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        body: JSON = json.loads(row[0])
        if row[1] is not None:
            body[self._store.vector_field] = np.frombuffer(row[1], "<f2").astype(float).tolist()
        return body


def unit(vector: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """
    The direction of a vector. Lengths that are 1 but for rounding are left alone, as in the embedded index.

    Whatever a field's type, the stand-in keeps half precision.
    """
    values = np.asarray(vector, np.float32)
    length = float(np.linalg.norm(values))
    return values / np.float32(length) if length and abs(length - 1) > 1e-3 else values


def body_with_all_fields(body: JSON, definition: JSON) -> JSON:
    """A document as the service gives it back: missing values are null, missing collections empty."""
    whole: JSON = {}
    for field in definition["fields"]:
        if field["retrievable"] and field["type"].removeprefix("Collection(").removesuffix(")") in SCALARS:
            value = body.get(field["name"])
            whole[field["name"]] = [] if value is None and is_collection(field["type"]) else value
    return whole


def _text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, list) else value or ""
