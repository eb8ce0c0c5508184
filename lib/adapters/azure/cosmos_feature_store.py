"""Snapshots, chunks and vectors in Cosmos DB."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from lib.adapters.azure.cosmos_chunks import chunk_items, chunks_from, ids_of, runs_of, vector_id, vector_items
from lib.adapters.azure.cosmos_container import CosmosContainer, Item, Operation, Refused
from lib.adapters.azure.cosmos_items import BATCH_OPERATIONS, batches, named
from lib.adapters.azure.cosmos_snapshots import CosmosSnapshots
from lib.domain.documents import DocumentId
from lib.domain.features import ChunkId, Features, FeatureSetId, Snapshot, chunk_id
from lib.domain.times import iso
from lib.domain.vectors import Vector, from_base64
from lib.errors import NotYet, Unreachable
from lib.ports.clock import Clock

DAY_S = 86_400
YOUNG = timedelta(hours=24)
"""A vector younger than this may belong to a build that has not saved its chunks yet."""
_GUARD = "guard"
_TRIES = 50
_ASKED = 200
"""Ids in one query."""


class CosmosFeatureStore:
    """
    FeatureStore and VectorStore in the partition of each document: items `snapshot`, `chunk` (a run of chunks),
    `vector`, and one `guard`.

    More than a batch takes is written in an order that is safe to be killed in: vectors, snapshot and further runs of
    chunks first, which nobody reads without the first run; then, in one batch, the first run and the guard. A drop goes
    the other way: runs of chunks first, then vectors that no chunk uses, each batch with the guard. Whoever finds the
    guard changed by the other starts over, so no save relies on a vector that a drop has just taken away.
    A snapshot that was superseded goes `snapshot_days` later, by its TTL.
    """

    def __init__(self, *, features: CosmosContainer, clock: Clock, snapshot_days: int) -> None:
        self._features = features
        self._clock = clock
        self._snapshots = CosmosSnapshots(features, ttl=snapshot_days * DAY_S)

    def save(self, features: Features) -> None:
        _check(features)
        what, document = "features.save", features.document_id
        items = chunk_items(features)
        needed = list(dict.fromkeys(chunk.input_hash for chunk in features.chunks))
        for _ in range(_TRIES):
            guard = self._features.read(what, _GUARD, document)
            held = self._held(what, document, needed)
            missing = [key for key in needed if key not in held and key not in features.vectors]
            if missing:
                raise NotYet(
                    f"{len(missing)} vectors of document {document!r} were dropped while it was built: build it again"
                )
            now = iso(self._clock.now())
            self._write(what, document, vector_items(document, features.vectors, now, leave_out=held))
            self._snapshots.save(what, features.snapshot, now=now)
            self._write(what, document, items[1:])
            if self._commit(what, document, [("upsert", (items[0],), {})], guard):
                return  # else a build or a drop of the same document was faster
        raise Unreachable(f"the features of document {document!r} kept changing: build it again")

    def save_vectors(self, document: DocumentId, vectors: dict[str, Vector]) -> None:
        self._write("vectors.save", document, vector_items(document, vectors, iso(self._clock.now())))

    def vectors(self, document: DocumentId, hashes: Sequence[str]) -> dict[str, Vector]:
        keys = [(vector_id(key), document) for key in dict.fromkeys(hashes)]
        items = self._features.read_many("vectors.read", keys)
        return {item["input_hash"]: from_base64(item["vector"]) for item in items}

    def read(self, document: DocumentId, version: int, feature_set: FeatureSetId) -> Features | None:
        what = "features.read"
        first = self._features.read(what, ids_of(version, feature_set, 1)[0], document)
        snapshot = self._snapshots.get(what, document, version, first["cleaner"]) if first else None
        if first is None or snapshot is None:
            return None
        others = [(run, document) for run in ids_of(version, feature_set, first["runs"])[1:]]
        runs = sorted([first, *self._features.read_many(what, others)], key=lambda item: item["run"])
        if len(runs) != first["runs"]:
            return None  # dropped meanwhile
        chunks = chunks_from(runs, snapshot)
        vectors = self.vectors(document, [chunk.input_hash for chunk in chunks])
        return Features(
            document_id=document,
            version=version,
            feature_set=feature_set,
            snapshot=snapshot,
            chunks=chunks,
            vectors=vectors,
        )

    def snapshot(
        self, document: DocumentId, *, version: int | None = None, cleaner: str | None = None
    ) -> Snapshot | None:
        return self._snapshots.find("features.snapshot", document, version, cleaner)

    def drop(
        self, document: DocumentId, feature_set: FeatureSetId, *, below: int, snapshots: bool = False
    ) -> list[ChunkId]:
        what = "features.drop"
        gone: list[ChunkId] = []
        # An erasure leaves nothing of the text behind, young vectors included; otherwise these wait for the next drop.
        written_before = "9999" if snapshots else iso(self._clock.now() - YOUNG)
        for _ in range(_TRIES):
            guard = self._features.read(what, _GUARD, document)
            runs = self._features.query(what, runs_of(), {"type": "chunk"}, partition=document)
            stale = [run for run in runs if _is_stale(run, feature_set, below)]
            used = {key for run in runs if not _is_stale(run, feature_set, below) for key in run["hashes"]}
            query = "SELECT c.id, c.input_hash, c.saved_at, c._etag FROM c WHERE c.type = @type"
            vectors = self._features.query(what, query, {"type": "vector"}, partition=document)
            unused = [v for v in vectors if v["input_hash"] not in used and v["saved_at"] < written_before]
            gone += _chunk_ids(document, stale)
            first_runs_last = sorted(stale, key=lambda run: -run["run"])
            doomed: list[Operation] = [("delete", (run["id"],), {}) for run in first_runs_last]
            doomed += [("delete", (v["id"],), {"if_match_etag": v["_etag"]}) for v in unused]
            if self._delete(what, document, doomed, guard):
                break
        else:
            raise Unreachable(f"the features of document {document!r} kept changing: drop them again")
        if snapshots:
            self._snapshots.drop(what, document, below=below)
        return list(dict.fromkeys(gone))

    def stale(self, document: DocumentId, feature_set: FeatureSetId, *, below: int) -> list[ChunkId]:
        query = "SELECT c.version, c.feature_set, c.first, c.chunks FROM c WHERE c.type = @type"
        query += " AND c.feature_set = @feature_set AND c.version < @below"
        values = {"type": "chunk", "feature_set": feature_set, "below": below}
        return _chunk_ids(document, self._features.query("features.stale", query, values, partition=document))

    def purge(self, *, superseded_before: str) -> int:
        """Nothing to do: superseded snapshots carry a TTL."""
        return 0

    def _held(self, what: str, document: DocumentId, hashes: Sequence[str]) -> set[str]:
        """Which of these vectors are stored, without reading them."""
        held: set[str] = set()
        for start in range(0, len(hashes), _ASKED):
            names, values = named("id", [vector_id(key) for key in hashes[start : start + _ASKED]])
            query = f"SELECT VALUE c.input_hash FROM c WHERE c.id IN ({names})"  # noqa: S608 - names of parameters
            held.update(self._features.query(what, query, values, partition=document))
        return held

    def _write(self, what: str, document: DocumentId, items: Sequence[Item]) -> None:
        for batch in batches([item] for item in items):
            self._features.batch(what, [("upsert", (item,), {}) for item in batch], document)

    def _delete(self, what: str, document: DocumentId, doomed: Sequence[Operation], guard: Item | None) -> bool:
        """Delete as long as nobody else changes the document's features; False if somebody did."""
        room = BATCH_OPERATIONS - 1
        for start in range(0, len(doomed), room):
            guard = self._commit(what, document, doomed[start : start + room], guard)
            if guard is None:
                return False
        return True

    def _commit(
        self, what: str, document: DocumentId, operations: Sequence[Operation], guard: Item | None
    ) -> Item | None:
        """Carry out operations and change the guard; returns the guard then, or None if somebody else changed it."""
        change: Item = {
            "id": _GUARD,
            "schema": 1,
            "type": _GUARD,
            "document_id": document,
            "change": secrets.token_hex(8),
        }
        first: Operation = (
            ("replace", (_GUARD, change), {"if_match_etag": guard["_etag"]}) if guard else ("create", (change,), {})
        )
        try:
            etag = self._features.batch(what, [first, *operations], document)[0]
        except Refused:
            # Ours after all if the answer was lost and the repeat refused.
            stored = self._features.read(what, _GUARD, document)
            return stored if stored and stored["change"] == change["change"] else None
        return {**change, "_etag": etag}


