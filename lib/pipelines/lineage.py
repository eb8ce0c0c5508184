"""LINEAGE: where a document came from, and what became of it."""

from dataclasses import asdict, fields
from typing import Any

from lib.domain.documents import Document, DocumentId
from lib.errors import NotFound
from lib.ports.document_store import DocumentStore
from lib.ports.ledger import Ledger

_TEXTS = ("text", "anchors", "traceparent")
_FACTS = 200


def lineage(document: str, *, documents: DocumentStore, ledger: Ledger) -> dict[str, Any]:
    """
    The record of a document without its text, and the ledger's facts about it, newest first, 200 at most.

    A tombstone has its record too. Raises: NotFound.
    """
    wanted = DocumentId(document)
    found = documents.get([wanted]).get(wanted)
    if found is None:
        raise NotFound(f"there is no document {document!r}")
    record = {f.name: getattr(found, f.name) for f in fields(Document) if f.name not in _TEXTS}
    record |= {"provenance": asdict(found.provenance), "characters": len(found.text)}
    history = [{"at": fact.at, "kind": fact.kind, "facts": fact.facts} for fact in ledger.read(wanted, limit=_FACTS)]
    return {**record, "history": history}
