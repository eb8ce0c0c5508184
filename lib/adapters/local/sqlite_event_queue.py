"""Queues in SQLite."""

import math
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.domain.times import iso
from lib.errors import BadInput
from lib.ports.clock import Clock
from lib.ports.event_queue import Depth, QueueMessage, check_body, check_name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class SqliteEventQueue:
    """
    EventQueue over one table with an index by time of visibility.

    A message is in flight while it was delivered and its time of visibility has not come; nothing else is kept of it.
    """

    def __init__(self, *, database: SqliteDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def send(self, queue: str, bodies: Sequence[str], *, delay_s: float = 0) -> None:
        check_name(queue)
        delay = _delay(delay_s)
        for body in bodies:
            check_body(queue, body)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO queues (name, messages) VALUES (?, 0) ON CONFLICT (name) DO NOTHING", (queue,)
            )
            number = _number(connection, queue)
            now = self._now()
            connection.executemany(
                "INSERT INTO messages (queue_id, body, inserted_ms, visible_ms, dequeue_count, delivery)"
                " VALUES (?, ?, ?, ?, 0, 0)",
                [(number, body, now, now + delay) for body in bodies],
            )
            connection.execute("UPDATE queues SET messages = messages + ? WHERE id = ?", (len(bodies), number))

    def receive(self, queue: str, *, limit: int, visibility_s: float) -> list[QueueMessage]:
        hidden = _delay(visibility_s)
        if not self.peek(queue, limit=min(limit, 1)):  # an idle poll must not wait for writers
            return []
        with self._database.transaction() as connection:
            now = self._now()
            rows = _visible(connection, queue, now, limit)
            connection.executemany(
                "UPDATE messages SET visible_ms = ?, dequeue_count = dequeue_count + 1, delivery = delivery + 1"
                " WHERE id = ?",
                [(now + hidden, row[0]) for row in rows],
            )
        return [_message(queue, row, count=row[3] + 1, receipt=str(row[4] + 1)) for row in rows]

    def complete(self, message: QueueMessage) -> bool:
        with self._database.transaction() as connection:
            number = _held(connection, message)
            if number is None:
                return False
            connection.execute("DELETE FROM messages WHERE id = ?", (message.id,))
            connection.execute("UPDATE queues SET messages = messages - 1 WHERE id = ?", (number,))
        return True

    def postpone(self, message: QueueMessage, *, visibility_s: float) -> QueueMessage | None:
        hidden = _delay(visibility_s)
        with self._database.transaction() as connection:
            if _held(connection, message) is None:
                return None
            connection.execute(
                "UPDATE messages SET visible_ms = ?, delivery = delivery + 1 WHERE id = ?",
                (self._now() + hidden, message.id),
            )
        return QueueMessage(
            id=message.id,
            queue=message.queue,
            body=message.body,
            dequeue_count=message.dequeue_count,
            inserted_at=message.inserted_at,
            receipt=str(int(message.receipt) + 1),
        )

    def peek(self, queue: str, *, limit: int) -> list[QueueMessage]:
        check_name(queue)
        with self._database.reading() as connection:
            rows = _visible(connection, queue, self._now(), limit)
        return [_message(queue, row, count=row[3], receipt="") for row in rows]

    def depth(self, queue: str) -> Depth:
        check_name(queue)
        count = "SELECT id, messages FROM queues WHERE name = ?"
        oldest = "SELECT inserted_ms FROM messages WHERE queue_id = ? ORDER BY id LIMIT 1"
        with self._database.reading() as connection:
            row = connection.execute(count, (queue,)).fetchone()
            first = connection.execute(oldest, (row[0],)).fetchone() if row else None
        if first is None:
            return Depth(messages=0, oldest_s=0)
        return Depth(messages=row[1], oldest_s=max(0, self._now() - first[0]) / 1000)

    def recover(self) -> int:
        """
        Give back every message in flight, at once; returns how many.

        Only for the one holder of the data folder's lock, before it receives: whoever took these messages is dead.
        Delays that a sender asked for stay, and so do dequeue counts.
        """
        with self._database.transaction() as connection:
            now = self._now()
            return connection.execute(
                "UPDATE messages SET visible_ms = ?, delivery = delivery + 1"
                " WHERE dequeue_count > 0 AND visible_ms > ?",
                (now, now),
            ).rowcount

    def _now(self) -> int:
        return (self._clock.now() - _EPOCH) // _MILLISECOND


_Row = tuple[int, str, int, int, int]


def _delay(seconds: float) -> int:
    if not 0 <= seconds < math.inf:
        raise BadInput(f"{seconds!r} is not a delay: give seconds, 0 or more")
    return math.ceil(seconds * 1000)


def _number(connection: sqlite3.Connection, queue: str) -> int:
    return int(connection.execute("SELECT id FROM queues WHERE name = ?", (queue,)).fetchone()[0])


def _visible(connection: sqlite3.Connection, queue: str, now: int, limit: int) -> list[_Row]:
    query = """
        SELECT id, body, inserted_ms, dequeue_count, delivery FROM messages
        WHERE queue_id = (SELECT id FROM queues WHERE name = ?) AND visible_ms <= ?
        ORDER BY visible_ms, id LIMIT ?
    """
    return connection.execute(query, (queue, now, max(0, limit))).fetchall()


def _held(connection: sqlite3.Connection, message: QueueMessage) -> int | None:
    """Number of the message's queue, or None if its receipt is void."""
    query = "SELECT queue_id FROM messages WHERE id = ? AND CAST(delivery AS TEXT) = ?"
    row = connection.execute(query, (message.id, message.receipt)).fetchone()
    return row[0] if row else None


def _message(queue: str, row: _Row, *, count: int, receipt: str) -> QueueMessage:
    number, body, inserted_ms, _, _ = row
    return QueueMessage(
        id=str(number),
        queue=queue,
        body=body,
        dequeue_count=count,
        inserted_at=iso(_EPOCH + inserted_ms * _MILLISECOND),
        receipt=receipt,
    )
