"""SWEEP: find documents that were left behind, and send them to be built."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from lib.domain.documents import DocumentChange
from lib.domain.features import FeatureSet, FeatureSetId, Head
from lib.domain.messages import BuildMessage
from lib.domain.times import iso
from lib.errors import Conflict
from lib.pipelines.build import Builder
from lib.pipelines.dead_letters import letter_id
from lib.pipelines.feature_sets import in_use, promote

logger = logging.getLogger(__name__)

PAGE = 200
GRACE = timedelta(seconds=60)
"""A change younger than this is still on its way by itself."""
_KIND, _ID = "status", "sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep saw."""

    documents: int
    requeued: int
    finished: bool
    """True if the pass over all documents ended with this sweep."""


def sweep(*, builder: Builder, wanted: str = "", budget_s: float = 30) -> Swept:
    """
    Compare documents with their heads and the index; re-queue what is behind, missing in the index or left unswept.

    One pass may take several sweeps: the cursor is kept. While the features queue is long nothing is done, since being
    behind is then normal. Messages that were set aside stay there. At the end of a pass that found it complete,
    `wanted` (the set that the settings ask for) is promoted: once, so that an operator can go back to another one.
    """
    b = builder
    if b.queue.depth(b.queue_name).messages >= PAGE:
        return Swept(documents=0, requeued=0, finished=False)
    item = b.registry.get(_KIND, _ID)
    state = item.value if item else {"cursor": None, "behind": {}}
    sets = in_use(b.registry)
    behind: dict[str, int] = dict(state["behind"]) if state["cursor"] else {}
    started, seen, requeued, cursor = b.clock.now(), 0, 0, state["cursor"]
    while True:
        page = b.documents.scan(cursor=cursor, limit=PAGE)
        messages = _behind(page.changes, sets, behind, b)
        if messages:
            b.queue.send(b.queue_name, [message.to_json() for message in messages])
        seen, requeued, cursor = seen + len(page.changes), requeued + len(messages), page.cursor
        if cursor is None or b.clock.now() - started > timedelta(seconds=budget_s):
            break
    try:
        promoted = state.get("promoted", "")
        if cursor is None and wanted != promoted and not behind.get(wanted, 0) and any(s.id == wanted for s in sets):
            promoted = promote(wanted, registry=b.registry, behind=0).id
            logger.info("promoted set=%s", promoted)
        value = {"cursor": cursor, "behind": behind, "promoted": promoted, "at": iso(b.clock.now())}
        b.registry.put(_KIND, _ID, value, revision=item.revision if item else 0)
    except Conflict:
        logger.info("another sweep ran at the same time")
    if requeued:
        logger.info("swept documents=%d requeued=%d", seen, requeued)
    return Swept(documents=seen, requeued=requeued, finished=cursor is None)


def _behind(
    changes: list[DocumentChange], sets: list[FeatureSet], behind: dict[str, int], b: Builder
) -> list[BuildMessage]:
    ids = [change.document_id for change in changes]
    heads = b.heads.heads(ids)
    held = {s.id: b.index.count(s.index, ids) for s in sets} if ids else {}
    recent = iso(b.clock.now() - GRACE)
    found = []
    for change in changes:
        head = heads.get(change.document_id)
        for feature_set in sets:
            if _is_current(change, head, feature_set, held[feature_set.id]):
                continue
            behind[feature_set.id] = behind.get(feature_set.id, 0) + 1
            if change.changed_at <= recent or feature_set.state == "building":
                found.append(
                    BuildMessage(
                        document_id=change.document_id,
                        version=change.version,
                        feature_set=feature_set.id,
                        first_enqueued_at=iso(b.clock.now()),
                        traceparent=change.traceparent,
                    )
                )
    return _not_set_aside(found, {s.id for s in sets if s.state == "building"}, b)


def _is_current(
    change: DocumentChange, head: Head | None, feature_set: FeatureSet, held: dict[tuple[str, int], int]
) -> bool:
    live = head.live.get(feature_set.id) if head else None
    if live is None or live.version < change.version or live.unswept:
        return False
    if live.deleted != change.deleted and live.version == change.version:
        return False
    return held.get((change.document_id, live.version), 0) == live.chunks


def _not_set_aside(messages: list[BuildMessage], building: set[FeatureSetId], b: Builder) -> list[BuildMessage]:
    """Leave out what failed before; for a new set, only what failed in that set."""
    keys: dict[str, BuildMessage] = {}
    for message in messages:
        keys[letter_id(b.queue_name, message.to_json())] = message
        if message.feature_set in building:
            continue
        whole = message.model_copy(update={"feature_set": None})  # as the relay sent it
        keys[letter_id(b.queue_name, whole.to_json())] = message
    letters = b.letters.get(list(keys)) if keys else {}
    failed = {id(keys[key]) for key, letter in letters.items() if letter.set_aside}
    return [message for message in messages if id(message) not in failed]


def behind(feature_set: str, *, builder: Builder) -> int:
    """Count documents that a feature set does not hold at their current version, by looking at all of them."""
    sets = [s for s in in_use(builder.registry) if s.id == feature_set]
    counted: dict[str, int] = {}
    cursor: str | None = None
    while sets:
        page = builder.documents.scan(cursor=cursor, limit=PAGE)
        _behind(page.changes, sets, counted, builder)
        cursor = page.cursor
        if cursor is None:
            break
    return counted.get(feature_set, 0)
