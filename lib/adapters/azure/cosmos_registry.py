"""The registry in Cosmos DB."""

import secrets
from typing import Any

from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_container import Item as Stored
from lib.adapters.azure.cosmos_items import safe_id
from lib.errors import Conflict
from lib.ports.registry import Item

_TYPE = "item"


class CosmosRegistry:
    """Registry: an item in the partition of its kind, with a revision of its own and guarded by its etag."""

    def __init__(self, *, registry: CosmosContainer) -> None:
        self._registry = registry

    def get(self, kind: str, id: str) -> Item | None:
        stored = self._registry.read("registry.get", safe_id(id), kind)
        return _item(stored) if stored else None

    def put(self, kind: str, id: str, value: dict[str, Any], *, revision: int) -> Item:
        what = "registry.put"
        item = Item(kind=kind, id=id, value=value, revision=revision + 1)
        stored: Stored = {
            "id": safe_id(id),
            "schema": 1,
            "type": _TYPE,
            "kind": kind,
            "item_id": id,
            "value": value,
            "revision": item.revision,
            "write": secrets.token_hex(8),  # tells our own write, unanswered, from an equal one of somebody else
        }
        before = self._registry.read(what, stored["id"], kind) if revision else None
        if (before["revision"] if before else 0) == revision and (
            self._registry.replace(what, stored, etag=before["_etag"])
            if before
            else self._registry.create(what, stored)
        ):
            return item
        raise Conflict(f"{kind} {id!r} was written by somebody else (not revision {revision} any more): read it again")

    def list(self, kind: str) -> list[Item]:
        query = "SELECT * FROM c WHERE c.type = @type"
        found = self._registry.query("registry.list", query, {"type": _TYPE}, partition=kind)
        return sorted(map(_item, found), key=lambda item: item.id)

    def delete(self, kind: str, id: str) -> None:
        self._registry.delete("registry.delete", safe_id(id), kind)


def _item(stored: Stored) -> Item:
    return Item(kind=stored["kind"], id=stored["item_id"], value=stored["value"], revision=stored["revision"])
