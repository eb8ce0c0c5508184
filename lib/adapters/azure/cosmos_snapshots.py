"""Snapshots: the cleaned texts of versions, in the partition of their document."""

from lib.adapters.azure.cosmos_container import CosmosContainer, Item
from lib.adapters.azure.cosmos_items import known, safe_id, sendable, size_of
from lib.adapters.azure.cosmos_parts import LongTexts
from lib.domain.documents import DocumentId
from lib.domain.features import Snapshot
from lib.errors import StoreCorrupt

_CLEANERS = 20
"""More than ever cleaned one version."""
_FIELDS = ("url", "title", "fetched_at", "source_id", "language")


class CosmosSnapshots:
    """
    `snapshot` items, one for each version and cleaner, and `part` items for a very long text.

    A snapshot that a newer version has superseded gets a TTL, counted from then. It goes with it even if chunks of it
    are still there: those of a set that has not built the newer version in all that time.
    """

    def __init__(self, features: CosmosContainer, *, ttl: int) -> None:
        self._features = features
        self._texts = LongTexts(features)
        self._ttl = ttl

    def save(self, what: str, snapshot: Snapshot, *, now: str) -> None:
        """Write a snapshot, unless it is there already as it is; then date the ones it supersedes."""
        document = snapshot.document_id
        before = self._features.read(what, _id(snapshot.version, snapshot.cleaner), document)
        if before is None or self._read(what, before) != snapshot:
            item = {
                "id": _id(snapshot.version, snapshot.cleaner),
                "schema": 1,
                "type": "snapshot",
                "document_id": document,
                "version": snapshot.version,
                "cleaner": snapshot.cleaner,
                "saved_at": before["saved_at"] if before else now,
                **{name: getattr(snapshot, name) for name in _FIELDS},
            }
            beside = size_of(sendable(item, what))
            item.update(self._texts.put(what, document, snapshot.version, snapshot.text, beside=beside))
            self._features.upsert(what, item)
            if before:
                self._texts.remove(what, before)
        self._supersede(what, document, now)

    def get(self, what: str, document: DocumentId, version: int, cleaner: str) -> Snapshot | None:
        """The snapshot of a version by a cleaner, or None."""
        item = self._features.read(what, _id(version, cleaner), document)
        return self._read(what, item) if item else None

    def find(self, what: str, document: DocumentId, version: int | None, cleaner: str | None) -> Snapshot | None:
        """The snapshot of the newest version (or the one given) by the newest cleaner (or the one given), or None."""
        if version is not None and cleaner is not None:
            return self.get(what, document, version, cleaner)
        query = "SELECT c.version, c.cleaner, c.saved_at FROM c WHERE c.type = @type"
        values: dict[str, str | int] = {"type": "snapshot"}
        for name, value in (("version", version), ("cleaner", cleaner)):
            if value is not None:
                query, values = f"{query} AND c.{name} = @{name}", {**values, name: value}
        query += " ORDER BY c.version DESC"
        rows = self._features.query(what, query, values, partition=document, limit=_CLEANERS)
        if not rows:
            return None
        newest = max(rows, key=lambda row: (row["version"], row["saved_at"], row["cleaner"]))
        return self.get(what, document, newest["version"], newest["cleaner"])

    def drop(self, what: str, document: DocumentId, *, below: int) -> None:
        """Remove the snapshots of versions below that, texts and all."""
        query = "SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(@types, c.type) AND c.version < @below"
        values = {"types": ["snapshot", "part"], "below": below}
        for item in self._features.query(what, query, values, partition=document):
            self._features.delete(what, item, document)

    def _read(self, what: str, item: Item) -> Snapshot | None:
        text = self._texts.get(what, item)
        if text is None:
            again = self._features.read(what, item["id"], item["document_id"])
            if again is None or again["_etag"] == item["_etag"]:
                if again is None:
                    return None  # dropped meanwhile
                raise StoreCorrupt(f"parts of the snapshot of {item['document_id']!r} are missing: build it again")
            return self._read(what, again)
        return Snapshot(**known(Snapshot, {**item, "text": text, "document_id": DocumentId(item["document_id"])}))

    def _supersede(self, what: str, document: DocumentId, now: str) -> None:
        """Builds may end out of order, so the one just saved may be the superseded one."""
        query = "SELECT c.id, c.version, c.parts, c.document_id FROM c"
        query += " WHERE c.type = @type AND NOT IS_DEFINED(c.superseded_at)"
        rows = self._features.query(what, query, {"type": "snapshot"}, partition=document)
        newest = max((row["version"] for row in rows), default=0)
        for row in rows:
            if row["version"] < newest:
                ttl = {"op": "set", "path": "/ttl", "value": self._ttl}
                for part in self._texts.ids(row):
                    self._features.patch(what, part, document, [ttl])
                dated = {"op": "set", "path": "/superseded_at", "value": now}
                self._features.patch(what, row["id"], document, [dated, ttl])


def _id(version: int, cleaner: str) -> str:
    return f"snapshot-{version}-{safe_id(cleaner)}"
