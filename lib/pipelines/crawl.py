"""COLLECT: crawl what is due, in slices that survive a kill."""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from lib.domain.messages import CrawlMessage
from lib.domain.schedules import next_after, opens_at
from lib.domain.sources import Source, Sources
from lib.domain.times import iso, parse_iso
from lib.errors import BadInput, Conflict, NotFound
from lib.pipelines.crawl_hosts import release_all
from lib.pipelines.crawl_slice import Slice
from lib.pipelines.crawler import LEASE, SEEDING, Crawler, lease, settings_of
from lib.ports.crawl_state import CrawlRun

logger = logging.getLogger(__name__)

TIMER_SLICE_S = 10.0
"""The timer's own slice is short, so that it soon looks for other due sources."""

_working: set[tuple[str, str]] = set()
"""Worker and source of the slices that run in this process now."""
_lock = threading.Lock()


def crawl_due(sources: Sources, *, crawler: Crawler) -> int:
    """
    Write the heartbeat, then start every crawl that is due; returns how many.

    The first one is crawled here for one slice; the others, and what is left, go through the crawl queue side by side.
    A crawl whose slice was lost (its process was killed, its message dropped) is taken up again when its lease ends.
    """
    now = crawler.clock.now()
    crawler.publisher.documents.heartbeat(iso(now))
    messages = [message for source in sources.items if (message := _start_if_due(source, now, crawler))]
    if messages[1:]:
        crawler.queue.send(crawler.queue_name, [message.to_json() for message in messages[1:]])
    if messages:
        first = replace(crawler, slice_s=min(crawler.slice_s, TIMER_SLICE_S))
        continue_crawl(messages[0], sources, crawler=first)
    return len(messages)


def crawl_now(source_id: str, sources: Sources, *, crawler: Crawler) -> CrawlRun:
    """
    Start a crawl of a source whatever its schedule says; a running one is left to run.

    Raises: NotFound for an unknown source, BadInput for a push source.
    """
    source = sources.get(source_id)
    if source is None:
        known = ", ".join(s.id for s in sources.items) or "none"
        raise NotFound(f"there is no source {source_id!r}: the sources file has {known}")
    if source.kind == "push":
        raise BadInput(f"source {source_id!r} is fed by its API: there is nothing to crawl")
    run = crawler.state.load_run(source_id)
    if run and run.outcome == "running":
        return run
    try:
        run = _start(source, run, crawler, by_hand=True)
    except Conflict:  # the timer, or somebody else, started it in this very moment
        started = crawler.state.load_run(source_id)
        if started is None:
            raise
        return started
    message = CrawlMessage(source_id=source_id, crawl_id=run.crawl_id, slice=run.slice)
    crawler.queue.send(crawler.queue_name, [message.to_json()])
    return run


def continue_crawl(message: CrawlMessage, sources: Sources, *, crawler: Crawler) -> CrawlRun | None:
    """
    Crawl one slice and hand on what is left. None if the message is a duplicate or its source is no more.

    Raises: whatever the stores raise; then nothing of the failed batch is remembered, and it is fetched again.
    """
    source = sources.get(message.source_id)
    run = crawler.state.load_run(message.source_id)
    if source is None or run is None or run.outcome != "running":
        return None
    if (run.crawl_id, run.slice) != (message.crawl_id, message.slice):
        return None
    with _at_work(crawler.worker, source.id) as is_first:
        is_held = run.lease_owner and parse_iso(run.lease_until) > crawler.clock.now()
        # Our own lease that nobody here works under: what took it lost the answer of the store.
        if not is_first or (is_held and run.lease_owner != crawler.worker):
            return None
        try:
            run = lease(run, crawler, LEASE if run.slice else SEEDING)
        except Conflict:
            return None
        work = Slice(source, run, crawler)
        try:
            return work.work()
        except Conflict:
            logger.warning("crawl slice lost its lease source=%s crawl=%s", source.id, run.crawl_id)
            return None
        except Exception:
            work.release()
            raise


@contextmanager
def _at_work(worker: str, source_id: str) -> Iterator[bool]:
    """Whether this is the only slice of the source that this worker is crawling now."""
    key = (worker, source_id)
    with _lock:
        is_first = key not in _working
        _working.add(key)
    try:
        yield is_first
    finally:
        if is_first:
            with _lock:
                _working.discard(key)


def release_leases(sources: Sources, *, crawler: Crawler) -> None:
    """Give up the leases of all crawls and hosts: for the start of a single-process host, whose predecessor is dead."""
    release_all(crawler.registry, crawler.clock)
    for source in sources.items:
        run = crawler.state.load_run(source.id)
        if run and run.outcome == "running":
            crawler.state.save_run(replace(run, lease_owner="", lease_until=iso(crawler.clock.now())))


def _is_at_work(crawler: Crawler, source: Source) -> bool:
    with _lock:
        return (crawler.worker, source.id) in _working


def _start_if_due(source: Source, now: datetime, crawler: Crawler) -> CrawlMessage | None:
    if source.kind == "push":
        return None
    run = crawler.state.load_run(source.id)
    try:
        if run and run.outcome == "running":
            if parse_iso(run.lease_until) >= now and (
                run.lease_owner != crawler.worker or _is_at_work(crawler, source)
            ):
                return None
            run = crawler.state.save_run(replace(run, lease_owner="", lease_until=iso(now + LEASE)))
        elif (run and now < _due_at(run, source, crawler)) or opens_at(source.hours, now) > now:
            return None
        else:
            run = _start(source, run, crawler)
    except Conflict:
        return None  # another instance started it
    return CrawlMessage(source_id=source.id, crawl_id=run.crawl_id, slice=run.slice)


def _due_at(run: CrawlRun, source: Source, crawler: Crawler) -> datetime:
    if run.settings_hash != settings_of(source, crawler.reader_for(source)):
        return parse_iso(run.started_at)
    return next_after(source.schedule, parse_iso(run.started_at))


def _start(source: Source, before: CrawlRun | None, crawler: Crawler, *, by_hand: bool = False) -> CrawlRun:
    now, settings_hash = crawler.clock.now(), settings_of(source, crawler.reader_for(source))
    # What a crawl was to read anew and did not get to, the next one reads: access may have become narrower.
    unread = before is not None and before.relearn and before.outcome != "complete"
    relearn = before is not None and (before.settings_hash != settings_hash or unread)
    fresh = CrawlRun(
        source_id=source.id,
        crawl_id=now.strftime("%Y%m%dT%H%M%S") + "-" + uuid.uuid4().hex[:8],
        started_at=iso(now),
        lease_until=iso(now + LEASE),
        settings_hash=settings_hash,
        relearn=relearn,
        asks_all=by_hand,
        revision=before.revision if before else 0,
    )
    if before and not relearn and _listed_lately(before, source, now):
        # What failed is listed again: a feed that did not change would never name it any more.
        is_done = before.outcome == "complete" and not before.counts.get("failed")
        since = before.cursor if is_done else before.since
        fresh = replace(fresh, since=since, whole_at=before.whole_at)
    return crawler.state.save_run(fresh if fresh.since else replace(fresh, whole_at=iso(now)))


def _listed_lately(before: CrawlRun, source: Source, now: datetime) -> bool:
    """Say whether a listing of what changed is enough; now and then all is listed, to see what is gone."""
    return bool(before.whole_at) and now - parse_iso(before.whole_at) < timedelta(hours=source.recheck_hours)
