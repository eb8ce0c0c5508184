"""What one fetched page means: a document, an alias, links to follow, or nothing any more."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Protocol
from urllib.parse import urlsplit

from lib.domain.documents import MAX_TEXT_CHARS, Document, DocumentId, Provenance, SourceId, document_id
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.ports.crawl_state import UrlState
from lib.ports.document_store import DocumentStore
from lib.ports.source_reader import Fetched

LAST = 1_000_000_000
"""Depth and order of a URL that failed once: it is tried again after all others."""
DENIED_STATUSES = (401, 403, 407, 451)
DENIED_OFTEN = 3
"""Crawls in a row that a page must answer `denied` before it counts as gone."""
REDIRECTS = "redirects to "
NOINDEX = "the page asks not to be indexed (noindex)"


class Tally(Protocol):
    """What verdicts need of a crawl."""

    source: Source
    crawl_id: str
    extractor: str
    last_failure: str
    met: set[str]

    def add(self, name: str, amount: int = 1) -> None:
        """Count something."""


def related(result: Fetched, known: dict[str, UrlState]) -> list[str]:
    """Other URLs whose states a result may touch."""
    urls = [result.final_url] if result.final_url else []
    if result.page and result.page.canonical:
        urls.append(result.page.canonical)
    if result.url in known:
        urls += [known[result.url].canonical] if known[result.url].canonical else []
        urls += known[result.url].aliases
    return urls


def _home(state: UrlState) -> str:
    """Where an unchanged page is expected to be: a redirect leads elsewhere, a canonical URL is only named."""
    return state.canonical if state.reason.startswith(REDIRECTS) else state.url


class Verdicts:
    """Decides for each result in turn; later results see what earlier ones decided."""

    def __init__(self, harvest: Tally, states: dict[str, UrlState], documents: DocumentStore) -> None:
        self.harvest, self.states, self.documents = harvest, states, documents
        self.changed: dict[str, UrlState] = {}
        self.drafts: list[Document] = []
        self.new_ids: set[str] = set()
        self.links: list[tuple[str, int]] = []

    def state(self, url: str) -> UrlState:
        return self.changed.get(url) or self.states.get(url) or UrlState(source_id=self.harvest.source.id, url=url)

    def save(self, state: UrlState) -> None:
        self.changed[state.url] = state

    def is_met(self, url: str) -> bool:
        """Say whether this crawl has its verdict on a URL."""
        state = self.state(url)
        return state.crawl_id == self.harvest.crawl_id and not state.pending

    def is_void(self, url: str) -> bool:
        """Say whether this crawl found nothing at a URL: no document, no sign where it is, no wish to keep it out."""
        state = self.state(url)
        has_document = bool(state.document_id) and not state.gone
        return self.is_met(url) and not has_document and not state.canonical and state.reason != NOINDEX

    def take(self, result: Fetched) -> None:
        harvest, before = self.harvest, self.state(result.url)
        harvest.met.add(result.url)
        harvest.add("requests", result.requests)
        harvest.add("bytes", result.size_bytes)
        met = replace(before, crawl_id=harvest.crawl_id, pending=False, gone=False, status=result.status)
        met = replace(met, checked_at=result.fetched_at)
        if result.outcome == "not_modified" and self.is_met(result.url):
            harvest.add("unchanged")  # a redirect to it was quicker, and brought the page itself
        elif result.outcome == "failed":
            self.failed(met, result)
        elif result.outcome == "gone":
            harvest.add("missing")
            self.lose(met, f"the server answered {result.status}")
        elif result.outcome == "refused":
            harvest.add("refused")
            harvest.last_failure = harvest.last_failure or f"{result.url}: {result.reason}"
            self.refused(met, result)
        elif result.outcome == "not_modified" and result.final_url not in ("", _home(met)):
            self.save(replace(met, pending=True, etag="", last_modified=""))  # unchanged, but elsewhere: read it there
        elif result.outcome == "not_modified" and (self.is_void(met.canonical) or not (met.etag or met.last_modified)):
            # What it stood for is gone, found out before or meanwhile: it may have to stand for itself.
            self.save(replace(met, pending=True, etag="", last_modified="", canonical=""))
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
        if met.order < LAST:
            self.save(replace(met, pending=True, depth=LAST, order=met.order + LAST, reason=result.reason))
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
        self.drop(replace(met, links=(), canonical="", etag="", last_modified=""), reason, is_lost=True)

    def drop(self, met: UrlState, reason: str, *, is_lost: bool = False) -> None:
        """
        No document here. Pages that named this one as their canonical stand for themselves now.

        One of them takes the document back, best the one that it was named after. Redirects are looked at again only if
        the page `is_lost`: while it is there, they lead here.
        """
        lost = replace(met, gone=bool(met.document_id), reason=reason)
        if reason != NOINDEX:
            source_id = self.harvest.source.id
            for alias in sorted(met.aliases, key=lambda url: document_id(source_id, url) != met.document_id):
                other = self.state(alias)
                if other.canonical == met.url and (is_lost or not other.reason.startswith(REDIRECTS)):
                    if lost.document_id and not other.document_id:
                        other = replace(other, document_id=lost.document_id)
                        lost = replace(lost, document_id="", gone=False)
                    again = replace(other, etag="", last_modified="", canonical="", reason="")
                    again = replace(again, pending=True, crawl_id=self.harvest.crawl_id)
                    self.save(replace(again, aliases=tuple(sorted({*other.aliases, met.url}))))
        self.save(lost)

    def page(self, met: UrlState, result: Fetched) -> None:
        page = result.page
        assert page is not None
        target = result.final_url or result.url
        if target != result.url:
            met = replace(met, etag=result.etag, last_modified=result.last_modified)
            is_circle = self.state(target).canonical == result.url
            is_open = is_circle or not self.is_met(target) or self.is_void(target)
            self.alias(met, target, reason=REDIRECTS + target, is_open=is_open)
            if not is_open:
                return
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
            self.drop(met, NOINDEX)
        elif self.is_elsewhere(met, page):
            is_open = not self.is_met(page.canonical)
            self.alias(met, page.canonical, reason=f"its canonical URL is {page.canonical}", is_open=is_open)
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
        among the aliases), or if another page names the home page or a start page (a mistake that would empty a site).
        Nor if this crawl has found nothing there.
        """
        if not page.canonical or page.canonical == met.url or page.canonical in met.aliases:
            return False
        if not self.harvest.source.in_scope(page.canonical) or self.is_void(page.canonical):
            return False
        homes = {urlsplit(start).path or "/" for start in self.harvest.source.start} | {"/"}
        return urlsplit(page.canonical).path not in homes or urlsplit(met.url).path in homes

    def alias(self, met: UrlState, target: str, *, reason: str, is_open: bool) -> None:
        """
        This URL stands for another one, which takes over its document if it has none: pages keep their identity.

        Only if there is no verdict on the other one yet (`is_open`), so that none is left where nothing is; and that
        one is read whole, since what it is matters for both.
        """
        other = self.state(target)
        if is_open:
            other = replace(other, etag="", last_modified="")
        aliases = tuple(sorted({*other.aliases, *met.aliases, met.url} - {target}))
        if met.document_id and is_open and not other.document_id:
            other, met = replace(other, document_id=met.document_id), replace(met, document_id="")
        self.save(replace(met, canonical=target, reason=reason, gone=bool(met.document_id)))
        self.save(replace(other, aliases=aliases))

    def follow(self, links: Iterable[str], depth: int) -> None:
        """Walk on; a sitemap source is what its sitemaps list, and nothing else."""
        if self.harvest.source.kind == "sitemap":
            return
        self.links.extend((url, depth + 1) for url in links)

    def name(self, url: str) -> DocumentId:
        """An id for a page that has none: made of its URL, unless a page that moved away took that id along."""
        source_id, before = self.harvest.source.id, self.states.get(url)
        for number in count():
            name = document_id(source_id, f"{url}\n{number}" if number else url)
            if before is None or not before.checked_at:
                break  # seen for the first time
            stored = self.documents.get([name]).get(name)
            moved = bool(before.canonical) and not number
            if stored is None or stored.deleted or (stored.url == url and not moved):
                break
        return name

    def document(self, met: UrlState, page: Page, result: Fetched) -> None:
        source = self.harvest.source
        name = DocumentId(met.document_id) if met.document_id else self.name(met.url)
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
