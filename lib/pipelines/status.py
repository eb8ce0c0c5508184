"""STATUS: where everything stands, from numbers the pipelines keep."""

from datetime import datetime
from typing import Any

from lib.domain.schedules import next_after, opens_at
from lib.domain.sources import Source, Sources
from lib.domain.times import iso, parse_iso
from lib.errors import NotFound
from lib.pipelines.feature_sets import live
from lib.pipelines.relay import HEARTBEAT_ID, HEARTBEAT_KIND
from lib.ports.clock import Clock
from lib.ports.crawl_state import CrawlState
from lib.ports.dead_letters import DeadLetters
from lib.ports.document_store import DocumentStore
from lib.ports.event_queue import EventQueue
from lib.ports.held_items import HeldItems
from lib.ports.meter import Meter
from lib.ports.registry import Registry
from lib.ports.search_index import SearchIndex

_METERS = ("freshness_s", "embedding_tokens", "chat_prompt_tokens", "chat_completion_tokens", "answer_ms")


def status(
    sources: Sources,
    *,
    documents: DocumentStore,
    state: CrawlState,
    index: SearchIndex,
    queue: EventQueue,
    queues: tuple[str, ...],
    letters: DeadLetters,
    held: HeldItems,
    registry: Registry,
    meter: Meter,
    clock: Clock,
) -> dict[str, Any]:
    """
    Report in the shape of `GET /api/status`.

    `queued` counts waiting, delayed and running messages of all queues. `feed_lag` is the age in seconds of the
    heartbeat that was relayed last (one is written with every look for due sources), None before the first.
    """
    now = clock.now()
    totals = documents.totals()
    depths = {name: queue.depth(name) for name in queues}
    readings = meter.read(_METERS)
    waiting = held.count()
    beat = registry.get(HEARTBEAT_KIND, HEARTBEAT_ID)
    fresh, answer_ms = readings["freshness_s"], readings["answer_ms"]
    return {
        "at": iso(now),
        "documents": totals.documents,
        "chunks": _chunks(registry, index),
        "feed_lag": round((now - parse_iso(beat.value["at"])).total_seconds(), 1) if beat else None,
        "queued": sum(depth.messages for depth in depths.values()),
        "queues": {n: {"messages": d.messages, "oldest_s": round(d.oldest_s, 1)} for n, d in depths.items()},
        "dead_letters": letters.count(),
        "freshness_s": {"p50": fresh.p50, "p95": fresh.p95},
        "answers": {"count": answer_ms.count, "p50_ms": answer_ms.p50, "p95_ms": answer_ms.p95},
        "tokens": {
            "embedding": int(readings["embedding_tokens"].total),
            "prompt": int(readings["chat_prompt_tokens"].total),
            "completion": int(readings["chat_completion_tokens"].total),
        },
        "sources": [
            {**_source(source, totals.by_source, state, now), "held": waiting.get(source.id, 0)}
            for source in sources.items
        ],
    }


def _chunks(registry: Registry, index: SearchIndex) -> int:
    try:
        return index.count(live(registry).index).get(("", 0), 0)
    except NotFound:
        return 0


def _source(source: Source, documents: dict[str, int], state: CrawlState, now: datetime) -> dict[str, Any]:
    report: dict[str, Any] = {
        "id": source.id,
        "kind": source.kind,
        "documents": documents.get(source.id, 0),
        "last_crawl": None,
        "outcome": "push" if source.kind == "push" else "never crawled",
        "started_at": None,
        "next_due": None if source.kind == "push" else iso(opens_at(source.hours, now)),
        "error": "",
        "counts": {},
    }
    run = state.load_run(source.id) if source.kind != "push" else None
    if run:
        report.update(
            last_crawl=run.ended_at or None,
            outcome=run.outcome,
            started_at=run.started_at,
            crawl_id=run.crawl_id,
            next_due=iso(opens_at(source.hours, next_after(source.schedule, parse_iso(run.started_at)))),
            error=run.error,
            counts=dict(run.counts),
        )
    return report
