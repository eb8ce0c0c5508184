"""What one fetched page means: a document, an alias, links to follow, or nothing any more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from lib.domain.documents import MAX_TEXT_CHARS, Document, DocumentId, Provenance, SourceId, document_id
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.pipelines.documents import Publisher, store
from lib.ports.crawl_state import CrawlState, UrlState
from lib.ports.source_reader import Fetched

SECOND_TRY = 1_000_000_000
"""Added to a URL's place in the frontier when it failed once: it is tried again after all others."""
DENIED_STATUSES = (401, 403, 407, 451)
DENIED_OFTEN = 3
"""Crawls in a row that a page must answer `denied` before it counts as gone."""


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
        answered = sum(self.counts.get(name, 0) for name in ("fetched", "unchanged", "missing", "refused"))
        return answered == 0

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

    Documents are acknowledged before anything about them is remembered: a validator that outlived its document would
    hide a page for ever.
    """
    if not results:
        return
    related = [url for r in results for url in _related(r, known) if url not in known]
    others = state.read(harvest.source.id, list(dict.fromkeys(related))) if related else {}
    page_keeper = _Keeper(harvest, {**others, **known})
    for result in results:
        page_keeper.take(result)
    written = store(page_keeper.drafts, publisher=publisher)
    for document, published in written.items():
        fresh = document in page_keeper.new_ids
        harvest.add("unchanged" if not published.changed else "new" if fresh else "changed")
    opened = frontier(page_keeper.links, harvest, state)
    changed = page_keeper.changed
    for entry in opened:
        if entry.url not in changed:
            changed[entry.url] = entry
        elif changed[entry.url].crawl_id != harvest.crawl_id:  # an alias was noted on it, which must stay
            noted = changed[entry.url]
            changed[entry.url] = replace(entry, aliases=noted.aliases, document_id=noted.document_id)
    state.save(list(changed.values()))


def _related(result: Fetched, known: dict[str, UrlState]) -> list[str]:
    """Other URLs whose states a result may touch."""
    related = [result.final_url] if result.final_url else []
    if result.page and result.page.canonical:
        related.append(result.page.canonical)
    if result.outcome in ("gone", "refused") and result.url in known:
        related.extend(known[result.url].aliases)
    return related


class _Keeper:
    """Decides for each result in turn; later results see what earlier ones decided."""

    def __init__(self, harvest: Harvest, states: dict[str, UrlState]) -> None:
        self.harvest, self.states = harvest, states
        self.changed: dict[str, UrlState] = {}
        self.drafts: list[Document] = []
        self.new_ids: set[str] = set()
        self.links: list[tuple[str, int]] = []

    def state(self, url: str) -> UrlState:
        return self.changed.get(url) or self.states.get(url) or UrlState(source_id=self.harvest.source.id, url=url)

    def save(self, state: UrlState) -> None:
        self.changed[state.url] = state

    def take(self, result: Fetched) -> None:
        harvest, before = self.harvest, self.state(result.url)
        harvest.met.add(result.url)
        harvest.add("requests", result.requests)
        harvest.add("bytes", result.size_bytes)
        met = replace(before, crawl_id=harvest.crawl_id, pending=False, gone=False, status=result.status)
        met = replace(met, checked_at=result.fetched_at)
        if result.outcome == "failed":
            self.failed(met, result)
        elif result.outcome == "gone":
            harvest.add("missing")
            self.lose(met, f"the server answered {result.status}")
        elif result.outcome == "refused":
            harvest.add("refused")
            self.refused(met, result)
        elif result.outcome == "not_modified" and result.final_url not in ("", met.url, met.canonical):
            self.save(replace(met, pending=True, etag="", last_modified=""))  # unchanged, but elsewhere: read it there
        elif result.outcome == "not_modified":
            harvest.add("unchanged")
            self.save(replace(met, failures=0))
            self.follow(met.links, met.depth)
            if met.canonical:
                self.links.append((met.canonical, met.depth))
        else:
            harvest.add("fetched")
            self.page(met, result)

    def failed(self, met: UrlState, result: Fetched) -> None:
        """No verdict: the document, if any, stays; tried once more at the end of this crawl."""
        self.harvest.last_failure = f"{result.url}: {result.reason}"
        self.follow(met.links, met.depth)
        if met.order < SECOND_TRY:
            self.save(replace(met, pending=True, order=met.order + SECOND_TRY, reason=result.reason))
            return
        self.harvest.add("failed")
        self.save(replace(met, failures=met.failures + 1, reason=result.reason))

    def refused(self, met: UrlState, result: Fetched) -> None:
        """It may not be a document. A page that is suddenly denied gets some crawls to come back."""
        if result.status in DENIED_STATUSES and met.document_id and met.failures + 1 < DENIED_OFTEN:
            self.save(replace(met, failures=met.failures + 1, reason=result.reason))
            self.follow(met.links, met.depth)
            return
        self.lose(met, result.reason)

    def lose(self, met: UrlState, reason: str) -> None:
        """No document here any more; its tombstone is written when the crawl is complete."""
        lost = replace(met, gone=bool(met.document_id), links=(), canonical="", reason=reason)
        self.save(replace(lost, etag="", last_modified=""))
        for alias in met.aliases:  # pages that named this one as their canonical stand for themselves now
            other = self.state(alias)
            if other.canonical == met.url and not other.pending:
                again = replace(other, etag="", last_modified="", canonical="", reason="")
                again = replace(again, pending=True, crawl_id=self.harvest.crawl_id)
                self.save(replace(again, aliases=tuple(sorted({*other.aliases, met.url}))))

    def page(self, met: UrlState, result: Fetched) -> None:
        page = result.page
        assert page is not None
        target = result.final_url or result.url
        if target != result.url:
            met = replace(met, etag=result.etag, last_modified=result.last_modified)
            target_state = self.state(target)
            if target_state.crawl_id == self.harvest.crawl_id and not target_state.pending:
                self.alias(met, target, reason=f"redirects to {target}")
                return
            self.alias(met, target, reason=f"redirects to {target}")
            met = replace(self.state(target), crawl_id=self.harvest.crawl_id, pending=False, gone=False)
            met = replace(met, depth=min(met.depth, self.state(result.url).depth), status=result.status)
            met = replace(met, checked_at=result.fetched_at)
            self.harvest.met.add(target)
        met = replace(
            met,
            etag=result.etag,
            last_modified=result.last_modified,
            raw_hash=result.raw_hash,
            failures=0,
            links=tuple(url for url in page.links if self.harvest.source.in_scope(url) and url != target),
            canonical="",
            reason="",
        )
        self.follow(met.links, met.depth)
        if page.noindex:
            self.drop(met, "the page asks not to be indexed (noindex)")
        elif self.is_elsewhere(met, page):
            self.alias(met, page.canonical, reason=f"its canonical URL is {page.canonical}")
            self.links.append((page.canonical, met.depth))
        elif not page.text.strip():
            self.drop(met, "the page has no text")
        elif len(page.text) > MAX_TEXT_CHARS:
            self.drop(met, f"the page has more than {MAX_TEXT_CHARS:,} characters of text")
        else:
            self.document(met, page, result)

    def is_elsewhere(self, met: UrlState, page: Page) -> bool:
        """
        Say whether to believe the page's canonical URL.

        Not if it leads out of the source, if that URL stands for this one already or was tried and failed (both are
        among the aliases), or if a deeper page names the home page (a common mistake that would empty a site).
        """
        if not page.canonical or page.canonical == met.url or page.canonical in met.aliases:
            return False
        if not self.harvest.source.in_scope(page.canonical):
            return False
        return urlsplit(page.canonical).path != "/" or urlsplit(met.url).path == "/"

    def alias(self, met: UrlState, target: str, *, reason: str) -> None:
        """This URL stands for another one, which takes over its document if it has none: pages keep their identity."""
        other = self.state(target)
        aliases = tuple(sorted({*other.aliases, *met.aliases, met.url} - {target}))
        if met.document_id and not other.document_id:
            other, met = replace(other, document_id=met.document_id), replace(met, document_id="")
        self.save(replace(met, canonical=target, reason=reason, gone=bool(met.document_id)))
        self.save(replace(other, aliases=aliases))

    def drop(self, met: UrlState, reason: str) -> None:
        self.save(replace(met, gone=bool(met.document_id), reason=reason))

    def follow(self, links: Iterable[str], depth: int) -> None:
        """Walk on; a sitemap source is what its sitemaps list, and nothing else."""
        if self.harvest.source.kind == "sitemap":
            return
        self.links.extend((url, depth + 1) for url in links)

    def document(self, met: UrlState, page: Page, result: Fetched) -> None:
        source = self.harvest.source
        name = DocumentId(met.document_id) if met.document_id else document_id(source.id, met.url)
        if not met.document_id:
            self.new_ids.add(name)
        self.save(replace(met, document_id=name))
        provenance = Provenance(
            fetched_at=result.fetched_at,
            crawl_id=self.harvest.crawl_id,
            requested_url=result.url,
            final_url=met.url,
            etag=result.etag,
            last_modified=result.last_modified,
            extractor=self.harvest.extractor,
            raw_hash=result.raw_hash,
        )
        self.drafts.append(
            Document(
                id=name,
                source_id=SourceId(source.id),
                url=met.url,
                title=page.title,
                text=page.text,
                content_hash="",
                version=0,
                provenance=provenance,
                language=page.language,
                media_type=page.media_type,
                anchors=page.anchors,
                access=source.access,
                aliases=tuple(alias for alias in met.aliases if alias != met.url),
            )
        )
