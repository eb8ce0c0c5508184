"""The frontier of a crawl, and keeping what was fetched: documents first, then what is remembered of them."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lib.domain.documents import Document, DocumentId
from lib.domain.sources import Source
from lib.domain.traps import trap
from lib.pipelines.crawl_book import Book, group_of, unread
from lib.pipelines.crawl_duplicates import rivals
from lib.pipelines.crawl_guards import Inspected, inspect
from lib.pipelines.crawl_results import tokens_in
from lib.pipelines.crawl_verdicts import Verdicts, related
from lib.pipelines.documents import Published, Publisher, store
from lib.pipelines.guards import put_held
from lib.ports.crawl_state import CrawlRun, CrawlState, UrlState
from lib.ports.held_items import HeldItems
from lib.ports.masking import Masker
from lib.ports.source_reader import Fetched, Found
from lib.redaction import redacted

logger = logging.getLogger(__name__)

MOST_PROBLEMS = 20


@dataclass(slots=True, kw_only=True)
class Harvest:
    """Running totals of a crawl, and what this slice knows of its frontier."""

    source: Source
    crawl_id: str
    counts: dict[str, int]
    extractor: str
    year: int
    """The present one."""
    problems: list[str] = field(default_factory=list)
    """The first addresses that became no document, each with the reason."""
    met: set[str] = field(default_factory=set)
    """URLs known to be in this crawl already, to save reads."""
    trapped: set[str] = field(default_factory=set)
    """URLs that looked like a trap, each to be counted once; a shorter way to one may still take it in."""

    @classmethod
    def of(cls, run: CrawlRun, *, source: Source, extractor: str, year: int) -> "Harvest":
        """Go on counting where a run is."""
        counts, problems = dict(run.counts), list(run.problems)
        return cls(
            source=source, crawl_id=run.crawl_id, counts=counts, problems=problems, extractor=extractor, year=year
        )

    def add(self, name: str, amount: int = 1) -> None:
        """Count something."""
        self.counts[name] = self.counts.get(name, 0) + amount

    @property
    def found_nothing(self) -> bool:
        """True if nothing is known of any URL of this crawl: then nothing may be concluded from it."""
        return not self.counts.get("answered") and not self.counts.get("avoided")

    @property
    def problem(self) -> str:
        """The first of the problems, if there is one."""
        return self.problems[0] if self.problems else ""

    def trouble(self, url: str, reason: str) -> None:
        """Note an address that became no document, for people."""
        if len(self.problems) < MOST_PROBLEMS and (line := redacted(f"{url}: {reason}")) not in self.problems:
            self.problems.append(line)

    def refuse_trap(self, url: str, kind: str) -> None:
        """Count an address that looks like a trap, and name the first one."""
        if url in self.trapped:
            return
        self.trapped.add(url)
        self.add("refused")
        self.add("refused:trap")
        self.add(f"trap:{kind}")
        if self.counts[f"trap:{kind}"] == 1:
            what = "not followed, it looks like a trap source=%s kind=%s url=%s"
            logger.warning(what, self.source.id, kind, redacted(url))

    def place(self) -> int:
        """The next place in the frontier."""
        self.add("found")
        return self.counts["found"]

    def discover(self, listed: Iterable[Found], *, state: CrawlState) -> None:
        """Put what is listed and new to this crawl into its frontier and save it, with what the listing says of it."""
        named = {found.url: found for found in listed}
        opened = frontier([(url, 0) for url in named], self, state)
        state.save([replace(e, listed=named[e.url].stamp, part=named[e.url].part) for e in opened])


def frontier(links: Sequence[tuple[str, int]], harvest: Harvest, state: CrawlState) -> list[UrlState]:
    """States that put new in-scope URLs into the frontier, up to the source's page limit."""
    source, fresh = harvest.source, dict[str, int]()
    for url, depth in links:
        if url in harvest.met or depth >= fresh.get(url, depth + 1) or not source.in_scope(url):
            continue
        if depth and source.follows_links and (kind := trap(url, depth=depth, year=harvest.year)):
            harvest.refuse_trap(url, kind)
            continue
        fresh[url] = depth
    known = state.read(source.id, list(fresh)) if fresh else {}
    added = []
    for url, depth in fresh.items():
        harvest.met.add(url)
        before = known.get(url)
        if before and before.crawl_id == harvest.crawl_id:
            continue
        if harvest.counts.get("found", 0) >= source.max_pages:
            harvest.add("over_limit")
            continue
        added.append(_open(before or UrlState(source_id=source.id, url=url), depth, harvest))
    return added


def reopen(state: UrlState, harvest: Harvest) -> UrlState:
    """Put a page that no link leads to any more into the frontier, to see whether it is still there."""
    return _open(state, state.depth, harvest)


