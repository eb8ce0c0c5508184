"""RELAY: each changed or deleted document becomes a message; ids only."""

import logging
from collections.abc import Sequence

from lib.domain.documents import DocumentChange
from lib.domain.messages import BuildMessage
from lib.domain.times import iso
from lib.errors import PlumblineError
from lib.ports.clock import Clock
from lib.ports.event_queue import EventQueue
from lib.ports.registry import Registry

logger = logging.getLogger(__name__)

HEARTBEAT_KIND, HEARTBEAT_ID = "status", "heartbeat"


def relay(
    changes: Sequence[DocumentChange], *, queue: EventQueue, queue_name: str, registry: Registry, clock: Clock
) -> int:
    """
    Send a message for each changed document; returns how many.

    Raises: only what `EventQueue.send` raises, so that the trigger's retry policy holds the batch back.
    """
    now = iso(clock.now())
    bodies = [
        BuildMessage(
            document_id=change.document_id,
            version=change.version,
            first_enqueued_at=now,
            traceparent=change.traceparent,
        ).to_json()
        for change in changes
        if change.kind == "document"
    ]
    if bodies:
        queue.send(queue_name, bodies)
    beats = [change.changed_at for change in changes if change.kind == "heartbeat"]
    if beats:
        _remember_heartbeat(max(beats), registry)
    return len(bodies)


def _remember_heartbeat(at: str, registry: Registry) -> None:
    """The age of the last relayed heartbeat is the feed's lag; failing to note it must not hold the batch back."""
    try:
        item = registry.get(HEARTBEAT_KIND, HEARTBEAT_ID)
        if item is None or item.value["at"] < at:
            registry.put(HEARTBEAT_KIND, HEARTBEAT_ID, {"at": at}, revision=item.revision if item else 0)
    except PlumblineError as error:
        logger.warning("heartbeat not noted reason=%s", error)
