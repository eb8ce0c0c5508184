"""Write documents and tombstones so that no reader ever sees what it must not: deny first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lib.domain.anchors import is_place
from lib.domain.callers import Caller
from lib.domain.documents import (
    Document,
    DocumentId,
    content_hash,
    next_version,
)
from lib.domain.features import Head, Snapshot
from lib.domain.sources import Source
from lib.domain.times import milliseconds
from lib.errors import Conflict, Gone, NotFound
from lib.ports.clock import Clock
from lib.ports.document_store import DocumentStore
from lib.ports.feature_store import FeatureStore, HeadStore

_TRIES = 3
_TAKEN_OUT = ("masked", "neutralised")
"""Flags of what is no longer in a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """The ports that writing documents needs."""

    documents: DocumentStore
    heads: HeadStore
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The ports that reading stored versions needs."""

    documents: DocumentStore
    heads: HeadStore
    features: FeatureStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a document."""

    document_id: DocumentId
    version: int
    changed: bool


def store(
    drafts: Sequence[Document],
    *,
    publisher: Publisher,
    said: Mapping[DocumentId, str] | None = None,
    stored: Mapping[DocumentId, Document] | None = None,
) -> dict[DocumentId, Published]:
    """
    Write each draft as the next version of its document, unless nothing changed.

    `version` and `content_hash` of the drafts are ignored and made here. `said`: the meaning of each draft's text
    (`lib.domain.meaning`), by which it is compared: dates of its making and counters are no change. `stored`: documents
    that were just read. A document that is denied without being deleted (a delete that was cut short) gets a new
    version, which lifts the denial.
    Raises: Conflict if others keep writing the same document.
    """
    results: dict[DocumentId, Published] = {}
    todo = {draft.id: draft for draft in drafts}
    just_read = {name: document for name, document in (stored or {}).items() if name in todo}
    for _ in range(_TRIES):
        if not todo:
            return results
        stored = {**publisher.documents.get([name for name in todo if name not in just_read]), **just_read}
        just_read = {}
        heads = publisher.heads.heads(list(todo))
        now_ms = milliseconds(publisher.clock.now())
        writes: dict[DocumentId, Document] = {}
        narrowed: dict[str, dict[DocumentId, int]] = {}
        for draft in todo.values():
            before, head = stored.get(draft.id), heads.get(draft.id)
            fresh = replace(draft, content_hash=_hash(draft, said[draft.id] if said else draft.text), deleted=False)
            floor = max(before.version if before else 0, head.denied_below - 1 if head else 0)
            denied = bool(before and head and head.denied_below > before.version)
            if before and not before.deleted and before.content_hash == fresh.content_hash and not denied:
                results[draft.id] = Published(document_id=draft.id, version=before.version, changed=False)
                continue
            fresh = replace(fresh, version=next_version(floor, now_ms=now_ms))
            if before and not before.deleted and not set(before.access) <= set(fresh.access):
                narrowed.setdefault(draft.source_id, {})[draft.id] = fresh.version
            writes[draft.id] = fresh
        for source_id, versions in narrowed.items():
            publisher.heads.deny(versions, source_id=source_id)
        todo = _put(writes, stored, results, publisher)
    if todo:
        raise Conflict(f"document {next(iter(todo))!r} is being written by somebody else all the time: try again")
    return results


def retire(ids: Sequence[DocumentId], *, publisher: Publisher) -> dict[DocumentId, Published]:
    """Turn documents into tombstones: denied first, then written. Unknown and deleted ones are left as they are."""
    results: dict[DocumentId, Published] = {}
    todo = list(dict.fromkeys(ids))
    for _ in range(_TRIES):
        if not todo:
            return results
        stored = publisher.documents.get(todo)
        now_ms = milliseconds(publisher.clock.now())
        writes: dict[DocumentId, Document] = {}
        for before in stored.values():
            if before.deleted:
                results[before.id] = Published(document_id=before.id, version=before.version, changed=False)
                continue
            version = next_version(before.version, now_ms=now_ms)
            publisher.heads.deny({before.id: version}, source_id=before.source_id)
            writes[before.id] = replace(
                before, version=version, text="", title="", anchors=(), content_hash="", deleted=True
            )
        todo = list(_put(writes, stored, results, publisher))
    if todo:
        raise Conflict(f"document {todo[0]!r} is being written by somebody else all the time: try again")
    return results


