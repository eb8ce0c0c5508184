"""Documents in Cosmos DB: the truth."""

import json
from collections.abc import Sequence
from contextlib import suppress

from lib.adapters.azure.cosmos_container import CosmosContainer, Item, Operation, Refused
from lib.adapters.azure.cosmos_document_items import MAIN, document_from, heartbeat_item, main_item
from lib.adapters.azure.cosmos_items import BATCH_OPERATIONS, sendable, size_of
from lib.adapters.azure.cosmos_parts import LongTexts
from lib.adapters.azure.cosmos_totals import CosmosTotals
from lib.domain.changes import change_from_item
from lib.domain.documents import Document, DocumentId, Totals
from lib.domain.times import iso, milliseconds, parse_iso
from lib.errors import StoreCorrupt, Transient, Unreachable
from lib.ports.clock import Clock
from lib.ports.document_store import ScanPage, check_put

DAY_S = 86_400
_TRIES = 8

_Moves = dict[str, tuple[int, int]]


class CosmosDocumentStore:
    """
    DocumentStore: one `main` item for each document, guarded by its etag, and `part` items for a very long text.

    Parts are written before `main` names them, and leave in the batch that replaces it: readers meet one version or the
    other. A kill in between leaves parts that no `main` names; the next long version or the tombstone takes them along.
    Totals: see CosmosTotals for how exact they are. A tombstone expires `tombstone_days` after it was written.
    """

    def __init__(
        self, *, documents: CosmosContainer, registry: CosmosContainer, clock: Clock, tombstone_days: int
    ) -> None:
        self._documents = documents
        self._texts = LongTexts(documents)
        self._totals = CosmosTotals(registry)
        self._clock = clock
        self._tombstone_ttl = tombstone_days * DAY_S

    def get(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Document]:
        what = "documents.get"
        found: dict[DocumentId, Document] = {}
        wanted = list(dict.fromkeys(ids))
        for _ in range(_TRIES):
            mains = self._documents.read_many(what, [(MAIN, document) for document in wanted])
            wanted = []
            for item in mains:
                text = self._texts.get(what, item)
                if text is None:  # a newer version was written while we read
                    wanted.append(DocumentId(item["document_id"]))
                else:
                    found[DocumentId(item["document_id"])] = document_from(item, text)
            if not wanted:
                return found
        raise StoreCorrupt(f"parts of the text of {wanted[0]!r} are missing: restore the container to a point in time")

    def put(self, documents: Sequence[Document], *, expected: dict[DocumentId, int]) -> dict[DocumentId, bool]:
        check_put(documents, expected)
        what = "documents.put"
        changed = [(MAIN, document.id) for document in documents if expected[document.id]]
        stored = {item["document_id"]: item for item in self._documents.read_many(what, changed)}
        written: dict[DocumentId, bool] = {}
        moves: _Moves = {}
        try:
            for document in documents:
                before = stored.get(document.id)
                if (before["version"] if before else 0) != expected[document.id]:
                    written[document.id] = False
                    continue
                written[document.id] = self._write(document, before)
                if written[document.id]:
                    _count(moves, before, document)
        finally:
            self._totals.add(moves)
        return written

    def scan(self, *, source_id: str | None = None, cursor: str | None = None, limit: int = 500) -> ScanPage:
        what = "documents.scan"
        fields = "c.type, c.document_id, c.version, c.deleted, c.changed_at, c.traceparent, c.source_id"
        values = {"type": MAIN}
        where = "c.type = @type"
        if source_id is not None:
            where, values["source"] = f"{where} AND c.source_id = @source", source_id
        place = json.loads(cursor) if cursor else {}
        if not cursor and source_id is None:
            place = {"before": {source: count.changes for source, count in self._totals.read().items()}, "seen": {}}
        rows, after = self._documents.page(
            what,
            f"SELECT {fields} FROM c WHERE {where}",  # noqa: S608 - fields and conditions are ours
            values,
            limit=limit,
            after=place.get("at"),
        )
        if "seen" in place:
            for row in rows:
                place["seen"][row["source_id"]] = place["seen"].get(row["source_id"], 0) + (not row["deleted"])
            if after is None:
                with suppress(Transient):  # the next pass will do
                    self._totals.settle(place["before"], place["seen"])
        changes = [change for row in rows if (change := change_from_item(row))]
        return ScanPage(changes=changes, cursor=json.dumps({**place, "at": after}) if after else None)

    def totals(self) -> Totals:
        by_source = {source: count.live for source, count in sorted(self._totals.read().items()) if count.live > 0}
        return Totals(documents=sum(by_source.values()), by_source=by_source)

    def heartbeat(self, at: str) -> None:
        self._documents.upsert("documents.heartbeat", heartbeat_item(at, version=milliseconds(parse_iso(at))))

    def purge(self, *, deleted_before: str) -> int:
        """Nothing to do: tombstones carry a TTL."""
        return 0

    def _write(self, document: Document, before: Item | None) -> bool:
        what = "documents.put"
        item = main_item(document, changed_at=iso(self._clock.now()), tombstone_ttl=self._tombstone_ttl)
        beside = size_of(sendable(item, what))
        item.update(self._texts.put(what, document.id, document.version, document.text, beside=beside))
        if before is None:
            was_written = self._documents.create(what, item)
        elif before.get("parts") or item["parts"] or document.deleted:
            was_written = self._replace_with_parts(what, item, before)
        else:
            was_written = self._documents.replace(what, item, etag=before["_etag"])
        if not was_written:
            with suppress(Transient):  # they are in nobody's way
                self._texts.remove(what, item)
        return was_written

    def _replace_with_parts(self, what: str, item: Item, before: Item) -> bool:
        """Replace `main` and remove the parts of older versions in one batch, those of killed writers too."""
        document = item["document_id"]
        query = "SELECT VALUE c.id FROM c WHERE c.type = @type AND c.version < @version"
        for _ in range(_TRIES):
            old = self._documents.query(what, query, {"type": "part", "version": item["version"]}, partition=document)
            operations: list[Operation] = [("replace", (MAIN, item), {"if_match_etag": before["_etag"]})]
            operations += [("delete", (part,), {}) for part in old[: BATCH_OPERATIONS - 1]]
            try:
                self._documents.batch(what, operations, document)
            except Refused as refused:
                if refused.index:
                    continue  # a writer that lost has just removed its own parts
                if not self._documents.holds(what, item):
                    return False
            for part in old[BATCH_OPERATIONS - 1 :]:
                self._documents.delete(what, part, document)
            return True
        raise Unreachable(f"document {document!r}: its old parts kept changing; nothing was written")


def _count(moves: _Moves, before: Item | None, document: Document) -> None:
    left = before["source_id"] if before and not before["deleted"] else None
    came = document.source_id if not document.deleted else None
    if left == came:
        return
    for source, by in ((left, -1), (came, 1)):
        if source is not None:
            total, moved = moves.get(source, (0, 0))
            moves[source] = (total + by, moved + 1)
