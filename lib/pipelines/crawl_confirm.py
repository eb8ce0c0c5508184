"""The end of a crawl: what was not met is looked for, and what is gone becomes a tombstone, unless it is too much."""

from dataclasses import dataclass, replace
from typing import Literal

from lib.domain.documents import DocumentId
from lib.domain.held import HeldItem, held_id
from lib.domain.sources import Source
from lib.domain.times import iso
from lib.pipelines.crawl_due import can_be_avoided
from lib.pipelines.crawl_pages import Harvest, reopen
from lib.pipelines.crawler import BATCH, Crawler, batched
from lib.pipelines.documents import retire
from lib.ports.crawl_state import CrawlRun, UrlState

FEW = 1
"""So many documents may go in any crawl, however small the source is."""
MASS_DELETE = "mass-delete"


@dataclass(frozen=True, slots=True)
class TooMany:
    """More documents are gone than may be deleted without asking."""

    documents: int
    """At least so many."""


def confirm(source: Source, run: CrawlRun, harvest: Harvest, crawler: Crawler) -> Literal["done", "more"] | TooMany:
    """
    Look at pages that have a document but were not met, or were found gone, once the frontier is empty.

    Not met: they are asked for, to tell gone from unlinked. When all are met, those that are gone become tombstones,
    unless there are more than the source allows: then nothing is deleted.
    """
    allowed = _allowed(source, run, crawler)
    left = crawler.state.unseen(source.id, run.crawl_id, limit=allowed + BATCH)
    if unmet := [s for s in left if s.crawl_id != run.crawl_id]:
        for some in batched(unmet, BATCH):
            crawler.state.save([_look_for(s, source, run, harvest, crawler) for s in some])
        return "more"
    if len(left) > allowed and not run.may_delete and (gone := _there(left, crawler)) > allowed:
        return TooMany(gone)
    for some in batched(left, BATCH):
        retire([DocumentId(s.document_id) for s in some], publisher=crawler.publisher)
        crawler.state.save([replace(s, document_id="", etag="", last_modified="", raw_hash="") for s in some])
        harvest.add("gone", len(some))
    return "more" if left else "done"


def _there(states: list[UrlState], crawler: Crawler) -> int:
    """How many of their documents there are: one that was claimed by a killed slice may never have been written."""
    found = crawler.publisher.documents.get([DocumentId(state.document_id) for state in states])
    return sum(not document.deleted for document in found.values())


def _allowed(source: Source, run: CrawlRun, crawler: Crawler) -> int:
    """How many documents the end of a crawl may delete in one go."""
    if run.may_delete:
        return 0
    total = crawler.publisher.documents.totals().by_source.get(source.id, 0)
    allowed = max(FEW, int(source.max_gone * total))
    return min(allowed, total - 1) if total > 2 and source.max_gone < 1 else allowed


def stop_and_ask(gone: TooMany, source: Source, run: CrawlRun, crawler: Crawler) -> str:
    """Hold the deletion for an operator; returns why, and what to do."""
    now = iso(crawler.clock.now())
    reason = f"at least {gone.documents} of its documents are gone, more than max_gone ({source.max_gone:g}) allows"
    crawler.held.put(
        [
            HeldItem(
                id=held_id(source.id, ""),
                source_id=source.id,
                url="",
                document_id="",
                rule=MASS_DELETE,
                reason=reason,
                crawl_id=run.crawl_id,
                first_at=now,
                last_at=now,
                fingerprint="",
                draft=None,
            )
        ]
    )
    return f"{reason}: look at the source, then release or discard it"


def _look_for(unmet: UrlState, source: Source, run: CrawlRun, harvest: Harvest, crawler: Crawler) -> UrlState:
    """Open a page that nothing led to, unless the listing is one that leaves out what has not changed and is wanted."""
    now, unlisted = crawler.clock.now(), "ask when due" if unmet.part in run.unchanged else run.unlisted
    if unlisted == "ask" or (unlisted == "leave" and not source.in_scope(unmet.url)):
        return reopen(unmet, harvest)
    if unlisted != "leave" and not can_be_avoided(unmet, source, run, now):
        return replace(reopen(unmet, harvest), listed=unmet.listed)  # it is listed as it was
    harvest.add("avoided")
    return replace(unmet, crawl_id=run.crawl_id)
