"""Who may see which chunk, as both arms of the embedded index need it."""

import json
import sqlite3
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lib.adapters.local.vector_matrix import MatrixView
from lib.domain.retrieval import SearchRequest


def filtered(
    connection: sqlite3.Connection, view: MatrixView, request: SearchRequest
) -> tuple[npt.NDArray[np.bool_] | None, str]:
    """
    Turn a request's groups and sources into both arms' form: which scopes pass, and words for MATCH.

    None if everything in the index passes: then neither arm need look.
    """
    if request.groups is None and request.source_ids is None:
        return None, ""
    groups = _codes(connection, "groups", request.groups)
    sources = _codes(connection, "sources", request.source_ids)
    rows = connection.execute("SELECT code, source, groups FROM scopes").fetchall()
    allowed = np.zeros(max((row[0] for row in rows), default=0) + 1, np.bool_)
    for code, source, held in rows:
        passes = sources is None or source in sources
        allowed[code] = passes and (groups is None or not groups.isdisjoint(json.loads(held)))
    if allowed[view.scopes_in_use()].all():
        return None, ""
    condition = "".join(
        f" AND (acl : ({' OR '.join(f'{prefix}{code}' for code in sorted(codes))}))"
        for prefix, codes in (("acl", groups), ("src", sources))
        if codes
    )
    return allowed, condition


def _codes(connection: sqlite3.Connection, table: str, names: Sequence[str] | None) -> set[int] | None:
    if names is None:
        return None
    rows = connection.execute(
        f"SELECT code FROM {table} WHERE name IN (SELECT value FROM json_each(?))",  # noqa: S608  # our own two names
        (json.dumps(list(names)),),
    ).fetchall()
    return {code for (code,) in rows}


class Scopes:
    """Numbers for groups, sources and their combinations, made when first met."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, tuple[str, ...]], tuple[int, str]] = {}

    def of(self, source_id: str, access: tuple[str, ...]) -> tuple[int, str]:
        """The scope of a chunk, and the words that its column `acl` holds."""
        key = (source_id, access)
        if key not in self._known:
            source = self._code("sources", source_id)
            groups = sorted({self._code("groups", name) for name in access})
            packed = json.dumps(groups)
            insert = "INSERT OR IGNORE INTO scopes (source, groups) VALUES (?, ?)"
            self._connection.execute(insert, (source, packed))
            select = "SELECT code FROM scopes WHERE source = ? AND groups = ?"
            (scope,) = self._connection.execute(select, (source, packed)).fetchone()
            self._known[key] = scope, " ".join([*(f"acl{code}" for code in groups), f"src{source}"])
        return self._known[key]

    def _code(self, table: str, name: str) -> int:
        self._connection.execute(f"INSERT OR IGNORE INTO {table} (name) VALUES (?)", (name,))  # noqa: S608
        (code,) = self._connection.execute(f"SELECT code FROM {table} WHERE name = ?", (name,)).fetchone()  # noqa: S608
        return int(code)
