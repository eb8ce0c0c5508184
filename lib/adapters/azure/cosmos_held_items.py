"""What was held back, in Cosmos DB."""

import hashlib
import heapq
from collections.abc import Sequence
from dataclasses import fields
from itertools import islice
from typing import Any

from lib.adapters.azure.cosmos_container import CosmosContainer, Item, Operation, Refused
from lib.adapters.azure.cosmos_items import BATCH_OPERATIONS, known, named, pack, unpack
from lib.adapters.azure.cosmos_parts import PART_BYTES
from lib.domain.held import HeldItem, draft_from_json, draft_to_json
from lib.errors import StoreCorrupt, Unreachable

INLINE_BYTES = 100_000
"""A packed draft up to this size lies in its item. A query pays for whole items, so lists would pay for larger ones."""

_MAIN, _AFTER_MAINS = "held-", "held."
_PART = "heldpart-"
"""Part ids lie outside the range of the items: `heldpart-` sorts after `held.`."""
_ALL_MAINS = {"start": _MAIN, "end": _AFTER_MAINS}
_FACTS = tuple(field.name for field in fields(HeldItem) if field.name != "draft")
_ASKED = 200
"""Ids in one query."""
_TRIES = 8


class CosmosHeldItems:
    """
    HeldItems in the `crawl_state` container: a `held` item in the partition of its source, found by ranges of ids.

    CosmosCrawlState never meets these items: it reads by other ids, and its queries ask for properties that they do not
    have. The draft is packed; a long one lies in `heldpart` items, named after its hash, which are written before the
    item that names them. One batch then swaps that item, if nobody else has, and removes the old parts: readers meet
    the old draft or the new one. What a killed writer left goes with the next `put` of that id, or with the item.

    There are few sources: lists of all are merged from one ordered list for each, so that nothing is sorted or counted
    across partitions.
    """

    def __init__(self, *, crawl_state: CosmosContainer) -> None:
        self._crawls = crawl_state

    def put(self, items: Sequence[HeldItem]) -> None:
        for item in items:
            self._put("held_items.put", item)

    def get(self, ids: Sequence[str]) -> dict[str, HeldItem]:
        what = "held_items.get"
        found: dict[str, HeldItem] = {}
        wanted: Sequence[str] = ids
        for _ in range(_TRIES):
            mains, wanted = self._find(what, "*", wanted), []
            for main in mains:
                draft = self._draft(what, main)
                if draft is None:  # somebody wrote a newer one while we read
                    wanted.append(main["facts"]["id"])
                else:
                    found[main["facts"]["id"]] = _item(main["facts"], draft)
            if not wanted:
                return found
        raise StoreCorrupt(f"parts of the draft of held item {wanted[0]!r} are missing: discard it and crawl again")

    def list(self, *, source_id: str | None = None, after: str = "", limit: int = 100) -> list[HeldItem]:
        what = "held_items.list"
        query = "SELECT c.facts FROM c WHERE c.id > @after AND c.id < @end ORDER BY c.id"
        values = {"after": _MAIN + after, "end": _AFTER_MAINS}
        sources = self._sources(what) if source_id is None else [source_id]
        found = [self._crawls.query(what, query, values, partition=source, limit=limit) for source in sources]
        merged = heapq.merge(*found, key=lambda row: str(row["facts"]["id"]))
        return [_item(row["facts"], "") for row in islice(merged, limit)]

    def remove(self, ids: Sequence[str]) -> None:
        what = "held_items.remove"
        for found in self._find(what, "c.facts.id, c.source_id", ids):
            self._remove(what, found["id"], found["source_id"])

    def count(self) -> dict[str, int]:
        what = "held_items.count"
        query = "SELECT VALUE COUNT(1) FROM c WHERE c.id >= @start AND c.id < @end"
        counts = {
            source: sum(map(int, self._crawls.query(what, query, _ALL_MAINS, partition=source)))
            for source in self._sources(what)
        }
        return {source: count for source, count in counts.items() if count}

    def _put(self, what: str, item: HeldItem) -> None:
        main, parts = _written(item)
        for _ in range(_TRIES):
            # Looked at before the parts are written: who swaps the item from here on may take ours for old ones, but
            # then we are refused and write them again.
            etag, old = self._look(what, item.id, item.source_id)
            for part in parts:
                self._crawls.upsert(what, part)
            swap: Operation = (
                ("replace", (main["id"], main), {"if_match_etag": etag}) if etag else ("create", (main,), {})
            )
            named_now = {part["id"] for part in parts}
            if self._commit(what, swap, [part for part in old if part not in named_now], item.source_id):
                return
        raise Unreachable(f"held item {item.id!r} kept changing; nothing was written")

    def _remove(self, what: str, id_: str, source_id: str) -> None:
        for _ in range(_TRIES):
            etag, old = self._look(what, id_, source_id)
            if not etag or self._commit(what, ("delete", (_MAIN + id_,), {"if_match_etag": etag}), old, source_id):
                return
        raise Unreachable(f"held item {id_!r} kept changing; it was not removed")

    def _look(self, what: str, id_: str, source_id: str) -> tuple[str, Sequence[str]]:
        """The etag of an item ("" if there is none), and the ids of all parts under its id, whoever left them."""
        query = "SELECT c.id, c._etag FROM c WHERE c.id = @main OR (c.id > @start AND c.id < @end)"
        values = {"main": _MAIN + id_, "start": f"{_PART}{id_}-", "end": f"{_PART}{id_}."}
        etags = {row["id"]: row["_etag"] for row in self._crawls.query(what, query, values, partition=source_id)}
        return etags.pop(_MAIN + id_, ""), sorted(etags)

    def _commit(self, what: str, swap: Operation, old: Sequence[str], source_id: str) -> bool:
        """Swap the item and remove old parts in one batch; False if somebody else was faster."""
        deletes: Sequence[Operation] = [("delete", (part,), {}) for part in old]
        try:
            self._crawls.batch(what, [swap, *deletes[: BATCH_OPERATIONS - 1]], source_id)
        except Refused:
            return False
        for part in old[BATCH_OPERATIONS - 1 :]:
            self._crawls.delete(what, part, source_id)
        return True

    def _draft(self, what: str, main: Item) -> str | None:
        """The packed draft of an item; None if a part has gone."""
        named_parts = main["parts"]
        if not named_parts:
            return str(main["draft"])
        ids = [_part_id(main["facts"]["id"], named_parts["sha256"], n) for n in range(named_parts["count"])]
        read = self._crawls.read_many(what, [(part, main["source_id"]) for part in ids])
        pieces = {part["id"]: part["draft"] for part in read}
        if len(pieces) < len(ids):
            return None
        packed = "".join(pieces[part] for part in ids)
        if _digest(packed) != named_parts["sha256"]:
            raise StoreCorrupt(
                f"the parts of held item {main['facts']['id']!r} are not what was written: discard it and crawl again"
            )
        return packed

    def _find(self, what: str, selected: str, ids: Sequence[str]) -> Sequence[Item]:
        """Items with these ids, whatever their source."""
        wanted = sorted({_MAIN + id_ for id_ in ids})
        found: Sequence[Item] = []
        for start in range(0, len(wanted), _ASKED):
            names, values = named("id", wanted[start : start + _ASKED])
            query = f"SELECT {selected} FROM c WHERE c.id IN ({names})"  # noqa: S608 - our fields, names of parameters
            found = [*found, *self._crawls.query(what, query, values)]
        return found

    def _sources(self, what: str) -> Sequence[str]:
        """Sources that have held items: asked for one by one, each time for one that is not known yet."""
        sources: Sequence[str] = []
        while True:
            names, values = named("source", sources)
            others = f" AND NOT (c.source_id IN ({names}))" if sources else ""
            query = f"SELECT VALUE c.source_id FROM c WHERE c.id >= @start AND c.id < @end{others}"  # noqa: S608 - ours
            found = self._crawls.query(what, query, {**_ALL_MAINS, **values}, limit=1)
            if not found:
                return sources
            sources = [*sources, *found]


