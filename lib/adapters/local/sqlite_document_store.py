"""Documents and their change feed in SQLite."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_packing import known, pack_text, to_json, unpack_text
from lib.domain.documents import (
    Anchor,
    Document,
    DocumentChange,
    DocumentId,
    Provenance,
    SourceId,
    Totals,
    provenance_from,
)
from lib.domain.times import iso
from lib.ports.change_feed import FeedPage
from lib.ports.clock import Clock
from lib.ports.document_store import ScanPage, check_put

HEARTBEAT = DocumentId("heartbeat")
_PURGE_BATCH = 500
"""Tombstones dropped in one transaction, so that writers need not wait long."""


class SqliteDocumentStore:
    """DocumentStore and ChangeFeed over one table, whose row numbers are the order of changes."""

    def __init__(self, *, database: SqliteDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Document]:
        query = """
            SELECT d.id, d.source_id, d.version, d.deleted, d.traceparent, b.details, b.text
            FROM json_each(?) AS wanted
            CROSS JOIN documents AS d ON d.id = wanted.value
            CROSS JOIN document_bodies AS b ON b.id = d.id
        """
        with self._database.reading() as connection:
            rows = connection.execute(query, (to_json(ids),)).fetchall()
            return {row[0]: _document(row) for row in rows}

    def put(self, documents: Sequence[Document], *, expected: dict[DocumentId, int]) -> dict[DocumentId, bool]:
        check_put(documents, expected)
        packed = [(document, _details(document), pack_text(document.text)) for document in documents]
        written = {}
        with self._database.transaction() as connection:
            changed_at = iso(self._clock.now())
            for document, details, text in packed:
                before = _stored(connection, document.id)
                version = before[0] if before else 0
                written[document.id] = version == expected[document.id]
                if written[document.id]:
                    _replace(connection, document, changed_at)
                    connection.execute("INSERT INTO document_bodies VALUES (?, ?, ?)", (document.id, details, text))
                    if before and not before[1]:
                        _count(connection, before[2], -1)
                    if not document.deleted:
                        _count(connection, document.source_id, 1)
        return written

    def scan(self, *, source_id: str | None = None, cursor: str | None = None, limit: int = 500) -> ScanPage:
        everything = """
            SELECT id, version, deleted, changed_at, traceparent, kind FROM documents
            WHERE id > ? AND kind = 'document' ORDER BY id LIMIT ?
        """
        of_source = """
            SELECT id, version, deleted, changed_at, traceparent, kind FROM documents
            WHERE source_id = ? AND id > ? AND kind = 'document' ORDER BY id LIMIT ?
        """
        bounds = (cursor or "", limit + 1)
        with self._database.reading() as connection:
            if source_id is None:
                rows = connection.execute(everything, bounds).fetchall()
            else:
                rows = connection.execute(of_source, (source_id, *bounds)).fetchall()
        changes = [_change(row) for row in rows[:limit]]
        return ScanPage(changes=changes, cursor=changes[-1].document_id if len(rows) > limit else None)

    def totals(self) -> Totals:
        query = "SELECT source_id, documents FROM document_totals WHERE documents > 0 ORDER BY source_id"
        with self._database.reading() as connection:
            by_source = dict(connection.execute(query).fetchall())
        return Totals(documents=sum(by_source.values()), by_source=by_source)

    def heartbeat(self, at: str) -> None:
        with self._database.transaction() as connection:
            before = _stored(connection, HEARTBEAT)
            version = before[0] + 1 if before else 1
            connection.execute("DELETE FROM documents WHERE id = ?", (HEARTBEAT,))
            connection.execute(
                "INSERT INTO documents (id, kind, source_id, version, deleted, changed_at, traceparent)"
                " VALUES (?, 'heartbeat', '', ?, 0, ?, '')",
                (HEARTBEAT, version, at),
            )

    def purge(self, *, deleted_before: str) -> int:
        statement = """
            DELETE FROM documents WHERE sequence IN (
                SELECT sequence FROM documents WHERE deleted AND changed_at < ? LIMIT ?
            )
        """
        purged, more = 0, True
        while more:
            with self._database.transaction() as connection:
                gone = connection.execute(statement, (deleted_before, _PURGE_BATCH)).rowcount
            purged += gone
            more = gone == _PURGE_BATCH
        return purged

    def read(self, cursor: str, *, limit: int = 100) -> FeedPage:
        query = """
            SELECT id, version, deleted, changed_at, traceparent, kind, sequence FROM documents
            WHERE sequence > ? ORDER BY sequence LIMIT ?
        """
        with self._database.reading() as connection:
            feed = connection.execute("SELECT id FROM feed").fetchone()[0]
            rows = connection.execute(query, (_position(cursor, feed), limit)).fetchall()
        return FeedPage(
            changes=[_change(row[:6]) for row in rows],
            cursor=f"{feed}-{rows[-1][6]}" if rows else cursor,
        )


def _position(cursor: str, feed: str) -> int:
    """Row number to read after; the beginning for a cursor of another file, so that nothing is missed."""
    name, _, number = cursor.partition("-")
    return int(number) if name == feed and number.isdecimal() else 0


def _stored(connection: sqlite3.Connection, document: DocumentId) -> tuple[int, bool, str] | None:
    query = "SELECT version, deleted, source_id FROM documents WHERE id = ?"
    row: tuple[int, bool, str] | None = connection.execute(query, (document,)).fetchone()
    return row


def _replace(connection: sqlite3.Connection, document: Document, changed_at: str) -> None:
    connection.execute("DELETE FROM documents WHERE id = ?", (document.id,))  # its body goes with it
    connection.execute(
        "INSERT INTO documents (id, kind, source_id, version, deleted, changed_at, traceparent)"
        " VALUES (?, 'document', ?, ?, ?, ?, ?)",
        (document.id, document.source_id, document.version, document.deleted, changed_at, document.traceparent),
    )


def _count(connection: sqlite3.Connection, source_id: str, by: int) -> None:
    connection.execute(
        "INSERT INTO document_totals VALUES (?, ?)"
        " ON CONFLICT (source_id) DO UPDATE SET documents = documents + excluded.documents",
        (source_id, by),
    )


def _details(document: Document) -> str:
    return to_json(
        {
            "schema": 1,
            "url": document.url,
            "title": document.title,
            "content_hash": document.content_hash,
            "provenance": asdict(document.provenance),
            "language": document.language,
            "media_type": document.media_type,
            "anchors": [[anchor.offset, anchor.fragment] for anchor in document.anchors],
            "access": document.access,
            "aliases": document.aliases,
        }
    )


def _document(row: tuple[str, str, int, int, str, str, bytes]) -> Document:
    document_id, source_id, version, deleted, traceparent, details, text = row
    stored = json.loads(details)
    return Document(
        id=DocumentId(document_id),
        source_id=SourceId(source_id),
        url=stored["url"],
        title=stored["title"],
        text=unpack_text(text),
        content_hash=stored["content_hash"],
        version=version,
        provenance=provenance_from(known(Provenance, stored["provenance"])),
        language=stored["language"],
        media_type=stored["media_type"],
        anchors=tuple(Anchor(offset=offset, fragment=fragment) for offset, fragment in stored["anchors"]),
        access=tuple(stored["access"]),
        aliases=tuple(stored["aliases"]),
        deleted=bool(deleted),
        traceparent=traceparent,
    )


def _change(row: tuple[str, int, int, str, str, str]) -> DocumentChange:
    document_id, version, deleted, changed_at, traceparent, kind = row
    return DocumentChange(
        document_id=DocumentId(document_id),
        version=version,
        deleted=bool(deleted),
        changed_at=changed_at,
        traceparent=traceparent,
        kind="heartbeat" if kind == "heartbeat" else "document",
    )
