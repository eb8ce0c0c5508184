"""Build the features of a document: clean, chunk, embed what is new, save, index, flip the head, drop the old."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from lib.domain.anchors import with_fragment
from lib.domain.documents import Document, DocumentId
from lib.domain.features import (
    Chunk,
    Features,
    FeatureSet,
    Head,
    Live,
    Recipe,
)
from lib.domain.messages import BuildMessage
from lib.domain.times import iso, parse_iso
from lib.domain.vectors import Vector
from lib.errors import NotConfigured, NotYet, PlumblineError, StorageFull, Throttled, Transient
from lib.pipelines.feature_sets import get, in_use, list_all
from lib.pipelines.features import chunks_of, vectors_of
from lib.ports.clock import Clock
from lib.ports.dead_letters import DeadLetters
from lib.ports.document_store import DocumentStore
from lib.ports.embedder import Embedder
from lib.ports.event_queue import EventQueue
from lib.ports.feature_store import FeatureStore, HeadStore, VectorStore
from lib.ports.ledger import Fact, Ledger
from lib.ports.meter import Meter
from lib.ports.registry import Registry
from lib.ports.search_index import IndexedChunk, SearchIndex

logger = logging.getLogger(__name__)

INDEX_BATCH = 500
MOST_ATTEMPTS = 60
"""How often a message is put off before it counts as failing: with the back-off below, about half a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """The ports that building needs."""

    documents: DocumentStore
    heads: HeadStore
    features: FeatureStore
    vectors: VectorStore
    index: SearchIndex
    embedder_for: Callable[[Recipe], Embedder]
    """The embedder of a recipe. Raises NotConfigured if this process has no such model."""
    registry: Registry
    queue: EventQueue
    queue_name: str
    letters: DeadLetters
    ledger: Ledger
    meter: Meter
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOutcome:
    """What a build did in one feature set."""

    feature_set: str
    result: Literal["built", "current", "forgotten", "outdated"]
    chunks: int = 0
    embedded: int = 0
    tokens: int = 0


def build_or_put_off(message: BuildMessage, *, builder: Builder) -> list[BuildOutcome]:
    """
    Build; if something is slow, full or out of reach, send a delayed copy of the message and finish quietly.

    So a slow quota never makes good documents fail (rule 6). Raises: what `build_features` raises, but Transient only
    after MOST_ATTEMPTS, or if the copy cannot be sent either.
    """
    try:
        return build_features(message, builder=builder)
    except Transient as error:
        if message.attempts >= MOST_ATTEMPTS:
            raise
        delay_s = min(2.0 ** min(message.attempts, 10), 900.0)
        if isinstance(error, Throttled):
            delay_s = max(delay_s, min(error.retry_after_s, 86_400.0))
        if isinstance(error, StorageFull):
            delay_s = max(delay_s, 15.0)
        again = message.model_copy(update={"attempts": message.attempts + 1})
        builder.queue.send(builder.queue_name, [again.to_json()], delay_s=delay_s)
        logger.warning("put off document=%s delay_s=%.0f reason=%s", message.document_id, delay_s, error)
        return []


def build_features(message: BuildMessage, *, builder: Builder) -> list[BuildOutcome]:
    """
    Bring every feature set in use (or the one named) to the document's current version.

    Safe to run twice, out of order, side by side, and to be killed at any line: chunk ids are made of document, version
    and feature set; the head is flipped once all is written; whoever finds itself outdated sweeps what it left.
    Raises: NotYet if the document is older than the message says; whatever the ports raise.
    """
    wanted = DocumentId(message.document_id)
    document = builder.documents.get([wanted]).get(wanted)
    if document is None or document.version < message.version:
        raise NotYet(f"document {message.document_id!r} is not at version {message.version} yet")
    outcomes, failures = [], []
    for feature_set in _sets(message, document, builder.registry):
        step = _forget if document.deleted else _build
        try:
            outcome = step(document, feature_set, builder)
        except NotConfigured as error:  # a set of other settings must not stop the one that is wanted now
            logger.warning("skipped document=%s set=%s reason=%s", document.id, feature_set.id, error)
            continue
        except PlumblineError as error:  # nor one whose model is slow, or that cannot take this document
            failures.append(error)
            continue
        logger.info(
            "%s document=%s version=%d set=%s chunks=%d embedded=%d",
            *(outcome.result, document.id, document.version, feature_set.id, outcome.chunks, outcome.embedded),
        )
        outcomes.append(outcome)
    if failures:  # what may work later first, so that the message stays until it did
        raise next((error for error in failures if isinstance(error, Transient)), failures[0])
    return outcomes


def _sets(message: BuildMessage, document: Document, registry: Registry) -> list[FeatureSet]:
    """Deletes reach every set, retired ones too: their indexes hold texts as well."""
    if message.feature_set:
        return [get(message.feature_set, registry=registry)]
    return list_all(registry) if document.deleted else in_use(registry)


