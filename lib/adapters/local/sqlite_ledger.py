"""The ledger in SQLite."""

import json
from collections.abc import Sequence

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_packing import to_json
from lib.ports.ledger import Fact


class SqliteLedger:
    """Ledger in one table; facts of the same time keep the order they were written in."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database

    def append(self, facts: Sequence[Fact]) -> None:
        rows = [(fact.subject_id, fact.id, fact.kind, fact.at, to_json(fact.facts)) for fact in facts]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO ledger (subject_id, id, kind, at, facts) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (subject_id, id) DO NOTHING",
                rows,
            )

    def read(self, subject_id: str, *, limit: int = 200) -> list[Fact]:
        query = """
            SELECT subject_id, id, kind, at, facts FROM ledger WHERE subject_id = ?
            ORDER BY at DESC, number DESC LIMIT ?
        """
        with self._database.reading() as connection:
            rows = connection.execute(query, (subject_id, limit)).fetchall()
            return [
                Fact(id=id_, subject_id=subject, kind=kind, at=at, facts=json.loads(facts))
                for subject, id_, kind, at, facts in rows
            ]

    def erase(self, subject_id: str, *, keep_kinds: Sequence[str]) -> int:
        statement = "DELETE FROM ledger WHERE subject_id = ? AND kind NOT IN (SELECT value FROM json_each(?))"
        with self._database.transaction() as connection:
            return connection.execute(statement, (subject_id, to_json(keep_kinds))).rowcount
