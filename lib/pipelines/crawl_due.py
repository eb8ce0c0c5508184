"""What a crawl need not ask for, because nothing can have changed or it was asked for a moment ago."""

from datetime import datetime, timedelta

from lib.domain.sources import Source
from lib.domain.times import parse_iso
from lib.ports.crawl_state import CrawlRun, UrlState
from lib.ports.source_reader import Fetched, Found

FRESH = 0.1
"""Share of the time for which a page has not changed that it is taken to stay so. Source: RFC 9111, 4.2.2."""


def is_settled(state: UrlState) -> bool:
    """Say whether a page left something to go on with: its document, or where it leads, or why there is none."""
    known = state.document_id or state.links or state.canonical or state.reason
    return bool(known) and not state.failures


def can_be_avoided(state: UrlState, source: Source, run: CrawlRun, now: datetime) -> bool:
    """
    Say whether a crawl may take a page for unchanged without asking.

    What the listing stamps as it was is believed, and so is what was checked a tenth ago of the time for which it has
    not changed; but every page is asked for after `recheck_hours`, and all that are no listing's in a crawl by hand.
    """
    if run.relearn or not is_settled(state) or not state.checked_at:
        return False
    since_check = now - parse_iso(state.checked_at)
    longest = timedelta(hours=source.recheck_hours)
    if since_check >= longest:
        return False
    if state.stamp and state.stamp == state.listed:
        return True
    if state.listed or run.asks_all or not state.changed_at:
        return False  # the listing says that it changed, or nothing
    unchanged_for = parse_iso(state.checked_at) - parse_iso(state.changed_at)
    return since_check < FRESH * unchanged_for


def avoided(state: UrlState) -> Fetched:
    """The result of a page that is taken for unchanged."""
    return Fetched(url=state.url, outcome="avoided", status=state.status, fetched_at=state.checked_at)


def brought(found: Found, state: UrlState, source: Source, run: CrawlRun, now: datetime) -> Fetched:
    """What came along with the listing; nothing, if it is stamped as it was."""
    assert found.fetched is not None
    return avoided(state) if can_be_avoided(state, source, run, now) else found.fetched
