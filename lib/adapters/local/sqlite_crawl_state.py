"""Crawl runs and URL states in SQLite."""

import heapq
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_packing import known, pack_text, to_json, unpack_text
from lib.errors import Conflict
from lib.ports.crawl_state import CrawlRun, UrlState

_DETAILS = (
    "status etag last_modified raw_hash canonical aliases checked_at failures stamp listed part changed_at"
    " fingerprint is_held passed reason".split()
)
"""Fields of UrlState that no query asks for."""

_Row = tuple[str, str, str, str, int, int, int, int, str, bytes]


class SqliteCrawlState:
    """CrawlState in two tables; the frontier is an index of its own, so that reading on never sorts."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database

    def load_run(self, source_id: str) -> CrawlRun | None:
        query = "SELECT revision, details FROM crawl_runs WHERE source_id = ?"
        with self._database.reading() as connection:
            row = connection.execute(query, (source_id,)).fetchone()
            if row is None:
                return None
            return CrawlRun(**known(CrawlRun, json.loads(row[1])), source_id=source_id, revision=row[0])

    def save_run(self, run: CrawlRun) -> CrawlRun:
        details = asdict(run)
        del details["source_id"], details["revision"]
        with self._database.transaction() as connection:
            row = connection.execute("SELECT revision FROM crawl_runs WHERE source_id = ?", (run.source_id,)).fetchone()
            stored = row[0] if row else 0
            if stored != run.revision:
                raise Conflict(
                    f"the crawl of source {run.source_id!r} was saved by somebody else"
                    f" (revision {stored}, not {run.revision}): load it again"
                )
            connection.execute(
                "INSERT INTO crawl_runs VALUES (?, ?, ?) ON CONFLICT (source_id)"
                " DO UPDATE SET revision = excluded.revision, details = excluded.details",
                (run.source_id, stored + 1, to_json(details)),
            )
        return replace(run, revision=stored + 1)

    def read(self, source_id: str, urls: Sequence[str]) -> dict[str, UrlState]:
        query = """
            SELECT u.source_id, u.url, document_id, crawl_id, pending, depth, place, gone, details, links
            FROM json_each(?) AS wanted
            CROSS JOIN crawl_urls AS u ON u.source_id = ? AND u.url = wanted.value
        """
        with self._database.reading() as connection:
            rows = connection.execute(query, (to_json(urls), source_id)).fetchall()
            return {row[1]: _state(row) for row in rows}

    def save(self, states: Sequence[UrlState]) -> None:
        rows = [_row(state) for state in states]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO crawl_urls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source_id, url)"
                " DO UPDATE SET document_id = excluded.document_id, crawl_id = excluded.crawl_id,"
                " pending = excluded.pending, depth = excluded.depth, place = excluded.place,"
                " gone = excluded.gone, details = excluded.details, links = excluded.links",
                rows,
            )

    def pending(self, source_id: str, crawl_id: str, *, limit: int) -> list[UrlState]:
        query = """
            SELECT source_id, url, document_id, crawl_id, pending, depth, place, gone, details, links FROM crawl_urls
            WHERE source_id = ? AND crawl_id = ? AND pending ORDER BY depth, place, url LIMIT ?
        """
        with self._database.reading() as connection:
            return [_state(row) for row in connection.execute(query, (source_id, crawl_id, limit)).fetchall()]

    def unseen(self, source_id: str, crawl_id: str, *, limit: int) -> list[UrlState]:
        next_crawl = "SELECT min(crawl_id) FROM crawl_urls WHERE source_id = ? AND crawl_id > ? AND document_id <> ''"
        first = "SELECT min(crawl_id) FROM crawl_urls WHERE source_id = ? AND document_id <> ''"
        query = """
            SELECT source_id, url, document_id, crawl_id, pending, depth, place, gone, details, links FROM crawl_urls
            WHERE source_id = ? AND crawl_id = ? AND document_id <> '' ORDER BY url LIMIT ?
        """
        gone = """
            SELECT source_id, url, document_id, crawl_id, pending, depth, place, gone, details, links FROM crawl_urls
            WHERE source_id = ? AND crawl_id = ? AND gone AND document_id <> '' ORDER BY url LIMIT ?
        """
        # What this crawl found gone, and one short range for each other crawl that was the last to meet something,
        # merged by URL. What this crawl has met, which is nearly everything, is never looked at.
        with self._database.reading() as connection:
            ranges = [connection.execute(gone, (source_id, crawl_id, limit)).fetchall()]
            other = connection.execute(first, (source_id,)).fetchone()[0]
            while other is not None:
                if other != crawl_id:
                    ranges.append(connection.execute(query, (source_id, other, limit)).fetchall())
                other = connection.execute(next_crawl, (source_id, other)).fetchone()[0]
            merged = heapq.merge(*ranges, key=lambda row: str(row[1]))
            return [_state(row) for row, _ in zip(merged, range(limit), strict=False)]


def _row(state: UrlState) -> _Row:
    details: dict[str, Any] = {"schema": 1, **{name: getattr(state, name) for name in _DETAILS}}
    return (
        state.source_id,
        state.url,
        state.document_id,
        state.crawl_id,
        state.pending,
        state.depth,
        state.order,
        state.gone,
        to_json(details),
        pack_text(to_json(state.links)) if state.links else b"",
    )


def _state(row: _Row) -> UrlState:
    source_id, url, document_id, crawl_id, pending, depth, place, gone, details, links = row
    stored = json.loads(details)
    values = {name: stored[name] for name in _DETAILS if name in stored}
    values["aliases"] = tuple(values["aliases"])
    return UrlState(
        source_id=source_id,
        url=url,
        document_id=document_id,
        crawl_id=crawl_id,
        pending=bool(pending),
        depth=depth,
        order=place,
        gone=bool(gone),
        links=tuple(json.loads(unpack_text(links))) if links else (),
        **values,
    )
