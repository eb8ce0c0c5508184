"""COLLECT: crawl what is due, in slices that survive a kill."""

import contextlib
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from lib.domain.documents import DocumentId
from lib.domain.messages import CrawlMessage
from lib.domain.schedules import next_after
from lib.domain.sources import Source, Sources
from lib.domain.times import iso, parse_iso
from lib.errors import BadInput, Conflict, NotFound, PlumblineError
from lib.pipelines.crawl_pages import Harvest, keep, reopen
from lib.pipelines.documents import Publisher, retire
from lib.ports.clock import Clock
from lib.ports.crawl_state import CrawlRun, CrawlState, Outcome, UrlState
from lib.ports.event_queue import EventQueue
from lib.ports.ledger import Fact, Ledger
from lib.ports.source_reader import Fetch, SourceReader

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RENEW_S = 15.0
TIMER_SLICE_S = 10.0
"""The timer's own slice is short, so that it soon looks for other due sources."""
BATCH = 128
"""URLs handed to the reader at once."""
KEEP_EVERY = 16
KEEP_AFTER_S = 0.5
"""Results are written after so many, or so long, so that building starts while the crawl goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawler:
    """The ports that crawling needs, and its budgets."""

    publisher: Publisher
    state: CrawlState
    reader_for: Callable[[Source], SourceReader]
    queue: EventQueue
    queue_name: str
    ledger: Ledger
    clock: Clock
    worker: str
    """Names this process in leases."""
    slice_pages: int
    slice_s: float
    extractor: str
    """Name and version of the extractor; a new one makes every page be read again."""


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
    run = _start(source, run, crawler)
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
    now = crawler.clock.now()
    if run.lease_owner and parse_iso(run.lease_until) > now:
        return None
    try:
        run = _lease(run, crawler)
    except Conflict:
        return None
    work = _Slice(source, run, crawler)
    try:
        return work.work()
    except Conflict:
        logger.warning("crawl slice lost its lease source=%s crawl=%s", source.id, run.crawl_id)
        return None
    except Exception:
        work.release()
        raise


def release_leases(sources: Sources, *, crawler: Crawler) -> None:
    """Give up the leases of all crawls: for the start of a single-process host, whose predecessor is dead."""
    for source in sources.items:
        run = crawler.state.load_run(source.id)
        if run and run.outcome == "running":
            crawler.state.save_run(replace(run, lease_owner="", lease_until=iso(crawler.clock.now())))


def _start_if_due(source: Source, now: datetime, crawler: Crawler) -> CrawlMessage | None:
    if source.kind == "push":
        return None
    run = crawler.state.load_run(source.id)
    try:
        if run and run.outcome == "running":
            if parse_iso(run.lease_until) >= now:
                return None
            run = crawler.state.save_run(replace(run, lease_owner="", lease_until=iso(now + LEASE)))
        elif run and now < _due_at(run, source, crawler):
            return None
        else:
            run = _start(source, run, crawler)
    except Conflict:
        return None  # another instance started it
    return CrawlMessage(source_id=source.id, crawl_id=run.crawl_id, slice=run.slice)


def _due_at(run: CrawlRun, source: Source, crawler: Crawler) -> datetime:
    if run.settings_hash != _settings_hash(source, crawler):
        return parse_iso(run.started_at)
    return next_after(source.schedule, parse_iso(run.started_at))


def _start(source: Source, before: CrawlRun | None, crawler: Crawler) -> CrawlRun:
    now = crawler.clock.now()
    fresh = CrawlRun(
        source_id=source.id,
        crawl_id=now.strftime("%Y%m%dT%H%M%S") + "-" + uuid.uuid4().hex[:8],
        started_at=iso(now),
        lease_until=iso(now + LEASE),
        settings_hash=_settings_hash(source, crawler),
        relearn=before is not None and before.settings_hash != _settings_hash(source, crawler),
        revision=before.revision if before else 0,
    )
    return crawler.state.save_run(fresh)


def _settings_hash(source: Source, crawler: Crawler) -> str:
    return f"{source.settings_hash}/{crawler.extractor}"


def _lease(run: CrawlRun, crawler: Crawler) -> CrawlRun:
    until = iso(crawler.clock.now() + LEASE)
    return crawler.state.save_run(replace(run, lease_owner=crawler.worker, lease_until=until))


class _Slice:
    """One slice of one crawl, by the one process that holds its lease."""

    def __init__(self, source: Source, run: CrawlRun, crawler: Crawler) -> None:
        self.source, self.run, self.crawler = source, run, crawler
        self.reader = crawler.reader_for(source)
        counts = dict(run.counts)
        self.harvest = Harvest(source=source, crawl_id=run.crawl_id, counts=counts, extractor=crawler.extractor)
        self.deadline = monotonic() + crawler.slice_s
        self.renewed = monotonic()
        self.pages = 0

    def work(self) -> CrawlRun:
        """Seed, fetch, keep, confirm; ends with the crawl complete, or handed on."""
        if self.run.slice == 0 and (failure := self.seed()):
            return self.finish("failed", failure)
        state = self.crawler.state
        while self.pages < self.crawler.slice_pages and monotonic() < self.deadline:
            if batch := state.pending(self.source.id, self.run.crawl_id, limit=BATCH):
                self.fetch(batch)
            elif self.harvest.found_nothing:
                return self.finish("failed", self.harvest.last_failure or "no page could be fetched")
            elif not self.confirm():
                return self.finish("complete", "")
        return self.hand_on()

    def seed(self) -> str:
        """Put the seeds into the frontier; returns why that failed, if it did."""
        try:
            seeds = self.reader.seeds(self.source)
        except PlumblineError as error:
            return str(error)
        self.harvest.discover(seeds, state=self.crawler.state)
        return ""

    def fetch(self, batch: list[UrlState]) -> None:
        """Fetch a batch and keep results as they come."""
        fetches = [
            Fetch(url=s.url, etag=s.etag, last_modified=s.last_modified) if self.trusts(s) else Fetch(url=s.url)
            for s in batch
        ]
        known = {s.url: s for s in batch}
        results, kept_at = [], monotonic()
        reading = self.reader.read(self.source, fetches)
        for result in reading:
            results.append(result)
            self.pages += 1
            if len(results) >= KEEP_EVERY or monotonic() - kept_at > KEEP_AFTER_S:
                keep(results, known, harvest=self.harvest, state=self.crawler.state, publisher=self.crawler.publisher)
                results, kept_at = [], monotonic()
            if monotonic() - self.renewed > RENEW_S:
                self.run = _lease(replace(self.run, counts=self.harvest.counts), self.crawler)
                self.renewed = monotonic()
            if monotonic() > self.deadline:
                break
        close = getattr(reading, "close", None)
        if close:
            close()
        keep(results, known, harvest=self.harvest, state=self.crawler.state, publisher=self.crawler.publisher)

    def trusts(self, state: UrlState) -> bool:
        """Send validators only for a page that left something to go on with: its document, or where it leads."""
        known = state.document_id or state.links or state.canonical or state.reason
        return bool(known) and not state.failures and not self.run.relearn

    def confirm(self) -> bool:
        """
        Look at pages that have a document but were not met, or were found gone; False when there are none left.

        Not met: they are asked for, to tell gone from unlinked. Gone: tombstones, now that the frontier is empty.
        """
        left = self.crawler.state.unseen(self.source.id, self.run.crawl_id, limit=BATCH)
        gone = [s for s in left if s.gone and s.crawl_id == self.run.crawl_id]
        if gone:
            retire([DocumentId(s.document_id) for s in gone], publisher=self.crawler.publisher)
            self.crawler.state.save([replace(s, document_id="", etag="", last_modified="", raw_hash="") for s in gone])
            self.harvest.add("gone", len(gone))
        unmet = [s for s in left if s.crawl_id != self.run.crawl_id]
        self.crawler.state.save([reopen(s, self.harvest) for s in unmet])
        return bool(left)

    def hand_on(self) -> CrawlRun:
        """Leave the rest to the next slice."""
        until = iso(self.crawler.clock.now() + LEASE)
        left = replace(self.run, counts=self.harvest.counts, slice=self.run.slice + 1)
        run = self.crawler.state.save_run(replace(left, lease_owner="", lease_until=until))
        message = CrawlMessage(source_id=run.source_id, crawl_id=run.crawl_id, slice=run.slice)
        self.crawler.queue.send(self.crawler.queue_name, [message.to_json()])
        return run

    def release(self) -> None:
        """Give up the lease after a failure, so that the message may try again."""
        with contextlib.suppress(PlumblineError):
            free = replace(self.run, lease_owner="", counts=self.harvest.counts)
            self.run = self.crawler.state.save_run(free)

    def finish(self, outcome: Outcome, error: str) -> CrawlRun:
        """Close the crawl and write its report."""
        now = iso(self.crawler.clock.now())
        ended = replace(self.run, outcome=outcome, error=error, ended_at=now, counts=self.harvest.counts)
        run = self.crawler.state.save_run(replace(ended, lease_owner=""))
        facts = {"source_id": run.source_id, "outcome": outcome, "error": error, **run.counts}
        fact = Fact(id=run.crawl_id, subject_id=f"source:{run.source_id}", kind="crawled", at=now, facts=facts)
        self.crawler.ledger.append([fact])
        logger.info(
            "crawled source=%s outcome=%s %s%s",
            *(run.source_id, outcome, " ".join(f"{k}={v}" for k, v in run.counts.items())),
            f" error={error}" if error else "",
        )
        return run