def _open(state: UrlState, depth: int, harvest: Harvest) -> UrlState:
    place = harvest.place()
    return replace(state, crawl_id=harvest.crawl_id, pending=True, gone=False, depth=depth, order=place, listed="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """The ports that keeping needs."""

    state: CrawlState
    publisher: Publisher
    held: HeldItems
    masker: Masker


def keep(results: Sequence[Fetched], known: dict[str, UrlState], *, harvest: Harvest, keeper: Keeper) -> None:
    """
    Turn results into documents, held items, URL states and new frontier entries.

    `known` has the states of the batch, and is kept up to date. New documents are claimed by their URLs before they are
    written, and acknowledged before anything else about them is remembered: a validator that outlived its document
    would hide a page for ever.
    """
    if not results:
        return
    read = _Reading(dict(known), harvest.source.id, keeper.state)
    for _ in range(2):  # what a result names, then what that stands for
        read.more([url for result in results for url in related(result, read.states)])
    stored, inspected = _inspected(results, read.states, harvest.source, keeper)
    verdicts = Verdicts(Book(harvest, read.states), inspected, keeper.publisher.documents)
    groups = {group_of(name) for name in read.fingerprints(results)} | {
        group_of(i.fingerprint) for i in inspected.values()
    }
    read.more(groups - {""})
    read.more(url for group in groups if group in read.states for url in rivals(read.states[group]))
    for result in results:
        verdicts.take(result)
    if verdicts.held:
        put_held(verdicts.held, keeper.held)
    if verdicts.unheld:
        keeper.held.remove(verdicts.unheld)
    if claims := _claims(verdicts, read.states):
        keeper.state.save(claims)
    written = store(verdicts.drafts, publisher=keeper.publisher, said=verdicts.said, stored=stored)
    changed = verdicts.book.changed
    _count(verdicts, written, harvest)
    for url, found in changed.items():
        published = written.get(DocumentId(found.document_id))
        if published and (published.changed or not found.changed_at):
            changed[url] = replace(found, changed_at=found.checked_at)
    for entry in frontier(verdicts.book.links, harvest, keeper.state):
        if entry.url not in changed:
            changed[entry.url] = entry
        elif (noted := changed[entry.url]).crawl_id != harvest.crawl_id:  # what was noted on it must stay
            changed[entry.url] = replace(
                noted, crawl_id=entry.crawl_id, pending=True, gone=False, depth=entry.depth, order=entry.order
            )
    keeper.state.save(list(changed.values()))
    known.update({url: changed[url] for url in known.keys() & changed.keys()})  # for the rest of the batch


@dataclass(slots=True)
class _Reading:
    """States by URL, read as they come to matter."""

    states: dict[str, UrlState]
    source_id: str
    port: CrawlState

    def more(self, urls: Iterable[str]) -> None:
        unknown = [url for url in dict.fromkeys(urls) if url not in self.states]
        if unknown:
            self.states.update(self.port.read(self.source_id, unknown))

    def fingerprints(self, results: Sequence[Fetched]) -> set[str]:
        """What the results' pages said before."""
        urls = {url for result in results for url in (result.url, result.final_url)}
        return {self.states[url].fingerprint for url in urls if url in self.states}


def _inspected(
    results: Sequence[Fetched], states: dict[str, UrlState], source: Source, keeper: Keeper
) -> tuple[dict[DocumentId, Document], dict[str, Inspected]]:
    """The documents that answer now, and the results' pages as they may be stored, by URL asked for."""
    pages = [(result, _answering(result, states, source)) for result in results if result.page]
    names = list({DocumentId(state.document_id) for _, state in pages if state.document_id})
    stored = keeper.publisher.documents.get(names) if names else {}
    return stored, {
        result.url: inspect(result, state, stored.get(DocumentId(state.document_id)), source, keeper.masker)
        for result, state in pages
    }


def _answering(result: Fetched, states: dict[str, UrlState], source: Source) -> UrlState:
    """The state of the URL whose document a page would replace: where it was found, or else where it was asked for."""
    blank = UrlState(source_id=source.id, url=result.url)
    target = states.get(result.final_url or result.url, blank)
    return target if target.document_id else states.get(result.url, blank)


def _claims(verdicts: Verdicts, known: dict[str, UrlState]) -> list[UrlState]:
    """States that name the documents that are about to be made: one that no URL knows of would answer for ever."""
    return [
        replace(
            unread(known.get(state.url) or UrlState(source_id=state.source_id, url=state.url)),
            document_id=state.document_id,
            crawl_id=state.crawl_id,
            pending=True,
            gone=False,
            depth=state.depth,
            order=state.order,
            canonical="",
        )
        for state in verdicts.book.changed.values()
        if state.document_id in verdicts.new_ids
    ]


def _count(verdicts: Verdicts, written: dict[DocumentId, Published], harvest: Harvest) -> None:
    tokens = {draft.id: tokens_in(draft.text) for draft in verdicts.drafts}
    for document, published in written.items():
        fresh = document in verdicts.new_ids
        harvest.add("unchanged" if not published.changed else "new" if fresh else "changed")
        if published.changed:
            harvest.add("tokens", tokens[document])