def _written(item: HeldItem) -> tuple[Item, Sequence[Item]]:
    """The item to write, and the parts to write before it."""
    packed = pack(draft_to_json(item.draft)) if item.draft else ""
    main: dict[str, Any] = {
        "id": _MAIN + item.id,
        "schema": 1,
        "type": "held",
        "source_id": item.source_id,
        "facts": {name: getattr(item, name) for name in _FACTS},
        "draft": packed,
        "parts": None,
    }
    if len(packed) <= INLINE_BYTES:
        return main, []
    digest = _digest(packed)
    parts = [
        {
            "id": _part_id(item.id, digest, n),
            "schema": 1,
            "type": "heldpart",
            "source_id": item.source_id,
            "draft": packed[start : start + PART_BYTES],
        }
        for n, start in enumerate(range(0, len(packed), PART_BYTES))
    ]
    return {**main, "draft": "", "parts": {"count": len(parts), "sha256": digest}}, parts


def _item(facts: dict[str, Any], packed: str) -> HeldItem:
    return HeldItem(**known(HeldItem, facts), draft=draft_from_json(unpack(packed)) if packed else None)


def _digest(packed: str) -> str:
    return hashlib.sha256(packed.encode("ascii")).hexdigest()


def _part_id(id_: str, digest: str, n: int) -> str:
    return f"{_PART}{id_}-{digest[:16]}-{n}"
