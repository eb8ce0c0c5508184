"""The vectors of one index in memory, kept equal to what the reading transaction sees."""

import sqlite3
import threading
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lib.domain.vectors import Vector, Vectors
from lib.errors import StoreCorrupt

_SLACK = 1_024
_BATCH = 2_000

Slots = npt.NDArray[np.int64]
"""Row numbers of a matrix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixView:
    """
    What one query sees. It never changes: later rows lie behind its end, removals are written to a copy of `scopes`.

    Exact search: a product with 100,000 rows of 384 numbers takes about 25 ms, and nothing is missed.
    """

    vectors: Vectors
    rids: npt.NDArray[np.int64]
    """Ascending."""
    scopes: npt.NDArray[np.int32]
    """Which filter applies to a row; 0 for rows that are gone."""
    gone: int

    def nearest(self, query: Vector, limit: int, allowed: npt.NDArray[np.bool_] | None) -> tuple[Slots, Vector]:
        """
        The best rows and their cosines, best first; ties by age.

        allowed: by scope, False at 0; None lets every row pass.
        """
        if allowed is None and not self.gone:
            slots, cosines = None, self.vectors @ query
        else:
            slots = np.flatnonzero(self.scopes if allowed is None else allowed[self.scopes])
            is_few = slots.size * 8 < self.scopes.size
            cosines = self.vectors[slots] @ query if is_few else (self.vectors @ query)[slots]
        best = np.arange(cosines.size)
        if cosines.size > limit:
            best = np.argpartition(-cosines, limit - 1)[:limit]
        best = best[np.lexsort((best, -cosines[best]))]
        return (best if slots is None else slots[best]), cosines[best]

    def slots_of(self, rids: npt.NDArray[np.int64]) -> Slots:
        """Rows of these chunks, all of which are held."""
        return np.searchsorted(self.rids, rids)

    def scopes_in_use(self) -> npt.NDArray[np.int64]:
        """Scopes that some row has."""
        return np.flatnonzero(np.bincount(self.scopes)[1:]) + 1


class VectorMatrix:
    """
    A copy in memory of the table `vectors`, brought up to date by the transaction that is about to read.

    Rows are only ever added (their numbers grow) or removed (the table `removals` is the log of that), never changed.
    """

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._lock = threading.Lock()
        self._room: Vectors = np.empty((0, dimensions), np.float32)
        self._view: MatrixView | None = None
        self._last_rid = 0
        self._last_removal = 0

    def view(self, connection: sqlite3.Connection) -> MatrixView:
        """
        Give the vectors as the connection's transaction sees them. This must be the transaction's first query.

        It gets its snapshot here, under the lock: so no other thread can have brought the matrix further than that.
        Raises: StoreCorrupt if a vector has not the length of the index.
        """
        with self._lock:
            removal, oldest = connection.execute(
                "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'removals'), 0),"
                " coalesce((SELECT min(number) FROM removals), 0)"
            ).fetchone()
            view, last_rid = self._view, self._last_rid
            pruned_past_us = removal > self._last_removal and self._last_removal + 1 < oldest
            if view is None or pruned_past_us:
                view, last_rid = self._empty(), 0
                self._room = view.vectors
            elif removal > self._last_removal:
                view = self._without_removed(view, connection)
            view, last_rid = self._with_added(view, last_rid, connection)
            self._view, self._last_rid, self._last_removal = view, last_rid, removal
            return view

    def _empty(self) -> MatrixView:
        vectors = np.empty((0, self._dimensions), np.float32)
        return MatrixView(vectors=vectors, rids=np.empty(0, np.int64), scopes=np.empty(0, np.int32), gone=0)

    def _without_removed(self, view: MatrixView, connection: sqlite3.Connection) -> MatrixView:
        rows = connection.execute("SELECT rid FROM removals WHERE number > ?", (self._last_removal,)).fetchall()
        removed = np.array([rid for (rid,) in rows], np.int64)
        removed = removed[np.isin(removed, view.rids)]  # others came and went between two looks
        scopes = view.scopes.copy()
        scopes[view.slots_of(removed)] = 0
        gone = int(np.count_nonzero(scopes == 0))
        if gone > max(_SLACK, scopes.size // 4):
            kept = scopes > 0
            self._room = view.vectors[kept]
            return MatrixView(vectors=self._room, rids=view.rids[kept], scopes=scopes[kept], gone=0)
        return MatrixView(vectors=view.vectors, rids=view.rids, scopes=scopes, gone=gone)

    def _with_added(self, view: MatrixView, last_rid: int, connection: sqlite3.Connection) -> tuple[MatrixView, int]:
        cursor = connection.execute("SELECT rid, scope, vector FROM vectors WHERE rid > ? ORDER BY rid", (last_rid,))
        rids, scopes = [view.rids], [view.scopes]
        size = len(view.rids)
        while rows := cursor.fetchmany(_BATCH):
            packed = b"".join(row[2] for row in rows)
            if len(packed) != len(rows) * self._dimensions * 2:
                raise StoreCorrupt(f"a vector of the index has not {self._dimensions} dimensions: make the index anew")
            self._make_room(size, len(rows))
            self._room[size : size + len(rows)] = np.frombuffer(packed, "<f2").reshape(len(rows), -1)
            rids.append(np.array([row[0] for row in rows], np.int64))
            scopes.append(np.array([row[1] for row in rows], np.int32))
            size += len(rows)
            last_rid = rows[-1][0]
        if len(rids) == 1:
            return view, last_rid
        added = MatrixView(
            vectors=self._room[:size], rids=np.concatenate(rids), scopes=np.concatenate(scopes), gone=view.gone
        )
        return added, last_rid

    def _make_room(self, size: int, more: int) -> None:
        """Rows behind the end of a view are free to write; a larger array leaves the old one to those who read it."""
        if size + more > len(self._room):
            room = np.empty((int((size + more) * 1.3) + _SLACK, self._dimensions), np.float32)
            room[:size] = self._room[:size]
            self._room = room