def deny_wider(source: Source, *, publisher: Publisher) -> int:
    """
    Deny every document of a source that more groups may read than the source now says, until it is written anew.

    Deny first: pages that cannot be fetched again stay hidden. Returns how many were denied.
    """
    cursor: str | None = None
    count = 0
    while True:
        page = publisher.documents.scan(source_id=source.id, cursor=cursor)
        current = {change.document_id: change.version for change in page.changes if not change.deleted}
        heads = publisher.heads.heads(list(current))
        unbuilt = [name for name in current if name not in heads or not _is_built(heads[name], current[name])]
        access = {name: head.access for name, head in heads.items()}
        access |= {name: document.access for name, document in publisher.documents.get(unbuilt).items()}
        wider = {name for name, groups in access.items() if not set(groups) <= set(source.access)}
        if wider:
            publisher.heads.deny({name: current[name] + 1 for name in wider}, source_id=source.id)
        count += len(wider)
        cursor = page.cursor
        if cursor is None:
            return count


def _is_built(head: Head, version: int) -> bool:
    return any(live.version >= version for live in head.live.values())


def read_snapshot(
    document: str, *, version: int | None, cleaner: str | None, caller: Caller, library: Library
) -> Snapshot:
    """
    Read the text of a version that a citation names; without a version, of the live one.

    Who may open it is decided by the current head: a deleted document is Gone, one that the caller may not read is
    NotFound, as is a version that was never built or has expired.
    """
    wanted = DocumentId(document)
    head = library.heads.heads([wanted]).get(wanted)
    missing = NotFound(f"there is no document {document!r} that you may read")
    if head is None or not caller.may_read(head.access):
        raise missing
    live = list(head.live.values())
    newest = max((entry.version for entry in live), default=0)
    if any(entry.deleted and entry.version == newest for entry in live):
        raise Gone(f"document {document!r} was deleted at its source")
    if head.denied_below > newest:
        raise missing
    snapshot = library.features.snapshot(wanted, version=version or newest or None, cleaner=cleaner)
    if snapshot is None:
        raise NotFound(f"document {document!r} has no version {version or newest}: versions expire, see the manual")
    return snapshot


def _put(
    writes: dict[DocumentId, Document],
    stored: dict[DocumentId, Document],
    results: dict[DocumentId, Published],
    publisher: Publisher,
) -> dict[DocumentId, Document]:
    """Write; returns those that somebody else wrote first."""
    if not writes:
        return {}
    expected = {name: stored[name].version if name in stored else 0 for name in writes}
    written = publisher.documents.put(list(writes.values()), expected=expected)
    for name, draft in writes.items():
        if written[name]:
            results[name] = Published(document_id=name, version=draft.version, changed=True)
    return {name: draft for name, draft in writes.items() if not written[name]}


def _hash(document: Document, text: str) -> str:
    # A page put in before the others moves them all, and may leave the text as it was.
    pages = [f"{anchor.offset} {anchor.fragment}" for anchor in document.anchors if is_place(anchor.fragment)]
    # What was taken out may have stood where nothing is said: it must leave the store all the same.
    taken = [flag.rpartition(" ")[0] or flag for flag in document.provenance.flags if flag.startswith(_TAKEN_OUT)]
    return content_hash(
        title=document.title,
        text="\x00".join([text, *pages, *taken]),
        url=document.url,
        access=document.access,
        media_type=document.media_type,
        language=document.language,
    )
