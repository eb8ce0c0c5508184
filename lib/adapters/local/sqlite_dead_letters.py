"""Dead letters in SQLite."""

from collections.abc import Sequence

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_packing import storable, to_json
from lib.ports.dead_letters import DeadLetter


class SqliteDeadLetters:
    """DeadLetters in one table; those set aside have indexes of their own."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database

    def save(self, letters: Sequence[DeadLetter]) -> None:
        with self._database.transaction() as connection:
            connection.executemany(
                "REPLACE INTO dead_letters (id, queue, body, reason, attempts, first_at, last_at, set_aside)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        x.id,
                        x.queue,
                        storable(x.body),
                        storable(x.reason),
                        x.attempts,
                        x.first_at,
                        x.last_at,
                        x.set_aside,
                    )
                    for x in letters
                ],
            )

    def get(self, ids: Sequence[str]) -> dict[str, DeadLetter]:
        query = """
            SELECT d.id, d.queue, d.body, d.reason, d.attempts, d.first_at, d.last_at, d.set_aside
            FROM json_each(?) AS wanted CROSS JOIN dead_letters AS d ON d.id = wanted.value
        """
        with self._database.reading() as connection:
            rows = connection.execute(query, (to_json(ids),)).fetchall()
        return {row[0]: _letter(row) for row in rows}

    def list(self, *, queue: str | None = None, after: str = "", limit: int = 100) -> list[DeadLetter]:
        everything = """
            SELECT id, queue, body, reason, attempts, first_at, last_at, set_aside FROM dead_letters
            WHERE set_aside AND id > ? ORDER BY id LIMIT ?
        """
        of_queue = """
            SELECT id, queue, body, reason, attempts, first_at, last_at, set_aside FROM dead_letters
            WHERE set_aside AND queue = ? AND id > ? ORDER BY id LIMIT ?
        """
        with self._database.reading() as connection:
            if queue is None:
                rows = connection.execute(everything, (after, limit)).fetchall()
            else:
                rows = connection.execute(of_queue, (queue, after, limit)).fetchall()
        return [_letter(row) for row in rows]

    def remove(self, ids: Sequence[str]) -> None:
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM dead_letters WHERE id = ?", [(id_,) for id_ in ids])

    def count(self) -> int:
        query = "SELECT count(*) FROM dead_letters WHERE set_aside"
        with self._database.reading() as connection:
            return int(connection.execute(query).fetchone()[0])


def _letter(row: tuple[str, str, str, str, int, str, str, int]) -> DeadLetter:
    id_, queue, body, reason, attempts, first_at, last_at, set_aside = row
    return DeadLetter(
        id=id_,
        queue=queue,
        body=body,
        reason=reason,
        attempts=attempts,
        first_at=first_at,
        last_at=last_at,
        set_aside=bool(set_aside),
    )
