"""Look over a source for a plan: its listing against what is remembered, and the sizes of a few pages."""

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import nsmallest
from itertools import islice
from time import monotonic

from lib.domain.documents import DocumentId
from lib.domain.sources import Source
from lib.domain.times import iso
from lib.errors import PlumblineError
from lib.pipelines.crawl_due import can_be_avoided, is_settled
from lib.pipelines.crawl_guards import inspect
from lib.pipelines.crawl_hosts import Hosts
from lib.pipelines.crawl_results import tokens_in
from lib.pipelines.crawler import BATCH, batched, hosts_of, settings_of
from lib.ports.crawl_state import CrawlRun, CrawlState, UrlState
from lib.ports.document_store import DocumentStore
from lib.ports.masking import Masker
from lib.ports.source_reader import Fetch, Fetched, Found, SourceReader

STORED = 50
"""Documents of earlier crawls whose texts are measured."""
SAMPLE_S = 60.0
"""No page of a sample is asked for after so long."""


@dataclass(slots=True)
class Survey:
    """What was seen."""

    is_anew: bool = False
    found: int = 0
    new: int = 0
    asked: int = 0
    may_change: int = 0
    """Of those asked for: documents, and, if all is read anew, every page."""
    avoided: int = 0
    changed: int = 0
    documents: set[str] = field(default_factory=set)
    """Ids of the documents that were met."""
    is_cut: bool = False
    """There are more addresses than `max_pages`."""
    is_open: bool = False
    """Pages were not read that may lead to more."""
    sizes: list[int] = field(default_factory=list)
    """Tokens of each measured page; 0 for one without a text to keep."""
    new_tokens: int = 0
    measured_new: int = 0
    """New pages among the measured ones, with their tokens."""
    stored: int = 0
    brought: int = 0
    fetched: int = 0
    without_text: int = 0
    failed: int = 0
    problem: str = ""

    @property
    def known(self) -> int:
        """Addresses that earlier crawls read."""
        return self.asked + self.avoided

    @property
    def mean_tokens(self) -> float | None:
        """Tokens of a page; None if none was measured."""
        return sum(self.sizes) / len(self.sizes) if self.sizes else None


