"""The frontier of a crawl, and keeping what was fetched: documents first, then what is remembered of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lib.domain.sources import Source
from lib.pipelines.crawl_verdicts import Verdicts, related
from lib.pipelines.documents import Publisher, store
from lib.ports.crawl_state import CrawlState, UrlState
from lib.ports.source_reader import Fetched


@dataclass(slots=True, kw_only=True)
class Harvest:
    """Running totals of a crawl, and what this slice knows of its frontier."""

    source: Source
    crawl_id: str
    counts: dict[str, int]
    extractor: str
    last_failure: str = ""
    met: set[str] = field(default_factory=set)
    """URLs known to be in this crawl already, to save reads."""

    def add(self, name: str, amount: int = 1) -> None:
        """Count something."""
        self.counts[name] = self.counts.get(name, 0) + amount

    @property
    def found_nothing(self) -> bool:
        """True if not one URL of this crawl gave an answer: then nothing may be concluded from it."""
        return not self.counts.get("answered")

    def place(self) -> int:
        """The next place in the frontier."""
        self.add("found")
        return self.counts["found"]

    def discover(self, seeds: Iterable[str], *, state: CrawlState) -> None:
        """Put seeds that are new to this crawl into its frontier and save them."""
        state.save(frontier([(url, 0) for url in seeds], self, state))


def frontier(links: Sequence[tuple[str, int]], harvest: Harvest, state: CrawlState) -> list[UrlState]:
    """States that put new in-scope URLs into the frontier, up to the source's page limit."""
    fresh: dict[str, int] = {}
    for url, depth in links:
        if url not in harvest.met and url not in fresh and harvest.source.in_scope(url):
            fresh[url] = depth
    known = state.read(harvest.source.id, list(fresh)) if fresh else {}
    added = []
    for url, depth in fresh.items():
        harvest.met.add(url)
        before = known.get(url)
        if before and before.crawl_id == harvest.crawl_id:
            continue
        if harvest.counts.get("found", 0) >= harvest.source.max_pages:
            harvest.add("over_limit")
            continue
        opened = before or UrlState(source_id=harvest.source.id, url=url)
        added.append(_open(opened, depth, harvest))
    return added


def reopen(state: UrlState, harvest: Harvest) -> UrlState:
    """Put a page that no link leads to any more into the frontier, to see whether it is still there."""
    return _open(state, state.depth, harvest)


def _open(state: UrlState, depth: int, harvest: Harvest) -> UrlState:
    return replace(state, crawl_id=harvest.crawl_id, pending=True, gone=False, depth=depth, order=harvest.place())


def keep(
    results: Sequence[Fetched],
    known: dict[str, UrlState],
    *,
    harvest: Harvest,
    state: CrawlState,
    publisher: Publisher,
) -> None:
    """
    Turn results into documents, URL states and new frontier entries.

    `known` has the states of the batch, and is kept up to date. Documents are acknowledged before anything about them
    is remembered: a validator that outlived its document would hide a page for ever.
    """
    if not results:
        return
    urls = [url for result in results for url in related(result, known) if url not in known]
    others = state.read(harvest.source.id, list(dict.fromkeys(urls))) if urls else {}
    verdicts = Verdicts(harvest, {**others, **known}, publisher.documents)
    for result in results:
        verdicts.take(result)
    written = store(verdicts.drafts, publisher=publisher)
    for document, published in written.items():
        fresh = document in verdicts.new_ids
        harvest.add("unchanged" if not published.changed else "new" if fresh else "changed")
    opened = frontier(verdicts.links, harvest, state)
    changed = verdicts.changed
    for entry in opened:
        if entry.url not in changed:
            changed[entry.url] = entry
        elif (noted := changed[entry.url]).crawl_id != harvest.crawl_id:  # what was noted on it must stay
            changed[entry.url] = replace(
                noted, crawl_id=entry.crawl_id, pending=True, gone=False, depth=entry.depth, order=entry.order
            )
    state.save(list(changed.values()))
    known.update({url: changed[url] for url in known.keys() & changed.keys()})  # for the rest of the batch