def _is_stale(run: Item, feature_set: FeatureSetId, below: int) -> bool:
    return bool(run["feature_set"] == feature_set and run["version"] < below)


def _chunk_ids(document: DocumentId, runs: Sequence[Item]) -> list[ChunkId]:
    ordered = sorted(runs, key=lambda run: (run["version"], run["first"]))
    return [
        chunk_id(document, run["version"], run["feature_set"], run["first"] + n)
        for run in ordered
        for n in range(run["chunks"])
    ]


def _check(features: Features) -> None:
    document, version, snapshot = features.document_id, features.version, features.snapshot
    if (snapshot.document_id, snapshot.version) != (document, version):
        raise ValueError(f"document {document!r} version {version}: the snapshot is of another document or version")
    if [chunk.ordinal for chunk in features.chunks] != list(range(len(features.chunks))):
        raise ValueError(f"document {document!r} version {version}: chunks are not numbered 0, 1, 2 ...")
    for chunk in features.chunks:
        wanted = chunk_id(document, version, features.feature_set, chunk.ordinal)
        if chunk.id != wanted:
            raise ValueError(f"chunk {chunk.id!r} should be called {wanted!r}: make ids with chunk_id")
        if chunk.text != snapshot.text[chunk.start : chunk.end]:
            raise ValueError(f"chunk {chunk.id!r} is not what its snapshot has at {chunk.start}:{chunk.end}")
