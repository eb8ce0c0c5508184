"""What the AI Search stand-in keeps: indexes and aliases, in a folder that survives restarts."""

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from lib.adapters.local.sqlite_database import SqliteDatabase
from local.standins.faults import Faults
from local.standins.search.definitions import JSON, NAME, changed, completed
from local.standins.search.errors import Refused, no_alias, no_index
from local.standins.search.own_faults import draw
from local.standins.search.store import DocumentStore

_SCHEMA = (
    (
        "CREATE TABLE indexes (name TEXT PRIMARY KEY, file TEXT NOT NULL, etag TEXT NOT NULL, definition TEXT)",
        # `before` is what readers still see: until `due`, and for as many requests as `reads` says.
        """
        CREATE TABLE aliases (
            name TEXT PRIMARY KEY,
            etag TEXT NOT NULL,
            target TEXT NOT NULL,
            before TEXT,
            due REAL NOT NULL,
            reads INTEGER NOT NULL
        )
        """,
    ),
)


class SearchState:
    """Indexes and aliases. Safe to use from several threads."""

    def __init__(self, folder: Path, faults: Faults) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.faults = faults
        self._folder = folder
        self._catalog = SqliteDatabase(folder / "catalog.db", migrations=_SCHEMA)
        self._lock = threading.RLock()
        self._stores: dict[str, DocumentStore] = {}

    def close(self) -> None:
        """Close all files."""
        with self._lock:
            for store in self._stores.values():
                store.close()
            self._stores.clear()
            self._catalog.close()

    def indexes(self) -> list[JSON]:
        """All definitions, by name."""
        with self._catalog.reading() as connection:
            rows = connection.execute("SELECT etag, definition FROM indexes ORDER BY name").fetchall()
        return [_definition(*row) for row in rows]

    def index(self, name: str) -> JSON:
        """One definition. Raises: Refused (404)."""
        found = self._index(name)
        if found is None:
            raise no_index(name)
        return found

    def put_index(
        self, name: str, given: JSON, *, create_only: bool, if_match: str, if_none_match: str
    ) -> tuple[int, JSON]:
        """Make an index (201) or change it (200). Raises: Refused (400, 409, 412)."""
        if given.get("name") != name:
            raise Refused(400, "The index name in the URL is not that of the definition.")
        wanted = completed({part: value for part, value in given.items() if not part.startswith("@")})
        with self._lock:
            before = self._index(name)
            if before is not None and create_only:
                message = f"Cannot create index '{name}' because it already exists."
                raise Refused(409, message, code="ResourceNameAlreadyInUse", detail="CannotCreateExistingIndex")
            _check_etag(before, if_match, if_none_match)
            if before is not None:
                changed(before, wanted)
            etag = _etag()
            with self._catalog.transaction() as connection:
                connection.execute(
                    "INSERT INTO indexes VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (name) DO UPDATE SET etag = excluded.etag, definition = excluded.definition",
                    (name, f"{name}.{uuid.uuid4().hex[:8]}.db", etag, json.dumps(wanted)),
                )
            if name in self._stores:
                self._stores[name].define(wanted)
        return (201 if before is None else 200), _definition(etag, json.dumps(wanted))

    def delete_index(self, name: str) -> None:
        """Drop an index with its documents. Raises: Refused (404)."""
        with self._lock:
            self.index(name)
            path = self._path(name)
            store = self._stores.pop(name, None)
            if store:
                store.close()
            with self._catalog.transaction() as connection:
                connection.execute("DELETE FROM indexes WHERE name = ?", (name,))
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)

    def documents(self, name: str) -> DocumentStore:
        """The documents of an index, or of what an alias points at. Raises: Refused (404)."""
        with self._lock:
            definition = self._index(name)
            if definition is None:
                name = self._target(name)
                definition = self.index(name)
            if name not in self._stores:
                self._stores[name] = DocumentStore(self._path(name), definition)
            return self._stores[name]

    def aliases(self) -> list[JSON]:
        """All aliases, by name."""
        with self._catalog.reading() as connection:
            rows = connection.execute("SELECT name, etag, target FROM aliases ORDER BY name").fetchall()
        return [_alias(*row) for row in rows]

    def alias(self, name: str) -> JSON:
        """One alias, as it was set last. Raises: Refused (404)."""
        found = next((alias for alias in self.aliases() if alias["name"] == name), None)
        if found is None:
            raise no_alias(name)
        return found

    def put_alias(self, name: str, given: JSON, *, create_only: bool) -> tuple[int, JSON]:
        """
        Point an alias at one index.

        Faults: `late_aliases` (readers follow after `delay_s`) and `late_aliases:3` (after so many requests).

        Raises: Refused (400, 409).
        """
        targets = given.get("indexes")
        if given.get("name") != name or not NAME.fullmatch(name) or not isinstance(targets, list) or len(targets) != 1:
            raise Refused(400, "An alias needs a valid name and exactly one index.", code="OperationNotAllowed")
        with self._lock:
            if self._index(targets[0]) is None:
                message = f"The alias '{name}' cannot map to index '{targets[0]}', which does not exist."
                raise Refused(400, message, code="OperationNotAllowed")
            before = next((alias for alias in self.aliases() if alias["name"] == name), None)
            if before is not None and create_only:
                raise Refused(409, f"The alias '{name}' already exists.", code="ResourceNameAlreadyInUse")
            late, reads = draw(self.faults, "late_aliases") or (None, None)
            delay_s = late.delay_s if late and not reads else 0.0
            etag = _etag()
            with self._catalog.transaction() as connection:
                connection.execute(
                    "INSERT INTO aliases VALUES (?, ?, ?, NULL, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                    " etag = excluded.etag, target = excluded.target, before = target, due = excluded.due,"
                    " reads = excluded.reads",
                    (name, etag, targets[0], time.time() + delay_s, reads or 0),
                )
        return (201 if before is None else 200), _alias(name, etag, targets[0])

    def delete_alias(self, name: str) -> None:
        """Raises: Refused (404)."""
        with self._lock:
            self.alias(name)
            with self._catalog.transaction() as connection:
                connection.execute("DELETE FROM aliases WHERE name = ?", (name,))

    def _target(self, alias: str) -> str:
        """What readers of an alias see now. Raises: Refused (404)."""
        with self._catalog.transaction() as connection:
            row = connection.execute(
                "SELECT target, before, due, reads FROM aliases WHERE name = ?", (alias,)
            ).fetchone()
            connection.execute("UPDATE aliases SET reads = reads - 1 WHERE name = ? AND reads > 0", (alias,))
        if row is None:
            raise no_index(alias)
        target, before, due, reads = row
        if due <= time.time() and reads == 0:
            return str(target)
        if before is None:
            raise no_index(alias)
        return str(before)

    def _index(self, name: str) -> JSON | None:
        with self._catalog.reading() as connection:
            row = connection.execute("SELECT etag, definition FROM indexes WHERE name = ?", (name,)).fetchone()
        return _definition(*row) if row else None

    def _path(self, name: str) -> Path:
        with self._catalog.reading() as connection:
            (file,) = connection.execute("SELECT file FROM indexes WHERE name = ?", (name,)).fetchone()
        return self._folder / str(file)


def _definition(etag: str, definition: str) -> JSON:
    return {"@odata.etag": etag, **json.loads(definition)}


def _alias(name: str, etag: str, target: str) -> JSON:
    return {"@odata.etag": etag, "name": name, "indexes": [target]}


def _etag() -> str:
    return f'"0x{uuid.uuid4().hex[:15].upper()}"'


def _check_etag(before: Any, if_match: str, if_none_match: str) -> None:
    held = before["@odata.etag"] if before is not None else None
    is_stale = if_match and (held is None or if_match not in ("*", held))
    if is_stale or (if_none_match == "*" and held is not None):
        raise Refused(412, "The precondition given in one of the request headers evaluated to false.")
