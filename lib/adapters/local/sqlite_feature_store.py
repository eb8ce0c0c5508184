"""Heads, snapshots, chunks and vectors in SQLite."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import timedelta

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_head_store import SqliteHeadStore
from lib.adapters.local.sqlite_packing import pack_text, pack_vector, to_json, unpack_text, unpack_vectors
from lib.domain.documents import DocumentId
from lib.domain.features import Chunk, ChunkId, Features, FeatureSetId, Snapshot, chunk_id
from lib.domain.times import iso
from lib.domain.vectors import Vector
from lib.errors import NotYet
from lib.ports.clock import Clock

YOUNG = timedelta(hours=24)
"""A vector younger than this may belong to a build that has not saved its chunks yet."""
_PURGE_BATCH = 200

_SNAPSHOT = ("url", "title", "fetched_at", "source_id", "language")


class SqliteFeatureStore(SqliteHeadStore):
    """HeadStore and FeatureStore. Vectors belong to a document, so that all its versions share them."""

    def __init__(self, *, database: SqliteDatabase, clock: Clock) -> None:
        super().__init__(database=database)
        self._clock = clock

    def save(self, features: Features) -> None:
        _check(features)
        document, version = features.document_id, features.version
        text = pack_text(features.snapshot.text)
        with self._database.transaction() as connection:
            now = iso(self._clock.now())
            _save_snapshot(connection, features.snapshot, text, now)
            key = (document, features.feature_set, version)
            connection.execute(
                "DELETE FROM builds WHERE document_id = ? AND feature_set = ? AND version = ?", key
            )  # its chunks go with it
            build = connection.execute(
                "INSERT INTO builds (document_id, feature_set, version, cleaner) VALUES (?, ?, ?, ?)",
                (*key, features.snapshot.cleaner),
            ).lastrowid
            connection.executemany(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(build, c.ordinal, c.start, c.end, c.heading, c.input_hash, c.fragment) for c in features.chunks],
            )
            connection.executemany(
                "INSERT INTO vectors (document_id, input_hash, saved_at, vector) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (document_id, input_hash) DO NOTHING",
                [(document, key, now, pack_vector(vector)) for key, vector in features.vectors.items()],
            )
            _refuse_without_vectors(connection, document, build)

    def save_vectors(self, document: DocumentId, vectors: dict[str, Vector]) -> None:
        rows = [(document, key, iso(self._clock.now()), pack_vector(vector)) for key, vector in vectors.items()]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO vectors (document_id, input_hash, saved_at, vector) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (document_id, input_hash) DO UPDATE SET saved_at = excluded.saved_at",
                rows,
            )

    def vectors(self, document: DocumentId, hashes: Sequence[str]) -> dict[str, Vector]:
        query = """
            SELECT v.input_hash, v.vector FROM json_each(?) AS wanted
            CROSS JOIN vectors AS v ON v.document_id = ? AND v.input_hash = wanted.value
        """
        with self._database.reading() as connection:
            return unpack_vectors(connection.execute(query, (to_json(hashes), document)).fetchall())

    def read(self, document: DocumentId, version: int, feature_set: FeatureSetId) -> Features | None:
        find = "SELECT id, cleaner FROM builds WHERE document_id = ? AND feature_set = ? AND version = ?"
        list_chunks = """
            SELECT ordinal, start, "end", heading, input_hash, fragment FROM chunks WHERE build_id = ?
            ORDER BY ordinal
        """
        list_vectors = """
            SELECT input_hash, vector FROM vectors WHERE document_id = ?
            AND input_hash IN (SELECT input_hash FROM chunks WHERE build_id = ?)
        """
        with self._database.reading() as connection:
            build = connection.execute(find, (document, feature_set, version)).fetchone()
            snapshot = _snapshot(connection, document, version, build[1]) if build else None
            if build is None or snapshot is None:
                return None
            rows = connection.execute(list_chunks, (build[0],)).fetchall()
            vectors = unpack_vectors(connection.execute(list_vectors, (document, build[0])).fetchall())
        chunks = tuple(
            Chunk(
                id=chunk_id(document, version, feature_set, ordinal),
                document_id=document,
                version=version,
                ordinal=ordinal,
                start=start,
                end=end,
                text=snapshot.text[start:end],
                heading=heading,
                input_hash=input_hash,
                fragment=fragment,
            )
            for ordinal, start, end, heading, input_hash, fragment in rows
        )
        return Features(
            document_id=document,
            version=version,
            feature_set=feature_set,
            snapshot=snapshot,
            chunks=chunks,
            vectors=vectors,
        )

    def snapshot(
        self, document: DocumentId, *, version: int | None = None, cleaner: str | None = None
    ) -> Snapshot | None:
        with self._database.reading() as connection:
            return _snapshot(connection, document, version, cleaner)

    def drop(
        self, document: DocumentId, feature_set: FeatureSetId, *, below: int, snapshots: bool = False
    ) -> list[ChunkId]:
        # An erasure leaves nothing of the text behind, young vectors included; otherwise these wait for the next drop.
        written_before = "9999" if snapshots else iso(self._clock.now() - YOUNG)
        with self._database.transaction() as connection:
            gone = _stale(connection, document, feature_set, below)
            connection.execute(
                "DELETE FROM builds WHERE document_id = ? AND feature_set = ? AND version < ?",
                (document, feature_set, below),
            )
            if snapshots:
                connection.execute("DELETE FROM snapshots WHERE document_id = ? AND version < ?", (document, below))
            connection.execute(
                "DELETE FROM vectors WHERE document_id = ? AND saved_at < ? AND input_hash NOT IN"
                " (SELECT c.input_hash FROM builds AS b JOIN chunks AS c ON c.build_id = b.id WHERE b.document_id = ?)",
                (document, written_before, document),
            )
        return gone

    def stale(self, document: DocumentId, feature_set: FeatureSetId, *, below: int) -> list[ChunkId]:
        with self._database.reading() as connection:
            return _stale(connection, document, feature_set, below)

    def purge(self, *, superseded_before: str) -> int:
        """Drop snapshots that were superseded before that time and that no chunk is made of; returns how many."""
        find = """
            SELECT s.id, s.document_id, s.version, s.cleaner FROM snapshots AS s
            WHERE s.superseded_at <> '' AND s.superseded_at < ? AND NOT EXISTS (
                SELECT 1 FROM builds AS b JOIN chunks AS c ON c.build_id = b.id
                WHERE b.document_id = s.document_id AND b.version = s.version AND b.cleaner = s.cleaner
            ) LIMIT ?
        """
        purged, more = 0, True
        while more:
            with self._database.transaction() as connection:
                rows = connection.execute(find, (superseded_before, _PURGE_BATCH)).fetchall()
                for number, *key in rows:
                    connection.execute("DELETE FROM snapshots WHERE id = ?", (number,))
                    connection.execute("DELETE FROM builds WHERE document_id = ? AND version = ? AND cleaner = ?", key)
            purged += len(rows)
            more = len(rows) == _PURGE_BATCH
        return purged


def _check(features: Features) -> None:
    document, version, snapshot = features.document_id, features.version, features.snapshot
    if (snapshot.document_id, snapshot.version) != (document, version):
        raise ValueError(f"document {document!r} version {version}: the snapshot is of another document or version")
    if [chunk.ordinal for chunk in features.chunks] != list(range(len(features.chunks))):
        raise ValueError(f"document {document!r} version {version}: chunks are not numbered 0, 1, 2 ...")
    for chunk in features.chunks:
        wanted = chunk_id(document, version, features.feature_set, chunk.ordinal)
        if chunk.id != wanted:
            raise ValueError(f"chunk {chunk.id!r} should be called {wanted!r}: make ids with chunk_id")
        if chunk.text != snapshot.text[chunk.start : chunk.end]:
            raise ValueError(f"chunk {chunk.id!r} is not what its snapshot has at {chunk.start}:{chunk.end}")


def _save_snapshot(connection: sqlite3.Connection, snapshot: Snapshot, text: bytes, now: str) -> None:
    key = (snapshot.document_id, snapshot.version, snapshot.cleaner)
    details = to_json({"schema": 1, **{name: getattr(snapshot, name) for name in _SNAPSHOT}})
    connection.execute(
        "INSERT INTO snapshots (document_id, version, cleaner, superseded_at, details) VALUES (?, ?, ?, '', ?)"
        " ON CONFLICT (document_id, version, cleaner) DO UPDATE SET details = excluded.details",
        (*key, details),
    )
    find = "SELECT id FROM snapshots WHERE document_id = ? AND version = ? AND cleaner = ?"
    number = connection.execute(find, key).fetchone()[0]
    connection.execute("REPLACE INTO snapshot_texts VALUES (?, ?)", (number, text))
    # Builds may end out of order, so this one may be the superseded one.
    connection.execute(
        "UPDATE snapshots SET superseded_at = ? WHERE document_id = ? AND superseded_at = ''"
        " AND version < (SELECT max(version) FROM snapshots WHERE document_id = ?)",
        (now, snapshot.document_id, snapshot.document_id),
    )


def _refuse_without_vectors(connection: sqlite3.Connection, document: DocumentId, build: int | None) -> None:
    query = """
        SELECT count(DISTINCT input_hash) FROM chunks WHERE build_id = ?
        AND input_hash NOT IN (SELECT input_hash FROM vectors WHERE document_id = ?)
    """
    missing = connection.execute(query, (build, document)).fetchone()[0]
    if missing:
        raise NotYet(f"{missing} vectors of document {document!r} were dropped while it was built: build it again")


def _snapshot(
    connection: sqlite3.Connection, document: DocumentId, version: int | None, cleaner: str | None
) -> Snapshot | None:
    query = """
        SELECT s.version, s.cleaner, s.details, t.text FROM snapshots AS s JOIN snapshot_texts AS t ON t.id = s.id
        WHERE s.document_id = ? AND (? IS NULL OR s.version = ?) AND (? IS NULL OR s.cleaner = ?)
        ORDER BY s.version DESC, s.id DESC LIMIT 1
    """
    row = connection.execute(query, (document, version, version, cleaner, cleaner)).fetchone()
    if row is None:
        return None
    details = json.loads(row[2])
    return Snapshot(
        document_id=document,
        version=row[0],
        cleaner=row[1],
        text=unpack_text(row[3]),
        **{name: details[name] for name in _SNAPSHOT},
    )


def _stale(
    connection: sqlite3.Connection, document: DocumentId, feature_set: FeatureSetId, below: int
) -> list[ChunkId]:
    query = """
        SELECT b.version, c.ordinal FROM builds AS b JOIN chunks AS c ON c.build_id = b.id
        WHERE b.document_id = ? AND b.feature_set = ? AND b.version < ? ORDER BY b.version, c.ordinal
    """
    rows = connection.execute(query, (document, feature_set, below)).fetchall()
    return [chunk_id(document, version, feature_set, ordinal) for version, ordinal in rows]
