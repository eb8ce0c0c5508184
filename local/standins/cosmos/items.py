"""Operations on items. All of them run in a transaction, which a batch shares among its operations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local.standins.cosmos import partition_keys, rids
from local.standins.cosmos.errors import already_exists, bad_request, item_not_found, precondition_failed, too_large
from local.standins.cosmos.patch import patched
from local.standins.cosmos.state import CosmosState
from local.standins.cosmos.storage import Container, Row
from local.standins.cosmos.values import dump

MAX_ITEM = 2 * 1_024 * 1_024
LONGEST_ID = 1_023
DEEPEST = 128
_SYSTEM = ("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn")
_NOT_IN_IDS = frozenset("/\\?#")
Kind = Literal["Create", "Upsert", "Read", "Replace", "Delete", "Patch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    One operation on one item.

    key: the values of its partition key, as the request gave them. body: of an item, or of a patch.
    """

    kind: Kind
    key: list[Any]
    id: str = ""
    body: Any = None
    if_match: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an operation did: its status, and the item as it is now (None: gone)."""

    status: int
    row: Row | None
    size: int = 0
    """Bytes of the item read, written or deleted."""


class Transaction:
    """Applies operations; use it inside `storage.write()`. All writes of one transaction have one place in the feed."""

    def __init__(self, state: CosmosState, container: Container) -> None:
        self._state = state
        self._container = container
        self._now = state.clock()
        self._lsn: int | None = None

    def apply(self, operation: Operation) -> Outcome:
        """Raises: CosmosError."""
        if operation.kind in {"Create", "Upsert", "Replace"}:
            return self._put(operation)
        partition, id_, row = self._find(operation, operation.id)
        if row is None:
            raise item_not_found()
        if operation.kind == "Read":
            if operation.if_none_match and operation.if_none_match in {"*", row.etag}:
                return Outcome(status=304, row=row)
            return Outcome(status=200, row=row, size=len(row.body))
        _check_match(operation, row)
        if operation.kind == "Delete":
            self._state.shadows.remember(self._container, partition, id_, row)
            self._number()
            self._state.storage.forget(self._container, partition, id_)
            return Outcome(status=204, row=None, size=len(row.body))
        document = patched(json.loads(row.body), operation.body, self._container.paths)
        return self._write(200, document, operation.key, row)

    def _put(self, operation: Operation) -> Outcome:
        document = checked(operation.body)
        key = partition_keys.of_document(document, self._container.paths)
        partition_keys.check_same(key, operation.key)
        _, _, row = self._find(operation, operation.id or document["id"])
        if operation.kind == "Replace":
            if row is None:
                raise item_not_found()
            if row.id != document["id"]:
                raise bad_request("Replacing an item cannot change its id.")
        elif row and (operation.kind == "Create" or operation.if_none_match == "*"):
            raise already_exists()
        if row:
            _check_match(operation, row)
        return self._write(200 if row else 201, document, operation.key, row)

    def _find(self, operation: Operation, id_: str) -> tuple[str, str, Row | None]:
        partition = partition_keys.text(operation.key)
        row = self._state.storage.row(self._container, partition, id_, now=self._now)
        return partition, id_, row

    def _number(self) -> tuple[int, int]:
        storage, container = self._state.storage, self._container
        if self._lsn is None:
            self._lsn = storage.next_lsn(container)
            if container.default_ttl is not None:
                storage.sweep(container, now=self._now)
        return self._lsn, storage.next_write(container)

    def _write(self, status: int, document: dict[str, Any], key: list[Any], row: Row | None) -> Outcome:
        container, partition = self._container, partition_keys.text(key)
        lsn, write = self._number()
        serial = row.serial if row else write
        rid = rids.item_rid(container.rid, serial)
        owner = f"dbs/{rids.database_rid(container.database)}/colls/{container.rid}"
        etag = f'"{write:08x}-0000-{container.number:04x}-0000-{int(self._now):08x}0000"'
        plain = {name: value for name, value in document.items() if name not in _SYSTEM}
        whole = {
            **plain,
            "_rid": rid,
            "_self": f"{owner}/docs/{rid}/",
            "_etag": etag,
            "_attachments": "attachments/",
            "_ts": int(self._now),
        }
        body = dump(whole)
        _check_size(body)
        self._state.shadows.remember(container, partition, document["id"], row)
        ttl, epk = document.get("ttl"), partition_keys.effective(key, container.kind)
        new = Row(partition, document["id"], serial, epk, body, etag, int(self._now), ttl, lsn, write)
        self._state.storage.save(container, new)
        return Outcome(status=status, row=new, size=len(body))


def read(state: CosmosState, container: Container, operation: Operation, *, lag_s: float | None = None) -> Outcome:
    """
    A point read, outside any transaction. lag_s: it sees the item as it was so long ago.

    Raises: CosmosError 404.
    """
    partition = partition_keys.text(operation.key)
    row = state.storage.row(container, partition, operation.id, now=state.clock())
    if lag_s is not None:
        row = state.shadows.old(container, row, partition, operation.id, lag_s=lag_s)
    if row is None:
        raise item_not_found()
    if operation.if_none_match and operation.if_none_match in {"*", row.etag}:
        return Outcome(status=304, row=row)
    return Outcome(status=200, row=row, size=len(row.body))


def checked(document: Any) -> dict[str, Any]:
    """An item that may be stored. Raises: CosmosError 400 or 413."""
    if not isinstance(document, dict):
        raise bad_request("The item is not a JSON object.")
    id_ = document.get("id")
    if not isinstance(id_, str) or not id_ or len(id_.encode("utf-8", "replace")) > LONGEST_ID:
        raise bad_request(f"The input content is invalid: 'id' must be a string of 1 to {LONGEST_ID} bytes.")
    if _NOT_IN_IDS & set(id_) or id_.endswith(" "):
        raise bad_request("The id of an item has none of / \\ ? # and no space at its end.")
    ttl = document.get("ttl")
    if ttl is not None and (not isinstance(ttl, int) or isinstance(ttl, bool) or (ttl != -1 and ttl < 1)):
        raise bad_request(f"The input ttl {ttl!r} is invalid. Ensure to provide a nonzero positive integer or -1.")
    if _depth(document) > DEEPEST:
        raise bad_request(f"The item is nested deeper than {DEEPEST} levels.")
    try:
        _check_size(dump(document))
    except ValueError as error:
        raise bad_request("The item has a number that JSON cannot hold, or text that is not valid Unicode.") from error
    return document


def _check_match(operation: Operation, row: Row) -> None:
    if operation.if_match and operation.if_match not in {"*", row.etag}:
        raise precondition_failed()


def _check_size(body: str) -> None:
    if len(body.encode()) > MAX_ITEM:
        raise too_large()


def _depth(value: Any) -> int:
    """Levels of nesting, without recursion: the depth is the client's."""
    level, nested = 0, [value]
    while nested := [item for item in nested if isinstance(item, Mapping | list)]:
        level += 1
        nested = [x for item in nested for x in (item.values() if isinstance(item, Mapping) else item)]
    return level