def _build(document: Document, feature_set: FeatureSet, b: Builder) -> BuildOutcome:
    head = b.heads.heads([document.id]).get(document.id)
    live = head.live.get(feature_set.id) if head else None
    if live and live.version > document.version:
        _sweep(document, feature_set, live, b)
        return BuildOutcome(feature_set=feature_set.id, result="outdated")
    if live and live.version == document.version and _is_whole(document, feature_set, live, b):
        _sweep(document, feature_set, live, b)
        return BuildOutcome(feature_set=feature_set.id, result="current", chunks=live.chunks)

    embedder = b.embedder_for(feature_set.recipe)
    snapshot, chunks, inputs = chunks_of(document, feature_set, embedder)
    vectors, embedded, tokens = vectors_of(document, chunks, inputs, embedder, store=b.vectors, meter=b.meter)
    b.features.save(
        Features(
            document_id=document.id,
            version=document.version,
            feature_set=feature_set.id,
            snapshot=snapshot,
            chunks=tuple(chunks),
            vectors=vectors,
        )
    )
    for start in range(0, len(chunks), INDEX_BATCH):
        batch = [_indexed(chunk, document, vectors) for chunk in chunks[start : start + INDEX_BATCH]]
        b.index.upsert(feature_set.index, batch)
    now = b.clock.now()
    fresh = live is None or live.version != document.version
    flipped = Live(
        version=document.version,
        chunks=len(chunks),
        previous=_previous(live, document) if b.index.visibility_delay_s else 0,
        flipped_at=iso(now),
        unswept=bool(b.features.stale(document.id, feature_set.id, below=document.version)),
    )
    # Before the flip: a build that is repeated after it finds all done, and would leave no fact.
    _record(document, feature_set, b, "built", chunks=len(chunks), embedded=embedded, tokens=tokens)
    if not _flip(document, feature_set, flipped, b):
        return BuildOutcome(feature_set=feature_set.id, result="outdated", embedded=embedded, tokens=tokens)
    if fresh and feature_set.state == "live":
        age_s = (now - parse_iso(document.provenance.fetched_at)).total_seconds()
        b.meter.record({"freshness_s": max(0.0, age_s)})
    _sweep(document, feature_set, flipped, b)
    return BuildOutcome(
        feature_set=feature_set.id, result="built", chunks=len(chunks), embedded=embedded, tokens=tokens
    )


def _previous(live: Live | None, document: Document) -> int:
    """The version to serve in the grace; building a version again keeps it."""
    if live is None or live.deleted:
        return 0
    return live.previous if live.version == document.version else live.version


def _forget(document: Document, feature_set: FeatureSet, b: Builder) -> BuildOutcome:
    """A tombstone rides in: the index forgets, then the store; a receipt stays."""
    b.heads.deny({document.id: document.version}, source_id=document.source_id)
    head = b.heads.heads([document.id]).get(document.id)
    live = head.live.get(feature_set.id) if head else None
    if live and live.version > document.version:
        _sweep(document, feature_set, live, b)
        return BuildOutcome(feature_set=feature_set.id, result="outdated")
    gone = Live(version=document.version, chunks=0, flipped_at=iso(b.clock.now()), deleted=True, unswept=True)
    if not _flip(document, feature_set, gone, b):
        return BuildOutcome(feature_set=feature_set.id, result="outdated")
    _sweep(document, feature_set, gone, b)
    _record(document, feature_set, b, "forgotten")
    return BuildOutcome(feature_set=feature_set.id, result="forgotten")


def _flip(document: Document, feature_set: FeatureSet, live: Live, b: Builder) -> bool:
    """Flip the head; if a newer version got there first, sweep what this build has just written, and say False."""
    if b.heads.flip(document.id, feature_set.id, live, source_id=document.source_id, access=document.access):
        return True
    newer = b.heads.heads([document.id])[document.id].live[feature_set.id]
    _sweep(document, feature_set, newer, b)
    return False


def _is_whole(document: Document, feature_set: FeatureSet, live: Live, b: Builder) -> bool:
    """Say whether the index really holds the live version: it may have been lost and made anew."""
    if live.deleted:
        return False
    held = b.index.count(feature_set.index, [document.id])
    return held.get((document.id, live.version), 0) == live.chunks


def _indexed(chunk: Chunk, document: Document, vectors: dict[str, Vector]) -> IndexedChunk:
    return IndexedChunk(
        id=chunk.id,
        document_id=document.id,
        version=document.version,
        source_id=document.source_id,
        access=document.access,
        url=with_fragment(document.url, chunk.fragment),
        title=document.title,
        heading=chunk.heading,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        fetched_at=document.provenance.fetched_at,
        vector=vectors[chunk.input_hash],
    )


def _sweep(document: Document, feature_set: FeatureSet, live: Live, b: Builder) -> None:
    """
    Remove what older versions left, from the index first, then from the store; then say so in the head.

    Where the index shows writes late, the old version stays for its grace: a delayed message comes back for it.
    """
    below = live.version + 1 if live.deleted else live.version
    stale = b.features.stale(document.id, feature_set.id, below=below)
    grace = timedelta(seconds=b.index.visibility_delay_s)
    if stale and not live.deleted and grace and b.clock.now() < parse_iso(live.flipped_at) + grace:
        later = BuildMessage(document_id=document.id, version=live.version, feature_set=feature_set.id)
        b.queue.send(b.queue_name, [later.to_json()], delay_s=grace.total_seconds() + 1)
        return
    if stale:
        b.index.delete(feature_set.index, stale)
    if stale or live.deleted:
        b.features.drop(document.id, feature_set.id, below=below, snapshots=live.deleted)
    if live.unswept or (stale and live.previous):
        done = replace(live, unswept=False, previous=0)
        head = b.heads.heads([document.id]).get(document.id) or Head(document_id=document.id)
        b.heads.flip(document.id, feature_set.id, done, source_id=head.source_id, access=head.access)


def _record(document: Document, feature_set: FeatureSet, b: Builder, kind: str, **facts: int) -> None:
    b.ledger.append(
        [
            Fact(
                id=f"{kind}-{document.version}-{feature_set.id}",
                subject_id=document.id,
                kind=kind,
                at=iso(b.clock.now()),
                facts={
                    "version": document.version,
                    "feature_set": feature_set.id,
                    "source_id": document.source_id,
                    "crawl_id": document.provenance.crawl_id,
                    "content_hash": document.content_hash,
                    **facts,
                },
            )
        ]
    )
