"""Chat history and feedback in SQLite."""

from typing import Literal

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.ports.conversations import Exchange


class SqliteConversations:
    """Conversations in one table; every query names the owner."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database

    def append(self, exchange: Exchange) -> None:
        x = exchange
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO exchanges"
                " (owner_id, answer_id, conversation_id, at, question, answer, feedback, comment)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner_id, answer_id) DO UPDATE SET"
                " conversation_id = excluded.conversation_id, at = excluded.at, question = excluded.question,"
                " answer = excluded.answer, feedback = excluded.feedback, comment = excluded.comment",
                (x.owner_id, x.answer_id, x.conversation_id, x.at, x.question, x.answer, x.feedback, x.comment),
            )

    def read(self, owner_id: str, conversation_id: str, *, limit: int) -> list[Exchange]:
        query = """
            SELECT answer_id, question, answer, at, feedback, comment FROM exchanges
            WHERE owner_id = ? AND conversation_id = ? ORDER BY at DESC, number DESC LIMIT ?
        """
        with self._database.reading() as connection:
            rows = connection.execute(query, (owner_id, conversation_id, limit)).fetchall()
        return [
            Exchange(
                owner_id=owner_id,
                conversation_id=conversation_id,
                answer_id=answer_id,
                question=question,
                answer=answer,
                at=at,
                feedback=feedback,
                comment=comment,
            )
            for answer_id, question, answer, at, feedback, comment in reversed(rows)
        ]

    def give_feedback(self, owner_id: str, answer_id: str, *, feedback: Literal["up", "down"], comment: str) -> bool:
        statement = "UPDATE exchanges SET feedback = ?, comment = ? WHERE owner_id = ? AND answer_id = ?"
        with self._database.transaction() as connection:
            return connection.execute(statement, (feedback, comment, owner_id, answer_id)).rowcount == 1

    def purge(self, *, before: str) -> int:
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM exchanges WHERE at < ?", (before,)).rowcount
