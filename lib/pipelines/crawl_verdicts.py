"""What one fetched page means: a document, an alias, links to follow, or nothing any more."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from urllib.parse import urlsplit

from lib.domain.documents import MAX_TEXT_CHARS, Document, DocumentId, document_id
from lib.domain.held import HeldItem, held_id
from lib.domain.pages import Page
from lib.pipelines.crawl_book import NOINDEX, REDIRECTS, SAME, Book, unread
from lib.pipelines.crawl_drafts import draft_of
from lib.pipelines.crawl_duplicates import repeats, settle
from lib.pipelines.crawl_guards import Inspected
from lib.ports.crawl_state import UrlState
from lib.ports.document_store import DocumentStore
from lib.ports.source_reader import Fetched

LAST = 1_000_000_000
"""Added to the depth and order of a URL that is asked for once more: it comes after all others."""
DENIED = ("robots", "status", "redirect")
"""Rules that may refuse a page for a while: a sign-in, a challenge, a wrong robots.txt."""
REDIRECTING = range(300, 400)
DENIED_OFTEN = 3
"""Crawls in a row that must refuse a page so before it counts as gone."""
UNREADABLE = ("type", "size")
"""Rules that refuse a resource for what it is: as long as it is listed as it was, they refuse it again."""


def related(result: Fetched, known: Mapping[str, UrlState]) -> list[str]:
    """Other URLs whose states a result may touch."""
    named = [result.url, result.final_url, result.page.canonical if result.page else ""]
    states = [known[url] for url in named if url in known]
    return [url for url in (*named, *(url for s in states for url in (s.canonical, *s.aliases))) if url]


def _home(state: UrlState) -> str:
    """Where an unchanged page is expected to be: a redirect leads elsewhere, a canonical URL is only named."""
    return state.canonical if state.reason.startswith(REDIRECTS) else state.url


def _is_handed_over(state: UrlState) -> bool:
    """Another URL holds what this one says: a document that it still has is one too many."""
    return bool(state.canonical and state.document_id)


class Verdicts:
    """Decides for each result in turn; later results see what earlier ones decided."""

    def __init__(self, book: Book, inspected: Mapping[str, Inspected], documents: DocumentStore) -> None:
        self.book, self.inspected, self.documents = book, inspected, documents
        self.tally = book.tally
        self.drafts: list[Document] = []
        self.said: dict[DocumentId, str] = {}
        """The meaning of each draft."""
        self.held: list[HeldItem] = []
        self.unheld: list[str] = []
        self.new_ids: set[str] = set()

    def take(self, result: Fetched) -> None:
        tally, before = self.tally, self.book.state(result.url)
        is_second = before.depth >= LAST
        tally.met.add(result.url)
        tally.add("requests", result.requests)
        tally.add("bytes", result.size_bytes)
        met = replace(before, crawl_id=tally.crawl_id, pending=False, gone=False, status=result.status)
        met = replace(met, checked_at=result.fetched_at, depth=before.depth % LAST)
        if result.outcome == "avoided":
            self.avoided(met)
        elif result.outcome == "not_modified" and self.book.is_met(result.url):
            tally.add("unchanged")  # a redirect to it was quicker, and brought the page itself
        elif result.outcome == "failed":
            self.failed(met, result, is_second=is_second)
        elif result.outcome == "gone" and met.document_id and result.requests and not is_second:
            self.ask_again(unread(met), f"the server answered {result.status}")  # before it costs a document
        elif result.outcome == "gone":
            tally.add("missing")
            if met.document_id or not met.depth:  # links that lead nowhere are too many to name
                tally.trouble(result.url, f"the server answered {result.status}")
            self.lose(met, f"the server answered {result.status}")
        elif result.outcome == "refused":
            tally.add("refused")
            tally.add(f"refused:{result.rule or 'other'}")
            tally.trouble(result.url, result.reason)
            self.refused(met, result)
        elif result.outcome == "not_modified" and result.final_url not in ("", _home(met)):
            self.book.save(
                replace(met, pending=True, etag="", last_modified="")
            )  # unchanged, but elsewhere: read it there
        elif result.outcome == "not_modified" and (self.stands_for_nothing(met) or not (met.etag or met.last_modified)):
            # What it stood for is gone, found out before or meanwhile: it may have to stand for itself.
            self.book.save(replace(met, pending=True, etag="", last_modified="", canonical=""))
        elif result.outcome == "not_modified":
            tally.add("unchanged")
            self.book.save(replace(met, failures=0, stamp=met.listed, gone=_is_handed_over(met)))
            self.book.go_on(met)
        else:
            tally.add("fetched")
            self.page(met, result)

    def stands_for_nothing(self, met: UrlState) -> bool:
        """Say whether what a URL stood for is gone, or says something else now."""
        if not met.canonical:
            return False
        is_same = met.reason.startswith(SAME) and self.book.is_met(met.canonical)
        return self.book.is_void(met.canonical) or (
            is_same and self.book.state(met.canonical).fingerprint != met.fingerprint
        )

    def avoided(self, met: UrlState) -> None:
        """Take it for unchanged, unless what it stood for is gone: then it is asked for after all."""
        if self.stands_for_nothing(met):
            self.book.save(replace(met, pending=True, stamp="", changed_at="", canonical=""))
            return
        self.tally.add("avoided")
        self.book.save(replace(met, gone=_is_handed_over(met)))
        self.book.go_on(met)

    def ask_again(self, met: UrlState, reason: str) -> None:
        """Ask once more at the end of this crawl."""
        self.book.save(replace(met, pending=True, depth=met.depth + LAST, order=met.order + LAST, reason=reason))

    def failed(self, met: UrlState, result: Fetched, *, is_second: bool) -> None:
        """No verdict: the document, if any, stays; tried once more at the end of this crawl."""
        self.book.follow(met.links, met.depth)
        if not is_second:
            self.ask_again(met, result.reason)
            return
        self.tally.add("failed")
        self.tally.trouble(result.url, result.reason)
        self.book.save(replace(met, failures=met.failures + 1, reason=result.reason))

    def refused(self, met: UrlState, result: Fetched) -> None:
        """It may not be a document. A page that is suddenly denied gets some crawls to come back."""
        leads_out = result.rule == "scope" and result.status in REDIRECTING
        if (result.rule in DENIED or leads_out) and met.document_id and met.failures + 1 < DENIED_OFTEN:
            self.book.save(replace(met, failures=met.failures + 1, reason=result.reason))
            self.book.follow(met.links, met.depth)
            return
        if result.rule in UNREADABLE:
            self.lose(replace(met, failures=0), result.reason, stamp=met.listed)
        else:
            self.lose(met, result.reason)

    def lose(self, met: UrlState, reason: str, *, stamp: str = "") -> None:
        """No document here any more; its tombstone is written when the crawl is complete."""
        lost = replace(met, links=(), canonical="", etag="", last_modified="", stamp=stamp, changed_at="")
        self.drop(lost, reason, is_lost=True)

    def drop(self, met: UrlState, reason: str, *, is_lost: bool = False) -> None:
        """No document here; if there was one, the page is read whole until it is deleted: this crawl may stop first."""
        if met.document_id:
            met = unread(met)
        met = self.unhold(met)
        self.book.drop(met, reason, is_lost=is_lost)

    def unhold(self, met: UrlState) -> UrlState:
        """What was held back here is no version of this page any more: nobody may release it."""
        if met.is_held:
            self.unheld.append(held_id(met.source_id, met.url))
        return replace(met, is_held=False)

    def nothing(self, met: UrlState, reason: str) -> None:
        """A page that becomes no document."""
        self.tally.trouble(met.url, reason)
        self.drop(met, reason)

    def page(self, met: UrlState, result: Fetched) -> None:
        page = result.page
        assert page is not None
        target = result.final_url or result.url
        if target != result.url:
            met = replace(met, etag=result.etag, last_modified=result.last_modified)
            is_circle = self.book.state(target).canonical == result.url
            is_open = is_circle or not self.book.is_met(target) or self.book.is_void(target)
            self.book.alias(self.unhold(met), target, reason=REDIRECTS + target, is_open=is_open)
            if not is_open:
                return
            met = replace(self.book.state(target), crawl_id=self.tally.crawl_id, pending=False, gone=False)
            depth = min(met.depth % LAST, self.book.state(result.url).depth)
            met = replace(met, depth=depth, status=result.status)
            met = replace(met, checked_at=result.fetched_at)
            self.tally.met.add(target)
        met = replace(
            met,
            etag=result.etag,
            last_modified=result.last_modified,
            raw_hash=result.raw_hash,
            failures=0,
            stamp=met.listed,
            links=tuple(url for url in page.links if self.tally.source.in_scope(url) and url != target),
            canonical="",
            reason="",
        )
        if repeats(met.url, self.inspected[result.url].fingerprint, self.book):
            self.tally.refuse_trap(met.url, "same")
            met = replace(met, links=())
        self.book.follow(met.links, met.depth)
        if page.noindex:
            self.nothing(met, NOINDEX)
        elif self.is_elsewhere(met, page):
            is_open = not self.book.is_met(page.canonical)
            reason = f"its canonical URL is {page.canonical}"
            self.book.alias(self.unhold(met), page.canonical, reason=reason, is_open=is_open)
            self.book.links.append((page.canonical, met.depth))
        elif not page.text.strip() and not self.inspected[result.url].rule:
            asked = self.tally.source.select
            self.nothing(met, f"the page has no text where select {asked!r} looks" if asked else "the page has no text")
        elif len(page.text) > MAX_TEXT_CHARS:
            self.nothing(met, f"the page has more than {MAX_TEXT_CHARS:,} characters of text")
        else:
            self.document(met, result)

    def is_elsewhere(self, met: UrlState, page: Page) -> bool:
        """
        Say whether to believe the page's canonical URL.

        Not if it leads out of the source, if that URL stands for this one already or was tried and failed (both are
        among the aliases), or if another page names the home page or a start page (a mistake that would empty a site).
        Nor if this crawl has found nothing there.
        """
        if not page.canonical or page.canonical == met.url or page.canonical in met.aliases:
            return False
        if not self.tally.source.in_scope(page.canonical) or self.book.is_void(page.canonical):
            return False
        homes = {urlsplit(start).path or "/" for start in self.tally.source.start} | {"/"}
        return urlsplit(page.canonical).path not in homes or urlsplit(met.url).path in homes

    def name(self, url: str) -> DocumentId:
        """An id for a page that has none: made of its URL, unless a page that moved away took that id along."""
        source_id, before = self.tally.source.id, self.book.states.get(url)
        taken = {state.document_id for state in self.book.changed.values() if state.url != url}
        for number in count():
            name = document_id(source_id, f"{url}\n{number}" if number else url)
            if name in taken:
                continue  # another URL took it along a moment ago
            if before is None or not before.checked_at:
                break  # seen for the first time
            stored = self.documents.get([name]).get(name)
            moved = bool(before.canonical) and not number
            if stored is None or stored.deleted or (stored.url == url and not moved):
                self.take_back(name, before)
                break
        return name

    def take_back(self, name: DocumentId, met: UrlState) -> None:
        """A document that an alias kept while this URL was gone: no two URLs may hold it."""
        for alias in met.aliases:
            if (other := self.book.state(alias)).document_id == name:
                self.book.save(replace(other, document_id="", gone=False))

    def document(self, met: UrlState, result: Fetched) -> None:
        seen = self.inspected[result.url]
        if seen.rule:
            self.hold(met, seen, result)
            return
        settled = settle(self.unhold(met), seen.fingerprint, self.book)
        if settled is None:
            return
        name = DocumentId(settled.document_id) if settled.document_id else self.name(settled.url)
        if not settled.document_id:
            self.new_ids.add(name)
        self.book.save(replace(settled, document_id=name))
        self.drafts.append(draft_of(name, settled, seen, result, self.tally))
        self.said[name] = seen.said

    def hold(self, met: UrlState, seen: Inspected, result: Fetched) -> None:
        """Keep a version back: what answers goes on answering, and the page is asked for again next time."""
        before = self.book.state(met.url)
        self.book.follow(before.links, met.depth)
        reason = "" if met.document_id else f"held back: {seen.reason}"
        kept = replace(met, links=before.links or met.links, etag="", last_modified="", stamp="", raw_hash="")
        self.book.save(replace(kept, is_held=True, reason=reason))
        if met.passed == f"-{seen.mark}":
            return  # discarded before
        self.tally.add("held")
        self.tally.add(f"held:{seen.rule}")
        self.held.append(
            HeldItem(
                id=held_id(met.source_id, met.url),
                source_id=met.source_id,
                url=met.url,
                document_id=met.document_id,
                rule=seen.rule,
                reason=seen.reason,
                crawl_id=self.tally.crawl_id,
                first_at=result.fetched_at,
                last_at=result.fetched_at,
                fingerprint=seen.mark,
                draft=draft_of(DocumentId(met.document_id) or self.name(met.url), met, seen, result, self.tally),
            )
        )
