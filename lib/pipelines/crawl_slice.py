"""One slice of a crawl: seed, fetch, keep, confirm; then the crawl is complete, or handed on."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from lib.domain.documents import DocumentId
from lib.domain.held import held_id
from lib.domain.messages import CrawlMessage
from lib.domain.schedules import opens_at
from lib.domain.sources import Source
from lib.domain.times import iso, parse_iso
from lib.errors import BadInput, PlumblineError
from lib.pipelines.crawl_confirm import TooMany, confirm, stop_and_ask
from lib.pipelines.crawl_due import avoided, brought, can_be_avoided, is_settled
from lib.pipelines.crawl_hosts import BUSY_S, TERM, Hosts
from lib.pipelines.crawl_keys import follow_keys
from lib.pipelines.crawl_pages import Harvest, Keeper, keep
from lib.pipelines.crawl_reports import fact_of
from lib.pipelines.crawl_results import is_answer, tokens_of
from lib.pipelines.crawler import BATCH, LEASE, SEEDING, Crawler, batched, hosts_of, lease
from lib.pipelines.documents import deny_wider
from lib.ports.crawl_state import CrawlRun, Outcome, UrlState
from lib.ports.source_reader import Fetch, Fetched, Found

logger = logging.getLogger(__name__)

AGAIN = timedelta(seconds=30)
"""When a crawl is taken up again whose slice failed, if its message is not there to do so."""
RENEW_S = 0.5
"""The lease is renewed so often, and the counts saved with it, for people who watch."""

KEEP_EVERY = 16
KEEP_AFTER_S = 0.5
"""Results are written after so many, or so long, so that building starts while the crawl goes on."""

LONGEST = timedelta(days=1)
"""A crawl that has had no answer for so long has failed."""
LONGEST_WAIT_S = 900.0
MOST_BEGUN = 5
"""How often a crawl begins its listing anew because a host wanted to be left alone; then it has failed."""


class Slice:
    """One slice of one crawl, by the one process that holds its lease."""

    def __init__(self, source: Source, run: CrawlRun, crawler: Crawler) -> None:
        self.source, self.run, self.crawler = source, run, crawler
        self.reader = crawler.reader_for(source)
        self.harvest = Harvest.of(run, source=source, extractor=self.reader.extractor, year=crawler.clock.now().year)
        self.deadline = monotonic() + crawler.slice_s
        self.renewed = monotonic()
        self.pages = 0
        self.goes_on = run.slice
        """The slice in which a crawl that is put off goes on: what has been listed is not listed again."""
        owner = f"{crawler.worker} the crawl of {source.id!r}"
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
            self.hosts.term = SEEDING
            starts = hosts_of(self.source.start)
            taken = self.hosts.take(starts)
            if starts and not (taken if self.source.follows_links else taken == set(starts)):
                return self.put_off(self.hosts.wait_s)
            if ended := self.seed():
                return ended
            self.hosts.term, self.goes_on = TERM, 1
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
        elif self.harvest.found_nothing and self.run.unlisted == "ask" and not self.run.unchanged:
            return self.finish("failed", self.harvest.problem or "no page could be fetched")
        elif isinstance(confirmed := confirm(self.source, self.run, self.harvest, self.crawler), TooMany):
            return self.finish("stopped", stop_and_ask(confirmed, self.source, self.run, self.crawler))
        elif confirmed == "done":
            return self.complete()
        return None

    def complete(self) -> CrawlRun:
        """End well; but who has nothing to answer from, or not all, is told."""
        counts, problem = self.harvest.counts, self.harvest.problem
        documents = self.crawler.publisher.documents
        if problem and not counts.get("gone") and not documents.totals().by_source.get(self.source.id, 0):
            return self.finish("failed", f"it has no document: {problem}")
        left_out = f"max_pages is {self.source.max_pages:,}: further addresses were left out"
        return self.finish("complete", left_out if counts.get("over_limit") else "")

    def noted(self) -> CrawlRun:
        """The run with what was counted until now."""
        return replace(self.run, counts=dict(self.harvest.counts), problems=list(self.harvest.problems))

    def seed(self) -> CrawlRun | None:
        """Take in what the source lists; the run, if it ends or waits here. What a killed slice took in stays."""
        if self.run.relearn:
            deny_wider(self.source, publisher=self.crawler.publisher)
        cursor, failure, asked = self.run.since, None, set(self.hosts.held)
        try:
            discovery = self.reader.discover(self.source, since=self.run.since)
        except PlumblineError as error:
            return self.not_listed(error)
        self.run = replace(self.run, unlisted=discovery.unlisted)
        try:
            with contextlib.closing(self.hosts.while_held(discovery.found, renew=self.renew)) as found:
                for listed in batched(found, BATCH):
                    self.take_in(listed)
                    if self.is_spent():  # what is left of the listing, the next crawl lists again
                        break
                    cursor = next((f.cursor for f in reversed(listed) if f.cursor), cursor)
        except PlumblineError as error:
            failure = error
        self.harvest.add("requests", discovery.account.requests)
        self.harvest.add("bytes", discovery.account.size_bytes)
        for host, rest_s in discovery.account.rests.items():
            self.hosts.rest(host, rest_s)
        if failure:
            return self.not_listed(failure)
        if not asked <= self.hosts.held.keys():
            return self.put_off(BUSY_S)
        for rule, count in discovery.account.refused.items():
            self.harvest.add("refused", count)
            self.harvest.add(f"refused:{rule}", count)
        if discovery.account.requests and not self.source.follows_links and not self.harvest.counts.get("found"):
            self.harvest.add("answered")  # a server's empty listing says something; an empty folder may be unmounted
        self.run = replace(self.run, cursor=cursor, unchanged=sorted(discovery.account.unchanged))
        self.renew(after_s=0)
        return None

    def not_listed(self, error: PlumblineError) -> CrawlRun:
        """End without a listing; or begin it anew later, if its host asks for that."""
        if wait_s := self.hosts.obey(error, hosts_of(self.source.start)):
            self.harvest.add("put_off")
            if self.harvest.counts["put_off"] <= MOST_BEGUN:
                return self.put_off(wait_s)
        return self.finish("failed", str(error))

    def take_in(self, listed: Sequence[Found]) -> None:
        """Put what is listed into the frontier, and keep what came along with the listing."""
        state = self.crawler.state
        follow_keys(listed, harvest=self.harvest, state=state)
        self.harvest.discover(listed, state=state)
        for some in batched((found for found in listed if found.fetched), KEEP_EVERY):
            known = state.read(self.source.id, [found.url for found in some])
            now = self.crawler.clock.now()
            results, tokens = [], 0
            for found in some:
                if found.url not in known:  # over `max_pages`
                    continue
                results.append(brought(found, known[found.url], self.source, self.run, now))
                tokens += tokens_of(results[-1])
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
            self.run = lease(self.noted(), self.crawler, term)
            self.renewed = monotonic()

    def fetch(self, batch: list[UrlState]) -> bool:
        """Fetch a batch and keep results as they come; False if none of its hosts may be asked now."""
        named = [DocumentId(s.document_id) for s in batch if s.document_id]
        heads = self.crawler.publisher.heads.heads(named) if named else {}
        hidden = {name for name, head in heads.items() if head.is_hidden}
        known = {s.url: s for s in batch}
        now = self.crawler.clock.now()
        settled = [s for s in batch if s.document_id not in hidden and can_be_avoided(s, self.source, self.run, now)]
        self.keep([avoided(s) for s in settled], known)
        skipped = {s.url for s in settled}
        due = [s for s in batch if s.url not in skipped]
        taken = self.hosts.take(hosts_of(url for s in due for url in self.source.asks(s.url)))
        due = [s for s in due if taken.issuperset(hosts_of(self.source.asks(s.url)))]
        if not due:
            return bool(settled)
        fetches = [
            Fetch(url=s.url, etag=s.etag, last_modified=s.last_modified, stamp=s.listed)
            if is_settled(s) and not self.run.relearn and s.document_id not in hidden
            else Fetch(url=s.url, stamp=s.listed)
            for s in due
        ]
        results, kept_at = [], monotonic()
        tokens = 0
        reading = self.reader.read(self.source, fetches)
        for result in reading:
            self.pages += 1
            for host in hosts_of(self.source.asks(result.final_url or result.url)):
                self.hosts.pause(host, result.retry_after_s)
                self.hosts.rest(host, result.rest_s)
            if result.outcome != "failed" or result.requests or not result.retry_after_s:
                results.append(result)  # what was not asked because it is too soon stays in the frontier
            tokens += tokens_of(result)
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
        if answered := sum(map(is_answer, results)):
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
            return self.finish("failed", self.harvest.problem or "its hosts could not be asked for a day")
        return self._send_on(self.goes_on, min(max(wait_s, 1.0), LONGEST_WAIT_S))

    def _send_on(self, number: int, delay_s: float) -> CrawlRun:
        until = iso(self.crawler.clock.now() + timedelta(seconds=delay_s) + LEASE)
        left = replace(self.noted(), slice=number, lease_owner="", lease_until=until)
        run = self.crawler.state.save_run(left)
        message = CrawlMessage(source_id=run.source_id, crawl_id=run.crawl_id, slice=run.slice)
        self.crawler.queue.send(self.crawler.queue_name, [message.to_json()], delay_s=delay_s)
        return run

    def release(self) -> None:
        """Give up the lease after a failure, so that the message may try again."""
        soon = iso(self.crawler.clock.now() + AGAIN)
        with contextlib.suppress(PlumblineError):
            free = replace(self.noted(), lease_owner="", lease_until=soon)
            self.run = self.crawler.state.save_run(free)

    def finish(self, outcome: Outcome, error: str) -> CrawlRun:
        """Write the report and close the crawl, if it is still ours; killed in between, it ends once more."""
        self.renew(after_s=0)
        now = iso(self.crawler.clock.now())
        ended = replace(self.noted(), outcome=outcome, error=error, ended_at=now)
        self.crawler.ledger.append([fact_of(ended)])
        if outcome == "complete":  # whatever an earlier crawl asked is answered
            self.crawler.held.remove([held_id(ended.source_id, "")])
        run = self.crawler.state.save_run(replace(ended, lease_owner=""))
        logger.info(
            "crawled source=%s outcome=%s %s%s",
            *(run.source_id, outcome, " ".join(f"{k}={v}" for k, v in run.counts.items())),
            f" error={error}" if error else "",
        )
        return run