@dataclass(slots=True, kw_only=True)
class Surveyor:
    """Surveys one source once."""

    source: Source
    reader: SourceReader
    state: CrawlState
    documents: DocumentStore
    masker: Masker
    hosts: Hosts
    """To take those that are asked, so that no crawl asks them meanwhile."""
    now: datetime
    sample: int
    seen: Survey = field(default_factory=Survey)
    _run: CrawlRun = field(init=False)
    _some_new: list[str] = field(default_factory=list)
    _some_stored: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        before = self.state.load_run(self.source.id)
        settings = settings_of(self.source, self.reader)
        unread = before is not None and before.relearn and before.outcome != "complete"
        self.seen.is_anew = before is not None and (before.settings_hash != settings or unread)
        self._run = CrawlRun(source_id=self.source.id, crawl_id="", started_at=iso(self.now), relearn=self.seen.is_anew)

    def survey(self) -> Survey:
        """
        List or walk the source, and sample it.

        Raises: NotYet if somebody else asks its hosts, or they want to be left alone; Unreachable, BadInput.
        """
        if self.sample or not self.source.follows_links:
            self.hosts.take_all(hosts_of(self.source.start))
        # One more than the limit, to see whether it would stop the crawl.
        roomy = replace(self.source, max_pages=self.source.max_pages + 1)
        try:
            discovery = self.reader.discover(roomy)
            if self.source.follows_links:
                self._walk(discovery.found)
            else:
                self._list(discovery.found)
        except PlumblineError as error:
            self.hosts.obey(error, hosts_of(self.source.start))
            raise
        for host, rest_s in discovery.account.rests.items():
            self.hosts.rest(host, rest_s)
        return self.seen

    def _list(self, found: Iterable[Found]) -> None:
        listed = islice(found, self.source.max_pages + 1)
        for some in batched(listed, BATCH):
            room = self.source.max_pages - self.seen.found
            self.seen.is_cut = len(some) > room
            self._take(some[:room])
            self.hosts.renew()
        if close := getattr(found, "close", None):
            close()
        self._measure_stored()
        self._fetch(self._some_new[: max(0, self.sample - len(self.seen.sizes))])

    def _walk(self, found: Iterable[Found]) -> None:
        """Breadth first: along remembered links for nothing, then along those of as many new pages as may be read."""
        met: set[str] = set()
        todo: deque[str] = deque()
        unread: deque[str] = deque()

        def meet(urls: Iterable[str]) -> None:
            for url in urls:
                if url in met or not self.source.in_scope(url):
                    continue
                if len(met) >= self.source.max_pages:
                    self.seen.is_cut = True
                    return
                met.add(url)
                todo.append(url)

        meet(entry.url for entry in found)
        deadline = monotonic() + SAMPLE_S
        while True:
            while todo:
                some = [Found(url=todo.popleft()) for _ in range(min(BATCH, len(todo)))]
                known = self._take(some)
                unread.extend(entry.url for entry in some if entry.url not in known)
                for state in known.values():
                    meet((*state.links, *([state.canonical] if state.canonical else [])))
            if not self.seen.stored:
                self._measure_stored()
            room = self.sample - self.seen.stored - self.seen.fetched
            if room < 1 or not unread or monotonic() > deadline:
                break
            for result in self._fetch([unread.popleft() for _ in range(min(room, len(unread)))]):
                met.add(result.final_url)
                meet(result.page.links if result.page else ())
        self.seen.is_open = bool(unread) or self.seen.failed > 0

    def _take(self, some: Sequence[Found]) -> dict[str, UrlState]:
        """Count entries; gives the states of those that are known."""
        states = self.state.read(self.source.id, [entry.url for entry in some])
        known = {url: state for url, state in states.items() if state.document_id or is_settled(state)}
        self._note_documents(known)
        self.seen.found += len(some)
        new = [entry for entry in some if entry.url not in known]
        self.seen.new += len(new)
        for entry in new:
            if entry.fetched:
                self.seen.brought += 1
                self._measure(entry.fetched)
        candidates = (entry.url for entry in new if not entry.fetched)
        self._some_new = nsmallest(self.sample, (*self._some_new, *candidates), key=_lot)
        for entry in some:
            if state := known.get(entry.url):
                self._classify(replace(state, listed=entry.stamp), entry)
        return known

    def _classify(self, state: UrlState, entry: Found) -> None:
        if can_be_avoided(state, self.source, self._run, self.now):
            self.seen.avoided += 1
            return
        self.seen.asked += 1
        self.seen.may_change += bool(state.document_id) or self.seen.is_anew
        self.seen.changed += bool(entry.stamp and state.stamp and entry.stamp != state.stamp)

    def _note_documents(self, known: dict[str, UrlState]) -> None:
        """Their documents, and those of the pages that they stand for."""
        others = {s.canonical for s in known.values() if s.canonical} - known.keys()
        reached = self.state.read(self.source.id, sorted(others)) if others else {}
        names = {s.document_id for s in (*known.values(), *reached.values()) if s.document_id}
        self._some_stored = nsmallest(STORED, {*self._some_stored, *names}, key=_lot)
        self.seen.documents |= names

    def _measure_stored(self) -> None:
        texts = self.documents.get([DocumentId(name) for name in self._some_stored])
        sizes = [tokens_in(document.text) for document in texts.values() if not document.deleted]
        self.seen.stored = len(sizes)
        self.seen.sizes += sizes

    def _fetch(self, urls: Sequence[str]) -> list[Fetched]:
        """Read new pages, politely, and measure them; not those of hosts that others ask."""
        results = []
        deadline = monotonic() + SAMPLE_S
        taken = self.hosts.take(hosts_of(start for url in urls for start in self.source.asks(url)))
        asked = [Fetch(url=url) for url in urls if taken.issuperset(hosts_of(self.source.asks(url)))]
        reading = self.reader.read(self.source, asked)
        for result in reading:
            for host in hosts_of(self.source.asks(result.url)):
                self.hosts.pause(host, result.retry_after_s)
                self.hosts.rest(host, result.rest_s)
            self.seen.fetched += 1
            self._measure(result)
            results.append(result)
            if monotonic() > deadline:
                break
        if close := getattr(reading, "close", None):
            close()
        return results

    def _measure(self, result: Fetched) -> None:
        """Size one new page as a crawl would keep it."""
        if result.outcome == "failed":
            self.seen.failed += 1
            self.seen.problem = self.seen.problem or f"{result.url}: {result.reason}"
            return
        tokens, problem = 0, result.reason
        if result.page:
            state = UrlState(source_id=self.source.id, url=result.final_url or result.url)
            inspected = inspect(result, state, None, self.source, self.masker)
            is_empty = result.page.noindex or not inspected.page.text.strip()
            problem = inspected.reason or ("it has no text, or asks not to be indexed" if is_empty else "")
            tokens = 0 if problem else tokens_in(inspected.page.text)
        if problem:
            self.seen.without_text += 1
            self.seen.problem = self.seen.problem or f"{result.url}: {problem}"
        self.seen.sizes.append(tokens)
        self.seen.measured_new += 1
        self.seen.new_tokens += tokens


def _lot(name: str) -> str:
    """A random order that is the same every time."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
