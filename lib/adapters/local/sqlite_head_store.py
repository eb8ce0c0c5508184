"""Heads in SQLite, with a cache that is never behind the file."""

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import asdict

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_packing import to_json
from lib.domain.documents import DocumentId
from lib.domain.features import FeatureSetId, Head, Live

CACHED_HEADS = 20_000
"""About 15 MB. Enough for the documents of 100,000 chunks."""
_MANY_CHANGES = 2_000
"""After more changes than these, the cache starts anew rather than forgetting one by one."""


class SqliteHeadStore:
    """HeadStore. Every write gives a row the next revision, and every read first asks for revisions that are new."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database
        self._cache = _Cache()

    def heads(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Head]:
        query = """
            SELECT h.document_id, h.source_id, h.access, h.denied_below, h.live
            FROM json_each(?) AS wanted CROSS JOIN heads AS h ON h.document_id = wanted.value
        """
        with self._database.reading() as connection:
            revision = self._cache.catch_up(connection)
            found = self._cache.get(ids)
            missing = [document for document in ids if document not in found]
            if missing:
                rows = connection.execute(query, (to_json(missing),)).fetchall()
                read = _heads(rows)
                self._cache.add(read, revision)
                found.update(read)
        return found

    def deny(self, versions: dict[DocumentId, int], *, source_id: str) -> None:
        with self._database.transaction() as connection:
            for document, version in versions.items():
                row = _read(connection, document)
                head = _heads([row])[document] if row else Head(document_id=document, source_id=source_id)
                if head.denied_below < version:
                    _write(connection, head, denied_below=version)

    def flip(
        self, document: DocumentId, feature_set: FeatureSetId, live: Live, *, source_id: str, access: tuple[str, ...]
    ) -> bool:
        with self._database.transaction() as connection:
            row = _read(connection, document)
            before = _heads([row])[document] if row else Head(document_id=document)
            stored = before.live.get(feature_set)
            if stored and stored.version > live.version:
                return False
            # Another set may be ahead: the access of its newer version may be narrower, so it stays.
            newest = max((other.version for other in before.live.values()), default=0)
            is_newest = live.version >= newest
            head = Head(
                document_id=document,
                source_id=source_id if is_newest else before.source_id,
                access=access if is_newest else before.access,
                live={**before.live, feature_set: live},
            )
            _write(connection, head, denied_below=before.denied_below)
        return True


class _Cache:
    """
    Heads as they were at a revision of the file.

    A thread may be reading an older state of the file than another one has seen: it then uses what is newer and adds
    nothing, so an entry is never older than `_revision` says.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heads: dict[DocumentId, Head] = {}
        self._revision = 0

    def catch_up(self, connection: sqlite3.Connection) -> int:
        """Forget what has changed since; returns the revision of the state that this connection reads."""
        revision: int = connection.execute("SELECT coalesce(max(revision), 0) FROM heads").fetchone()[0]
        seen = self._revision
        changed: list[tuple[DocumentId]] = []
        if seen < revision <= seen + _MANY_CHANGES:
            query = "SELECT document_id FROM heads WHERE revision > ?"
            changed = connection.execute(query, (seen,)).fetchall()
        with self._lock:
            if self._revision < revision:
                if revision > seen + _MANY_CHANGES:
                    self._heads.clear()
                for (document,) in changed:
                    self._heads.pop(document, None)
                self._revision = revision
        return revision

    def get(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Head]:
        with self._lock:
            return {document: self._heads[document] for document in ids if document in self._heads}

    def add(self, heads: dict[DocumentId, Head], revision: int) -> None:
        with self._lock:
            if self._revision == revision:
                self._heads.update(heads)
                while len(self._heads) > CACHED_HEADS:
                    del self._heads[next(iter(self._heads))]


_Row = tuple[DocumentId, str, str, int, str]


def _read(connection: sqlite3.Connection, document: DocumentId) -> _Row | None:
    query = "SELECT document_id, source_id, access, denied_below, live FROM heads WHERE document_id = ?"
    row: _Row | None = connection.execute(query, (document,)).fetchone()
    return row


def _write(connection: sqlite3.Connection, head: Head, *, denied_below: int) -> None:
    live = to_json({feature_set: asdict(live) for feature_set, live in head.live.items()})
    connection.execute(
        "REPLACE INTO heads (document_id, source_id, access, denied_below, live) VALUES (?, ?, ?, ?, ?)",
        (head.document_id, head.source_id, to_json(head.access), denied_below, live),
    )


def _heads(rows: Sequence[_Row]) -> dict[DocumentId, Head]:
    # One call of the JSON parser for all rows: half the time of one call a row.
    packed = json.loads("[" + ",".join(f"[{access},{live}]" for _, _, access, _, live in rows) + "]")
    return {
        document: Head(
            document_id=document,
            source_id=source_id,
            access=tuple(access),
            denied_below=denied_below,
            live={feature_set: Live(**values) for feature_set, values in live.items()},
        )
        for (document, source_id, _, denied_below, _), (access, live) in zip(rows, packed, strict=True)
    }
