"""Changes as items of the documents container: what a Cosmos DB trigger delivers."""

from collections.abc import Mapping
from typing import Any

from lib.domain.documents import DocumentChange, DocumentId


def change_from_item(item: Mapping[str, Any]) -> DocumentChange | None:
    """Read a changed item; None for what the relay leaves alone: `part` items, and anything of another shape."""
    kind, version = item.get("type"), item.get("version", 0)
    if (
        kind not in ("main", "heartbeat")
        or not isinstance(item.get("document_id"), str)
        or not isinstance(version, int)
    ):
        return None
    return DocumentChange(
        document_id=DocumentId(item["document_id"]),
        version=version,
        deleted=bool(item.get("deleted", False)),
        changed_at=str(item.get("changed_at", "")),
        traceparent=str(item.get("traceparent", "")),
        kind="heartbeat" if kind == "heartbeat" else "document",
    )


def change_to_item(change: DocumentChange) -> dict[str, Any]:
    """Write a change the way the trigger delivers it, for a local host."""
    return {
        "id": "main",
        "schema": 1,
        "type": "heartbeat" if change.kind == "heartbeat" else "main",
        "document_id": change.document_id,
        "version": change.version,
        "deleted": change.deleted,
        "changed_at": change.changed_at,
        "traceparent": change.traceparent,
    }
