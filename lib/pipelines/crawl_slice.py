"""One slice of a crawl: seed, fetch, keep, confirm; then the crawl is complete, or handed on."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from lib.domain.documents import DocumentId
from lib.domain.held import held_id
from lib.domain.messages import CrawlMessage
from lib.domain.schedules import opens_at
from lib.domain.sources import Source
from lib.domain.times import iso, parse_iso
from lib.errors import BadInput, PlumblineError
from lib.pipelines.crawl_confirm import TooMany, confirm, stop_and_ask
from lib.pipelines.crawl_due import can_be_avoided, is_settled
from lib.pipelines.crawl_hosts import Hosts
from lib.pipelines.crawl_pages import CHARS_A_TOKEN, Harvest, Keeper, keep
from lib.pipelines.crawler import BATCH, LEASE, SEEDING, Crawler, batched, host_of, hosts_of, lease
from lib.pipelines.documents import deny_wider
from lib.ports.crawl_state import CrawlRun, Outcome, UrlState
from lib.ports.ledger import Fact
from lib.ports.source_reader import Fetch, Fetched, Found

logger = logging.getLogger(__name__)

AGAIN = timedelta(seconds=30)
"""When a crawl is taken up again whose slice failed, if its message is not there to do so."""
RENEW_S = 2.0
"""The lease is renewed so often, and the counts saved with it, for people who watch."""


KEEP_EVERY = 16
KEEP_AFTER_S = 0.5
"""Results are written after so many, or so long, so that building starts while the crawl goes on."""


LONGEST = timedelta(days=1)
"""A crawl that has had no answer for so long has failed."""
LONGEST_WAIT_S = 900.0


class Slice:
    """One slice of one crawl, by the one process that holds its lease."""

    def __init__(self, source: Source, run: CrawlRun, crawler: Crawler) -> None:
        self.source, self.run, self.crawler = source, run, crawler
        self.reader = crawler.reader_for(source)
        counts, extractor = dict(run.counts), self.reader.extractor
        year = crawler.clock.now().year
        self.harvest = Harvest(source=source, crawl_id=run.crawl_id, counts=counts, extractor=extractor, year=year)
        self.deadline = monotonic() + crawler.slice_s
        self.renewed = monotonic()
        self.pages = 0
        self.goes_on = run.slice
        """The slice in which a crawl that is put off goes on: what has been listed is not listed again."""
        owner = f"{crawler.worker} {source.id}"
        self.hosts = Hosts(registry=crawler.registry, clock=crawler.clock, owner=owner)
        self.keeper = Keeper(state=crawler.state, publisher=crawler.publisher, held=crawler.held, masker=crawler.masker)

    def work(self) -> CrawlRun:
        """Seed, fetch, keep, confirm; ends with the crawl complete, handed on, put off, or stopped."""
        try:
            return self._work()
        except BadInput as error:  # a header names a secret that is not set: trying again cannot help
            return self.finish("failed", str(error))
        finally:
            self.hosts.release()

    def _work(self) -> CrawlRun:
        if closed_s := self.closed_s():
            return self.put_off(closed_s)
        if self.run.slice == 0:
            starts = hosts_of(self.source.start)
            if starts and not self.hosts.take(starts):
                return self.put_off(self.hosts.wait_s)
            if failure := self.seed():
                return self.finish("failed", failure)
            self.goes_on = 1
        while self.pages < self.crawler.slice_pages and monotonic() < self.deadline:
            self.renew()
            if ended := self.step():
                return ended
        return self.hand_on()

    def step(self) -> CrawlRun | None:
        """Fetch a batch, or confirm what is gone; the run if that ends this slice."""
        if closed_s := self.closed_s():
            return self.put_off(closed_s)
        if self.is_spent():
            return self.finish("stopped", f"its budget is used up: max_tokens is {self.source.max_tokens:,}")
        if batch := self.crawler.state.pending(self.source.id, self.run.crawl_id, limit=BATCH):
            # Depth by depth, so that a page's depth, and what is a trap, depends on no order.
            if not self.fetch([s for s in batch if s.depth == batch[0].depth]):
                return self.put_off(self.hosts.wait_s)
        elif self.harvest.found_nothing and self.run.unlisted == "ask":
            return self.finish("failed", self.harvest.last_failure or "no page could be fetched")
        elif isinstance(confirmed := confirm(self.source, self.run, self.harvest, self.crawler), TooMany):
            return self.finish("stopped", stop_and_ask(confirmed, self.source, self.run, self.crawler))
        elif confirmed == "done":
            return self.finish("complete", "")
        return None

    def seed(self) -> str:
        """Take in what the source lists; returns why that failed, if it did. What a killed slice took in stays."""
        if self.run.relearn:
            deny_wider(self.source, publisher=self.crawler.publisher)
        cursor = self.run.since
        try:
            discovery = self.reader.discover(self.source, since=self.run.since)
            self.run = replace(self.run, unlisted=discovery.unlisted)
            for listed in batched(discovery.found, BATCH):
                self.take_in(listed)
                if self.is_spent():  # what is left of the listing, the next crawl lists again
                    return ""
                cursor = next((f.cursor for f in reversed(listed) if f.cursor), cursor)
        except PlumblineError as error:
            return str(error)
        for rule, count in discovery.refused.items():
            self.harvest.add("refused", count)
            self.harvest.add(f"refused:{rule}", count)
        self.run = replace(self.run, cursor=cursor)
        self.renew(after_s=0)
        return ""

    def take_in(self, listed: Sequence[Found]) -> None:
        """Put what is listed into the frontier, and keep what came along with the listing."""
        state = self.crawler.state
        self.harvest.discover(listed, state=state)
        brought = [found for found in listed if found.fetched]
        for some in batched(brought, KEEP_EVERY):
            known = state.read(self.source.id, [found.url for found in some])
            now = self.crawler.clock.now()
            results, tokens = [], 0
            for found in some:
                if found.url not in known:  # over `max_pages`
                    continue
                results.append(_brought(found, known[found.url], self.source, self.run, now))
                tokens += _tokens(results[-1])
                if self.is_spent(tokens):
                    self.keep(results, known)
                    results, tokens = [], 0
                    if self.is_spent():
                        return
            self.keep(results, known)
            self.renew()

    def renew(self, *, after_s: float = RENEW_S) -> None:
        """Hold on to the lease if it is that old; what was counted is saved with it. Raises: Conflict if it is lost."""
        if monotonic() - self.renewed >= after_s:
            term = LEASE if self.goes_on else SEEDING
            self.run = lease(replace(self.run, counts=dict(self.harvest.counts)), self.crawler, term)
            self.renewed = monotonic()

    def fetch(self, batch: list[UrlState]) -> bool:
        """Fetch a batch and keep results as they come; False if none of its hosts may be asked now."""
        named = [DocumentId(s.document_id) for s in batch if s.document_id]
        heads = self.crawler.publisher.heads.heads(named) if named else {}
        hidden = {name for name, head in heads.items() if head.is_hidden}
        known = {s.url: s for s in batch}
        now = self.crawler.clock.now()
        avoided = [s for s in batch if s.document_id not in hidden and can_be_avoided(s, self.source, self.run, now)]
        self.keep([_avoided(s) for s in avoided], known)
        skipped = {s.url for s in avoided}
        due = [s for s in batch if s.url not in skipped]
        taken = self.hosts.take(hosts_of(s.url for s in due))
        due = [s for s in due if not (host := host_of(s.url)) or host in taken]
        if not due:
            return bool(avoided)
        fetches = [
            Fetch(url=s.url, etag=s.etag, last_modified=s.last_modified)
            if is_settled(s) and not self.run.relearn and s.document_id not in hidden
            else Fetch(url=s.url)
            for s in due
        ]
        results, kept_at = [], monotonic()
        tokens = 0
        reading = self.reader.read(self.source, fetches)
        for result in reading:
            self.pages += 1
            if result.retry_after_s:
                self.hosts.pause(host_of(result.final_url or result.url), result.retry_after_s)
            if result.outcome != "failed" or result.requests or not result.retry_after_s:
                results.append(result)  # what was not asked because it is too soon stays in the frontier
            tokens += _tokens(result)
            if len(results) >= KEEP_EVERY or monotonic() - kept_at > KEEP_AFTER_S or self.is_spent(tokens):
                self.keep(results, known)
                results, kept_at, tokens = [], monotonic(), 0
            self.renew()
            self.hosts.renew()
            if monotonic() > self.deadline or self.is_spent() or not taken <= self.hosts.held.keys() or self.closed_s():
                break
        close = getattr(reading, "close", None)
        if close:
            close()
        self.keep(results, known)
        return True

    def closed_s(self) -> float:
        """Seconds until the source may be crawled again; 0 if it may be now."""
        now = self.crawler.clock.now()
        return (opens_at(self.source.hours, now) - now).total_seconds()

    def is_spent(self, more: int = 0) -> bool:
        """Say whether the budget of tokens is used up, or would be by so many more."""
        return 0 < self.source.max_tokens <= self.harvest.counts.get("tokens", 0) + more

    def keep(self, results: Sequence[Fetched], known: dict[str, UrlState]) -> None:
        """Keep results. That there is an answer at all is saved first: a kill must not make it look like none."""
        if answered := sum(map(_is_answer, results)):
            is_first = self.harvest.found_nothing
            self.harvest.add("answered", answered)
            self.run = replace(self.run, answered_at=iso(self.crawler.clock.now()))
            self.renew(after_s=0 if is_first else RENEW_S)
        keep(results, known, harvest=self.harvest, keeper=self.keeper)

    def hand_on(self) -> CrawlRun:
        """Leave the rest to the next slice."""
        return self._send_on(self.run.slice + 1, 0)

    def put_off(self, wait_s: float) -> CrawlRun:
        """Go on later: outside its hours, or while its hosts are asked by another crawl or want to be left alone."""
        now = self.crawler.clock.now()
        if wait_s > LONGEST_WAIT_S and not self.closed_s():
            until = iso(now + timedelta(seconds=wait_s))
            return self.finish("stopped", f"its hosts want to be left alone until {until}: the next crawl goes on then")
        if now - parse_iso(self.run.answered_at or self.run.started_at) > LONGEST and not self.source.hours:
            return self.finish("failed", self.harvest.last_failure or "its hosts could not be asked for a day")
        return self._send_on(self.goes_on, min(max(wait_s, 1.0), LONGEST_WAIT_S))

    def _send_on(self, number: int, delay_s: float) -> CrawlRun:
        until = iso(self.crawler.clock.now() + timedelta(seconds=delay_s) + LEASE)
        left = replace(self.run, counts=self.harvest.counts, slice=number, lease_owner="", lease_until=until)
        run = self.crawler.state.save_run(left)
        message = CrawlMessage(source_id=run.source_id, crawl_id=run.crawl_id, slice=run.slice)
        self.crawler.queue.send(self.crawler.queue_name, [message.to_json()], delay_s=delay_s)
        return run

    def release(self) -> None:
        """Give up the lease after a failure, so that the message may try again."""
        soon = iso(self.crawler.clock.now() + AGAIN)
        with contextlib.suppress(PlumblineError):
            free = replace(self.run, lease_owner="", lease_until=soon, counts=self.harvest.counts)
            self.run = self.crawler.state.save_run(free)

    def finish(self, outcome: Outcome, error: str) -> CrawlRun:
        """Write the report and close the crawl, if it is still ours; killed in between, it ends once more."""
        self.renew(after_s=0)
        now, run = iso(self.crawler.clock.now()), self.run
        seconds = round((parse_iso(now) - parse_iso(run.started_at)).total_seconds(), 1)
        when = {"crawl_id": run.crawl_id, "started_at": run.started_at, "seconds": seconds}
        facts = {"source_id": run.source_id, "outcome": outcome, "error": error, **when, **self.harvest.counts}
        # A crawl that was let go on after it had stopped to ask ends twice.
        name = f"{run.crawl_id}-may-delete" if run.may_delete else run.crawl_id
        fact = Fact(id=name, subject_id=f"source:{run.source_id}", kind="crawled", at=now, facts=facts)
        self.crawler.ledger.append([fact])
        if outcome == "complete":  # whatever an earlier crawl asked is answered
            self.crawler.held.remove([held_id(run.source_id, "")])
        ended = replace(run, outcome=outcome, error=error, ended_at=now, counts=self.harvest.counts)
        run = self.crawler.state.save_run(replace(ended, lease_owner=""))
        logger.info(
            "crawled source=%s outcome=%s %s%s",
            *(run.source_id, outcome, " ".join(f"{k}={v}" for k, v in run.counts.items())),
            f" error={error}" if error else "",
        )
        return run


def _avoided(state: UrlState) -> Fetched:
    return Fetched(url=state.url, outcome="avoided", status=state.status, fetched_at=state.checked_at)


def _brought(found: Found, state: UrlState, source: Source, run: CrawlRun, now: datetime) -> Fetched:
    """What came along with the listing; nothing, if it is stamped as it was."""
    assert found.fetched is not None
    return _avoided(state) if can_be_avoided(state, source, run, now) else found.fetched


def _tokens(result: Fetched) -> int:
    return 1 + len(result.page.text) // CHARS_A_TOKEN if result.page else 0


def _is_answer(result: Fetched) -> bool:
    """Say whether a result tells something of the site: not if we did not ask it, as for a private address."""
    never_asked = result.outcome == "refused" and not result.status and "robots.txt" not in result.reason
    return result.outcome != "failed" and not never_asked
