"""One slice of a crawl: seed, fetch, keep, confirm; then the crawl is complete, or handed on."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic

from lib.domain.documents import DocumentId
from lib.domain.messages import CrawlMessage
from lib.domain.sources import Source
from lib.domain.times import iso
from lib.errors import PlumblineError
from lib.pipelines.crawl_pages import Harvest, keep, reopen
from lib.pipelines.crawl_verdicts import LAST
from lib.pipelines.documents import Publisher, deny_wider, retire
from lib.ports.clock import Clock
from lib.ports.crawl_state import CrawlRun, CrawlState, Outcome, UrlState
from lib.ports.event_queue import EventQueue
from lib.ports.ledger import Fact, Ledger
from lib.ports.source_reader import Fetch, Fetched, SourceReader

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=30)
"""When a crawl is taken up again whose slice failed, if its message is not there to do so."""
RENEW_S = 2.0
"""The lease is renewed so often, and the counts saved with it, for people who watch."""
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


def lease(run: CrawlRun, crawler: Crawler, time: timedelta = LEASE) -> CrawlRun:
    """Take a run, or keep it, for a while. Raises: Conflict if somebody else did."""
    until = iso(crawler.clock.now() + time)
    return crawler.state.save_run(replace(run, lease_owner=crawler.worker, lease_until=until))


class Slice:
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
            self.renew()
            if batch := state.pending(self.source.id, self.run.crawl_id, limit=BATCH):
                self.fetch([s for s in batch if s.order < LAST] or batch)
            elif self.harvest.found_nothing:
                return self.finish("failed", self.harvest.last_failure or "no page could be fetched")
            elif not self.confirm():
                return self.finish("complete", "")
        return self.hand_on()

    def seed(self) -> str:
        """Put the seeds into the frontier; returns why that failed, if it did."""
        if self.run.relearn:
            deny_wider(self.source, publisher=self.crawler.publisher)
        try:
            seeds = self.reader.seeds(self.source)
        except PlumblineError as error:
            return str(error)
        self.harvest.discover(seeds, state=self.crawler.state)
        self.renew(after_s=0)
        return ""

    def renew(self, *, after_s: float = RENEW_S) -> None:
        """Hold on to the lease if it is that old; what was counted is saved with it. Raises: Conflict if it is lost."""
        if monotonic() - self.renewed >= after_s:
            self.run = lease(replace(self.run, counts=dict(self.harvest.counts)), self.crawler)
            self.renewed = monotonic()

    def fetch(self, batch: list[UrlState]) -> None:
        """Fetch a batch and keep results as they come."""
        named = [DocumentId(s.document_id) for s in batch if s.document_id]
        heads = self.crawler.publisher.heads.heads(named) if named else {}
        hidden = {name for name, head in heads.items() if head.is_hidden}
        fetches = [
            Fetch(url=s.url, etag=s.etag, last_modified=s.last_modified)
            if self.trusts(s) and s.document_id not in hidden
            else Fetch(url=s.url)
            for s in batch
        ]
        known = {s.url: s for s in batch}
        results, kept_at = [], monotonic()
        reading = self.reader.read(self.source, fetches)
        for result in reading:
            results.append(result)
            self.pages += 1
            if len(results) >= KEEP_EVERY or monotonic() - kept_at > KEEP_AFTER_S:
                self.keep(results, known)
                results, kept_at = [], monotonic()
            self.renew()
            if monotonic() > self.deadline:
                break
        close = getattr(reading, "close", None)
        if close:
            close()
        self.keep(results, known)

    def keep(self, results: list[Fetched], known: dict[str, UrlState]) -> None:
        """Keep results. That there is an answer at all is saved first: a kill must not make it look like none."""
        if answered := sum(map(_is_answer, results)):
            is_first = self.harvest.found_nothing
            self.harvest.add("answered", answered)
            self.renew(after_s=0 if is_first else RENEW_S)
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
        soon = iso(self.crawler.clock.now() + AGAIN)
        with contextlib.suppress(PlumblineError):
            free = replace(self.run, lease_owner="", lease_until=soon, counts=self.harvest.counts)
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


def _is_answer(result: Fetched) -> bool:
    """Say whether a result tells something of the site: not if we did not ask it, as for a private address."""
    never_asked = result.outcome == "refused" and not result.status and "robots.txt" not in result.reason
    return result.outcome != "failed" and not never_asked
