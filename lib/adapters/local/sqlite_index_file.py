"""One hybrid index: a SQLite file with full-text search, and its vectors in memory."""

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_index_filter import Scopes, filtered
from lib.adapters.local.vector_matrix import VectorMatrix
from lib.domain.features import ChunkId
from lib.domain.retrieval import Candidate, IndexedChunk, SearchRequest
from lib.domain.words import content_words
from lib.errors import DimensionMismatch

TITLE_WEIGHT = 1.0
HEADING_WEIGHT = 1.0
"""Against 1 for the text. From 0 to 4 it makes no difference on the tuning data."""
MOST_TERMS = 32
"""Words of a question that are looked up, once its stopwords are gone."""
MOST_QUESTION_CHARS = 4_000
REMOVALS_KEPT = 20_000
"""Length of the log of removals: who looks less often than that reads all vectors anew."""
_LIKE_A_FILTER = re.compile(r"(?:acl|src)\d")

SCHEMA = (
    (
        "CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE groups (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        "CREATE TABLE sources (code INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
        # A scope is a source with a set of groups: what a filter lets through whole or not at all.
        """
        CREATE TABLE scopes (
            code INTEGER PRIMARY KEY,
            source INTEGER NOT NULL,
            groups TEXT NOT NULL,
            UNIQUE (source, groups)
        )
        """,
        # AUTOINCREMENT: a number that is gone never comes back, so rows are added or removed, but never changed.
        """
        CREATE TABLE chunks (
            rid INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            document_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            source_id TEXT NOT NULL,
            url TEXT NOT NULL,
            title TEXT NOT NULL,
            heading TEXT NOT NULL,
            text TEXT NOT NULL,
            acl TEXT NOT NULL,
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            fetched_at TEXT NOT NULL
        )
        """,
        "CREATE INDEX chunks_by_document ON chunks (document_id, version)",
        "CREATE TABLE vectors (rid INTEGER PRIMARY KEY, scope INTEGER NOT NULL, vector BLOB NOT NULL)",
        "CREATE TABLE removals (number INTEGER PRIMARY KEY AUTOINCREMENT, rid INTEGER NOT NULL)",
        # The texts lie in `chunks` only. Filters are words of the column `acl`: `MATCH ... AND rowid IN (...)` takes
        # seconds where a word inside MATCH takes milliseconds. The words are numbers of our own, never names of groups:
        # the stemmer could make two names one word.
        """
        CREATE VIRTUAL TABLE words USING fts5(
            title, heading, text, acl,
            content = 'chunks', content_rowid = 'rid', tokenize = 'porter unicode61 remove_diacritics 2'
        )
        """,
    ),
)


class _Database(SqliteDatabase):
    """
    Commits wait for the disk here.

    A build flips the head, in another file, right after its chunks are written. If a power failure could take the
    chunks but leave the head, the index would lack a version that counts as live.
    """

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = super()._connect(mode)
        connection.execute("PRAGMA synchronous = FULL")
        return connection


class SqliteIndexFile:
    """
    Text, filter and vector of every chunk of one index, written in one transaction, read in one snapshot.

    Raises: StoreCorrupt, StorageFull, Unreachable, here and in every method.
    """

    def __init__(self, path: Path) -> None:
        self._database = _Database(path, migrations=SCHEMA)
        with self._database.reading() as connection:
            self.dimensions = _number(connection, "dimensions")
        self._matrix = VectorMatrix(self.dimensions)

    def set_dimensions(self, dimensions: int) -> None:
        """Say how long vectors are, once; 0 means that nobody did yet."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO numbers VALUES ('dimensions', ?)", (dimensions,))
            self.dimensions = _number(connection, "dimensions")
        self._matrix = VectorMatrix(self.dimensions)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def upsert(self, chunks: Sequence[IndexedChunk]) -> None:
        """Write chunks, replacing those with the same id. Raises: DimensionMismatch."""
        latest = {chunk.id: chunk for chunk in chunks}
        for chunk in latest.values():
            if chunk.vector.shape != (self.dimensions,):
                raise DimensionMismatch(
                    f"chunk {chunk.id!r} has a vector of shape {chunk.vector.shape}, its index holds {self.dimensions} "
                    "dimensions: build with the feature set of this index"
                )
        if not latest:
            return
        with self._database.transaction() as connection:
            removed = _remove(connection, latest)
            scopes = Scopes(connection)
            (last,) = connection.execute(
                "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'chunks'), 0)"
            ).fetchone()
            texts, vectors, searchable = [], [], []
            for rid, chunk in enumerate(latest.values(), start=last + 1):
                scope, acl = scopes.of(chunk.source_id, chunk.access)
                texts.append(
                    (
                        *(rid, chunk.id, chunk.document_id, chunk.version, chunk.source_id, chunk.url, chunk.title),
                        *(chunk.heading, chunk.text, acl, chunk.start, chunk.end, chunk.fetched_at),
                    )
                )
                searchable.append((rid, chunk.title, chunk.heading, chunk.text, acl))
                vectors.append((rid, scope, np.asarray(chunk.vector, "<f2").tobytes()))
            insert = "INSERT INTO words (rowid, title, heading, text, acl) VALUES (?,?,?,?,?)"
            connection.executemany("INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", texts)
            connection.executemany(insert, searchable)
            connection.executemany("INSERT INTO vectors VALUES (?,?,?)", vectors)
            _count(connection, len(texts) - removed)

    def delete(self, ids: Iterable[ChunkId]) -> None:
        """Remove chunks; those that are not there are no error."""
        with self._database.transaction() as connection:
            _count(connection, -_remove(connection, ids))

    def count(self, document_ids: Sequence[str] | None) -> dict[tuple[str, int], int]:
        """Chunks by document and version; without documents the total, under ("", 0)."""
        with self._database.reading() as connection:
            if document_ids is None:
                return {("", 0): _number(connection, "chunks")}
            rows = connection.execute(
                "SELECT document_id, version, count(*) FROM chunks"
                " WHERE document_id IN (SELECT value FROM json_each(?)) GROUP BY document_id, version",
                (json.dumps(list(document_ids)),),
            ).fetchall()
        return {(document, version): count for document, version, count in rows}

    def search(self, request: SearchRequest) -> list[Candidate]:
        """The best of both arms, filtered before they are picked, each chunk once."""
        if request.vector is not None and request.vector.shape != (self.dimensions,):
            raise DimensionMismatch(
                f"the question's vector has shape {request.vector.shape}, its index holds {self.dimensions}"
                " dimensions: embed it with the model of this index"
            )
        with self._database.reading() as connection:
            view = self._matrix.view(connection)
            allowed, condition = filtered(connection, view, request)
            if allowed is not None and not allowed.any():
                return []
            scores = _text_arm(connection, request, condition)
            ranks = {rid: rank for rank, rid in enumerate(scores, start=1)}
            cosines: dict[int, float] = {}
            nearest: dict[int, int] = {}
            if request.vector is not None:
                vector = np.asarray(request.vector, np.float32)
                slots, best = view.nearest(vector, request.limit, allowed)
                rids = view.rids[slots].tolist()
                nearest = {rid: rank for rank, rid in enumerate(rids, start=1)}
                cosines = dict(zip(rids, best.tolist(), strict=True))
                others = np.array([rid for rid in scores if rid not in nearest], np.int64)
                products = view.vectors[view.slots_of(others)] @ vector
                cosines.update(zip(others.tolist(), products.tolist(), strict=True))
            rows = connection.execute(
                'SELECT rid, id, document_id, version, source_id, url, title, heading, text, start, "end", fetched_at'
                " FROM chunks WHERE rid IN (SELECT value FROM json_each(?))",
                (json.dumps([*nearest, *(rid for rid in scores if rid not in nearest)]),),
            ).fetchall()
        return [
            Candidate(
                id=ChunkId(row[1]), document_id=row[2], version=row[3], source_id=row[4], url=row[5], title=row[6],
                heading=row[7], text=row[8], start=row[9], end=row[10], fetched_at=row[11],
                text_rank=ranks.get(row[0]), text_score=scores.get(row[0]),
                vector_rank=nearest.get(row[0]), cosine=cosines.get(row[0]),
            )
            for row in rows
        ]  # fmt: skip


def _text_arm(connection: sqlite3.Connection, request: SearchRequest, condition: str) -> dict[int, float]:
    """BM25 of the best chunks, best first, positive. A question is words to look up, each one quoted."""
    asked = content_words(request.text[:MOST_QUESTION_CHARS])[:MOST_TERMS]
    if not asked:
        return {}
    either = " OR ".join(f'"{word}"' for word in asked)
    if any(_LIKE_A_FILTER.match(word) for word in asked):  # a fifth slower, so only where it matters
        either = f"- acl : ({either})"
    rows = connection.execute(
        "SELECT rowid, rank FROM words WHERE words MATCH ? AND rank MATCH ? ORDER BY rank LIMIT ?",
        (f"({either}){condition}", f"bm25({TITLE_WEIGHT}, {HEADING_WEIGHT}, 1.0, 0.0)", request.limit),
    ).fetchall()
    return {rid: -rank for rid, rank in rows}


def _remove(connection: sqlite3.Connection, ids: Iterable[ChunkId]) -> int:
    """Take chunks out of every table, and log it for those who hold vectors in memory."""
    rows = connection.execute(
        "SELECT rid FROM chunks WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    ).fetchall()
    if not rows:
        return 0
    # FTS5 must be told the words that it is to forget: this comes before the chunk goes.
    connection.executemany(
        "INSERT INTO words (words, rowid, title, heading, text, acl)"
        " SELECT 'delete', rid, title, heading, text, acl FROM chunks WHERE rid = ?",
        rows,
    )
    connection.executemany("DELETE FROM chunks WHERE rid = ?", rows)
    connection.executemany("DELETE FROM vectors WHERE rid = ?", rows)
    connection.executemany("INSERT INTO removals (rid) VALUES (?)", rows)
    connection.execute("DELETE FROM removals WHERE number <= (SELECT max(number) FROM removals) - ?", (REMOVALS_KEPT,))
    return len(rows)


def _number(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM numbers WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def _count(connection: sqlite3.Connection, more: int) -> None:
    connection.execute("INSERT OR IGNORE INTO numbers VALUES ('chunks', 0)")
    connection.execute("UPDATE numbers SET value = value + ? WHERE name = 'chunks'", (more,))
