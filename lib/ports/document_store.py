"""Where documents live: the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lib.domain.documents import Document, DocumentChange, DocumentId, Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPage:
    """A page of a scan."""

    changes: list[DocumentChange]
    """Id, version and tombstone mark of each document; never text."""
    cursor: str | None
    """Where the next page starts; None after the last one."""


class DocumentStore(Protocol):
    """
    Current versions of documents and their tombstones, keyed by id.

    Each write shows up in the change feed, after every write that was acknowledged before it.
    Safe to call from several threads and processes. Raises StorageFull and Unreachable as Transient errors.
    """

    def get(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Document]:
        """Read documents and tombstones with their text. Unknown ids are left out."""

    def put(self, documents: Sequence[Document], *, expected: dict[DocumentId, int]) -> dict[DocumentId, bool]:
        """
        Write each document whose stored version still is the expected one (0: it is not stored yet).

        Tombstones are written the same way: `deleted` and an empty text. Each document succeeds or fails alone; the
        result says which were written. False means that somebody wrote first: read again and decide anew.
        Acknowledged means durable: it survives a kill at the next line.
        Raises: ValueError if a new version is not greater than the expected one, an id is not in `expected`, or an id
        comes twice (then nothing is written).
        """

    def scan(self, *, source_id: str | None = None, cursor: str | None = None, limit: int = 500) -> ScanPage:
        """
        Page through all documents and tombstones, or those of one source, in an order that stays.

        A document that is there throughout the scan is seen at least once.
        """

    def totals(self) -> Totals:
        """Live documents, in all and by source, without reading them all."""

    def heartbeat(self, at: str) -> None:
        """Write the heartbeat item, which rides the change feed as a change of kind `heartbeat` with `changed_at`."""

    def purge(self, *, deleted_before: str) -> int:
        """Drop tombstones written before that time; returns how many. (Stores with a TTL do it themselves.)"""


def check_put(documents: Sequence[Document], expected: dict[DocumentId, int]) -> None:
    """Raises: ValueError if a call of `put` is wrong, see there."""
    seen = set()
    for document in documents:
        if document.id not in expected:
            raise ValueError(f"document {document.id!r} has no expected version: give 0 for a new document")
        if document.version <= expected[document.id]:
            raise ValueError(
                f"document {document.id!r}: version {document.version} is not greater than the expected"
                f" {expected[document.id]}: make it with next_version"
            )
        if document.id in seen:
            raise ValueError(f"document {document.id!r} comes twice: only one version can be written in one call")
        seen.add(document.id)
