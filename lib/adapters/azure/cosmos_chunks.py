"""Chunks and vectors as items of the `features` container, and back."""

from collections.abc import Collection, Mapping, Sequence

from lib.adapters.azure.cosmos_container import Item
from lib.domain.documents import DocumentId
from lib.domain.features import Chunk, Features, FeatureSetId, Snapshot, chunk_id
from lib.domain.vectors import Vector, to_base64

RUN = 200
"""Chunks in one item: a write is charged by the item and the kilobyte, and a chunk without its text is 0.2 kB."""


def chunk_items(features: Features) -> list[Item]:
    """Make the runs of chunks of one build; the first is always there, and says how many there are."""
    starts = range(0, len(features.chunks), RUN) or range(1)
    names = ids_of(features.version, features.feature_set, len(starts))
    items = []
    for run, (name, start) in enumerate(zip(names, starts, strict=True)):
        chunks = features.chunks[start : start + RUN]
        item: Item = {
            "id": name,
            "schema": 1,
            "type": "chunk",
            "document_id": features.document_id,
            "version": features.version,
            "feature_set": features.feature_set,
            "cleaner": features.snapshot.cleaner,
            "run": run,
            "runs": len(starts),
            "first": start,
            "chunks": len(chunks),
            "spans": [[chunk.start, chunk.end, chunk.heading] for chunk in chunks],
            "hashes": [chunk.input_hash for chunk in chunks],
        }
        if any(chunk.fragment for chunk in chunks):  # beside the spans, so that an older app reads those still
            item["fragments"] = [chunk.fragment for chunk in chunks]
        items.append(item)
    return items


def ids_of(version: int, feature_set: FeatureSetId, runs: int) -> list[str]:
    """Ids of the runs of one build."""
    return [f"chunk-{feature_set}-{version}-{run}" for run in range(runs)]


def runs_of() -> str:
    """Query for all runs of a document, with what a drop asks for."""
    return "SELECT c.id, c.version, c.feature_set, c.run, c.first, c.chunks, c.hashes FROM c WHERE c.type = @type"


def chunks_from(runs: Sequence[Item], snapshot: Snapshot) -> tuple[Chunk, ...]:
    """Read the runs of one build, in their order."""
    return tuple(
        Chunk(
            id=chunk_id(snapshot.document_id, run["version"], run["feature_set"], run["first"] + n),
            document_id=snapshot.document_id,
            version=run["version"],
            ordinal=run["first"] + n,
            start=start,
            end=end,
            text=snapshot.text[start:end],
            heading=heading,
            input_hash=run["hashes"][n],
            fragment=run["fragments"][n] if "fragments" in run else "",
        )
        for run in runs
        for n, (start, end, heading) in enumerate(run["spans"])
    )


def vector_id(input_hash: str) -> str:
    """Id of a vector in the partition of its document."""
    return f"vector-{input_hash}"


def vector_items(
    document: DocumentId, vectors: Mapping[str, Vector], saved_at: str, *, leave_out: Collection[str] = ()
) -> list[Item]:
    """Make the items of vectors: base64 of little-endian float16, as `lib.domain.vectors` packs them."""
    return [
        {
            "id": vector_id(key),
            "schema": 1,
            "type": "vector",
            "document_id": document,
            "input_hash": key,
            "saved_at": saved_at,
            "vector": to_base64(vector),
        }
        for key, vector in vectors.items()
        if key not in leave_out
    ]
