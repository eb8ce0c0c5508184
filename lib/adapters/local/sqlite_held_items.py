"""What was held back, in SQLite."""

import json
from collections.abc import Sequence
from dataclasses import fields

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_packing import known, pack_text, storable, to_json, unpack_text
from lib.domain.held import HeldItem, draft_from_json, draft_to_json

_DETAILS = tuple(field.name for field in fields(HeldItem) if field.name not in {"id", "source_id", "draft"})


class SqliteHeldItems:
    """HeldItems in one table. The draft is the last column: a list stops before it and never reads its pages."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database

    def put(self, items: Sequence[HeldItem]) -> None:
        rows = [
            (item.id, item.source_id, _details(item), pack_text(draft_to_json(item.draft)) if item.draft else b"")
            for item in items
        ]
        with self._database.transaction() as connection:
            connection.executemany("REPLACE INTO held_items (id, source_id, details, draft) VALUES (?, ?, ?, ?)", rows)

    def get(self, ids: Sequence[str]) -> dict[str, HeldItem]:
        query = """
            SELECT h.id, h.source_id, h.details, h.draft
            FROM json_each(?) AS wanted CROSS JOIN held_items AS h ON h.id = wanted.value
        """
        with self._database.reading() as connection:
            rows = connection.execute(query, (to_json(ids),)).fetchall()
            return {row[0]: _item(*row) for row in rows}

    def list(self, *, source_id: str | None = None, after: str = "", limit: int = 100) -> list[HeldItem]:
        everything = "SELECT id, source_id, details FROM held_items WHERE id > ? ORDER BY id LIMIT ?"
        of_source = """
            SELECT id, source_id, details FROM held_items WHERE source_id = ? AND id > ? ORDER BY id LIMIT ?
        """
        with self._database.reading() as connection:
            if source_id is None:
                rows = connection.execute(everything, (after, limit)).fetchall()
            else:
                rows = connection.execute(of_source, (source_id, after, limit)).fetchall()
            return [_item(*row) for row in rows]

    def remove(self, ids: Sequence[str]) -> None:
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM held_items WHERE id = ?", [(id_,) for id_ in ids])

    def count(self) -> dict[str, int]:
        query = "SELECT source_id, count(*) FROM held_items GROUP BY source_id"
        with self._database.reading() as connection:
            return dict(connection.execute(query).fetchall())


def _details(item: HeldItem) -> str:
    values = {name: getattr(item, name) for name in _DETAILS}
    return to_json(
        {"schema": 1, **{name: storable(value) if isinstance(value, str) else value for name, value in values.items()}}
    )


def _item(id_: str, source_id: str, details: str, draft: bytes = b"") -> HeldItem:
    return HeldItem(
        **known(HeldItem, json.loads(details)),
        id=id_,
        source_id=source_id,
        draft=draft_from_json(unpack_text(draft)) if draft else None,
    )
