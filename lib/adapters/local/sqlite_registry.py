"""The registry in SQLite."""

import json
from typing import Any

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_packing import to_json
from lib.errors import Conflict
from lib.ports.registry import Item


class SqliteRegistry:
    """Registry in one table."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database

    def get(self, kind: str, id: str) -> Item | None:
        query = "SELECT kind, id, value, revision FROM registry WHERE kind = ? AND id = ?"
        with self._database.reading() as connection:
            row = connection.execute(query, (kind, id)).fetchone()
            return _item(row) if row else None

    def put(self, kind: str, id: str, value: dict[str, Any], *, revision: int) -> Item:
        packed = to_json(value)
        with self._database.transaction() as connection:
            row = connection.execute("SELECT revision FROM registry WHERE kind = ? AND id = ?", (kind, id)).fetchone()
            stored = row[0] if row else 0
            if stored != revision:
                raise Conflict(
                    f"{kind} {id!r} was written by somebody else (revision {stored}, not {revision}): read it again"
                )
            connection.execute(
                "INSERT INTO registry (kind, id, revision, value) VALUES (?, ?, ?, ?) ON CONFLICT (kind, id)"
                " DO UPDATE SET revision = excluded.revision, value = excluded.value",
                (kind, id, stored + 1, packed),
            )
        return Item(kind=kind, id=id, value=json.loads(packed), revision=stored + 1)

    def list(self, kind: str) -> list[Item]:
        query = "SELECT kind, id, value, revision FROM registry WHERE kind = ? ORDER BY id"
        with self._database.reading() as connection:
            return [_item(row) for row in connection.execute(query, (kind,)).fetchall()]

    def delete(self, kind: str, id: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM registry WHERE kind = ? AND id = ?", (kind, id))


def _item(row: tuple[str, str, str, int]) -> Item:
    kind, id_, value, revision = row
    return Item(kind=kind, id=id_, value=json.loads(value), revision=revision)
