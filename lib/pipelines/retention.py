"""RETENTION: what has been kept long enough goes. Stores with a TTL do it themselves; then there is nothing to do."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from lib.domain.times import iso
from lib.ports.clock import Clock
from lib.ports.conversations import Conversations
from lib.ports.document_store import DocumentStore
from lib.ports.feature_store import FeatureStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The ports that hold what expires, and for how many days each thing is kept."""

    documents: DocumentStore
    features: FeatureStore
    conversations: Conversations
    clock: Clock
    tombstone_days: int
    snapshot_days: int
    conversation_days: int


def expire(*, retention: Retention) -> int:
    """Drop old tombstones, superseded snapshots and conversations; returns how many things went."""
    r, now = retention, retention.clock.now()

    def before(days: int) -> str:
        return iso(now - timedelta(days=days))

    tombstones = r.documents.purge(deleted_before=before(r.tombstone_days))
    snapshots = r.features.purge(superseded_before=before(r.snapshot_days))
    exchanges = r.conversations.purge(before=before(r.conversation_days))
    if tombstones or snapshots or exchanges:
        logger.info("expired tombstones=%d snapshots=%d exchanges=%d", tombstones, snapshots, exchanges)
    return tombstones + snapshots + exchanges
