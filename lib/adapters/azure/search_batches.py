"""Batches: documents go to AI Search many at a time, and each one's own result counts."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from azure.search.documents import IndexDocumentsBatch, RequestEntityTooLargeError, SearchClient

from lib.adapters.azure.search_clients import SearchClients
from lib.adapters.azure.search_errors import WRITER, failed_documents, translated
from lib.adapters.azure.search_fields import KEY, VECTOR
from lib.errors import BadInput

MOST_DOCUMENTS = 1_000
MOST_BYTES = 15_000_000
"""The service takes 16 MB; sizes are counted from above, but without the envelope."""
NUMBER_BYTES = 12
"""Sign, point, 8 digits, a comma and a space: no number of a vector is longer."""
ATTEMPTS = 3
PAUSE_S = 0.1
"""Before the second attempt; twice that before the third. What takes longer goes back to the queue."""
_PASSING = frozenset({409, 422, 429, 500, 503})
"""What a single document may meet that passes: another writer, a busy index, a busy service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large a batch may be."""

    documents: int = MOST_DOCUMENTS
    size_bytes: int = MOST_BYTES


def send(
    client: SearchClient,
    action: Literal["upload", "delete"],
    documents: Sequence[dict[str, Any]],
    *,
    what: str,
    limits: Limits,
) -> None:
    """
    Upload or delete documents; each one is done when it returns.

    A document that fails for a passing reason is sent again alone, at most ATTEMPTS times in all.
    Raises: Throttled, Unreachable; BadInput naming a chunk that cannot be stored; NotFound; Permanent.
    """
    for batch in _batches(documents, limits):
        _send(client, action, batch, what)


def _batches(documents: Sequence[dict[str, Any]], limits: Limits) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for document in documents:
        more = _size_bytes(document)
        if batch and (len(batch) >= limits.documents or size + more > limits.size_bytes):
            yield batch
            batch, size = [], 0
        batch.append(document)
        size += more
    if batch:
        yield batch


def _size_bytes(document: dict[str, Any]) -> int:
    """At most so many bytes of JSON."""
    texts = {name: value for name, value in document.items() if name != VECTOR}
    return len(json.dumps(texts)) + NUMBER_BYTES * len(document.get(VECTOR, ())) + 50


def _send(client: SearchClient, action: str, batch: list[dict[str, Any]], what: str) -> None:
    waiting = batch
    failed: dict[str, int] = {}
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S * attempt)
        with translated(what, role=WRITER):
            failed = _failed(client, action, waiting, what)
        if not _PASSING.issuperset(failed.values()):
            break
        waiting = [document for document in waiting if document[KEY] in failed]
        if not waiting:
            return
    raise failed_documents(failed, what=what)


def _failed(client: SearchClient, action: str, documents: list[dict[str, Any]], what: str) -> dict[str, int]:
    """Send once; the status of each document that failed. One that the answer leaves out counts as failed."""
    batch = IndexDocumentsBatch()
    add = batch.add_upload_actions if action == "upload" else batch.add_delete_actions
    add(documents)
    try:
        results = client.index_documents(batch, **SearchClients.RETRIES)
    except RequestEntityTooLargeError as error:
        if len(documents) == 1:
            raise BadInput(f"{what}: chunk {documents[0][KEY]!r} is larger than AI Search takes") from error
        # The SDK has halved the batch too, but does not say which document was too large.
        half = len(documents) // 2
        first = _failed(client, action, documents[:half], what)
        return first | _failed(client, action, documents[half:], what)
    found = {result.key: 200 if result.succeeded else result.status_code for result in results}
    statuses = {document[KEY]: found.get(document[KEY], 500) for document in documents}
    return {key: status for key, status in statuses.items() if status >= 300}
