"""Documents as items of the `documents` container, and back."""

from dataclasses import asdict
from typing import Any

from lib.adapters.azure.cosmos_container import Item
from lib.adapters.azure.cosmos_items import known
from lib.domain.documents import Anchor, Document, DocumentId, Provenance, SourceId, provenance_from

MAIN = "main"
HEARTBEAT = "heartbeat"


def main_item(document: Document, *, changed_at: str, tombstone_ttl: int) -> Item:
    """Make the `main` item of a document but for its text. A tombstone expires by itself, `tombstone_ttl` seconds."""
    item: dict[str, Any] = {
        "id": MAIN,
        "schema": 1,
        "type": MAIN,
        "document_id": document.id,
        "source_id": document.source_id,
        "version": document.version,
        "deleted": document.deleted,
        "changed_at": changed_at,
        "traceparent": document.traceparent,
        "url": document.url,
        "title": document.title,
        "content_hash": document.content_hash,
        "provenance": asdict(document.provenance),
        "language": document.language,
        "media_type": document.media_type,
        "anchors": [asdict(anchor) for anchor in document.anchors],
        "access": list(document.access),
        "aliases": list(document.aliases),
    }
    return {**item, "ttl": tombstone_ttl} if document.deleted else item


def heartbeat_item(at: str, *, version: int) -> Item:
    """Make the heartbeat: one item, in a partition of its own."""
    return {
        "id": HEARTBEAT,
        "schema": 1,
        "type": HEARTBEAT,
        "document_id": HEARTBEAT,
        "version": version,
        "deleted": False,
        "changed_at": at,
        "traceparent": "",
    }


def document_from(item: Item, text: str) -> Document:
    """Read a `main` item, with its text."""
    return Document(
        id=DocumentId(item["document_id"]),
        source_id=SourceId(item["source_id"]),
        url=item["url"],
        title=item["title"],
        text=text,
        content_hash=item["content_hash"],
        version=item["version"],
        provenance=provenance_from(known(Provenance, item["provenance"])),
        language=item["language"],
        media_type=item["media_type"],
        anchors=tuple(Anchor(**known(Anchor, anchor)) for anchor in item["anchors"]),
        access=tuple(item["access"]),
        aliases=tuple(item["aliases"]),
        deleted=item["deleted"],
        traceparent=item["traceparent"],
    )
