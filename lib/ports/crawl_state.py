"""What crawls remember between slices and between runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Outcome = Literal["running", "complete", "failed", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRun:
    """The newest crawl of a source; one per source."""

    source_id: str
    crawl_id: str
    started_at: str
    slice: int = 0
    """Number of the slice that may run next; older slice messages are duplicates."""
    outcome: Outcome = "running"
    ended_at: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    """
    found, fetched, avoided, unchanged, changed, new, gone, held, refused, refused:<rule>, failed, put_off, requests,
    bytes
    """
    error: str = ""
    lease_owner: str = ""
    """Who works on the slice; empty while its message waits in the queue."""
    lease_until: str = ""
    """UTC, ISO 8601; past it, whoever looks may start the slice again."""
    settings_hash: str = ""
    """Hash of the source's settings, extractor, guards: what an older crawl learnt under others is not reused."""
    relearn: bool = False
    """Read every page anew: the settings changed, or what is made of pages did."""
    asks_all: bool = False
    """Ask for every page, also those that are not due: somebody started this crawl by hand."""
    unlisted: str = "ask"
    """What to do with pages that the listing did not name: `Discovery.unlisted`."""
    problems: list[str] = field(default_factory=list)
    """Some addresses that became no document, each with the reason."""
    unchanged: list[str] = field(default_factory=list)
    """Parts of the listing that are as they were: what they named is asked for when it is due."""
    whole_at: str = ""
    """When the last crawl began that listed everything; UTC, ISO 8601."""
    answered_at: str = ""
    """When anything answered last; UTC, ISO 8601; empty before."""
    cursor: str = ""
    """Where the discovery of this crawl ended; the next one goes on there."""
    since: str = ""
    """Where the discovery of this crawl began."""
    may_delete: bool = False
    """Somebody agreed that this crawl deletes more than the source's share."""
    revision: int = 0
    """Grows with each save; guards against two writers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlState:
    """What is known of one URL of a source."""

    source_id: str
    url: str
    """Normalised; the key within its source. Of a pushed document that was held back it is the document's key."""
    document_id: str = ""
    """The document it leads to; empty if none."""
    crawl_id: str = ""
    """The crawl that met it last."""
    pending: bool = False
    """In the frontier of `crawl_id`, not fetched yet."""
    depth: int = 0
    order: int = 0
    """Place in the frontier: lower first."""
    gone: bool = False
    """This crawl found that it has no document any more; the document, if there is one, waits for its tombstone."""
    status: int = 0
    """Last HTTP status; 0 if there was none."""
    etag: str = ""
    last_modified: str = ""
    raw_hash: str = ""
    """sha256 of the body as fetched."""
    links: tuple[str, ...] = ()
    """Normalised in-scope links of the page, so that an unchanged page need not be fetched to walk on."""
    canonical: str = ""
    """Where the page says it really lives; empty if that is here."""
    aliases: tuple[str, ...] = ()
    """URLs that named this one as their canonical or redirected to it."""
    checked_at: str = ""
    failures: int = 0
    """Failed fetches in a row."""
    stamp: str = ""
    """What the listing said of its version when it was read last."""
    listed: str = ""
    """What the listing says of its version."""
    part: str = ""
    """The part of the listing that named it."""
    changed_at: str = ""
    """When it was seen to change last, or first seen; UTC, ISO 8601."""
    fingerprint: str = ""
    """Hash of what its text means; pages of one source with equal ones are one document."""
    is_held: bool = False
    """A version of it was held back."""
    passed: str = ""
    """Mark of a text that an operator let through, or discarded (then after a `-`): it is not held again."""
    reason: str = ""
    """Why it has no document, in words: `robots.txt forbids it`, `404`, `noindex`."""


class CrawlState(Protocol):
    """
    Runs and URL states, by source.

    `save` is acknowledged when durable. URL states are saved only after the documents that they speak of
    are acknowledged: a validator that outlives its document would hide a page for ever.
    """

    def load_run(self, source_id: str) -> CrawlRun | None:
        """The newest crawl of the source, or None."""

    def save_run(self, run: CrawlRun) -> CrawlRun:
        """
        Store the run if the stored one still has `run.revision` (0: none is stored); returns it with the next revision.

        Raises: Conflict if somebody else saved first.
        """

    def read(self, source_id: str, urls: Sequence[str]) -> dict[str, UrlState]:
        """States of these URLs; unknown ones are left out."""

    def save(self, states: Sequence[UrlState]) -> None:
        """
        Write states, replacing those with the same source and URL.

        Up to 100 states of one source are all or nothing. More may be written in parts, in an order that is safe to be
        killed in: what is still to be fetched first, and states that name each other together.
        """

    def pending(self, source_id: str, crawl_id: str, *, limit: int) -> list[UrlState]:
        """URLs in the frontier of this crawl, by depth, then order, then URL."""

    def unseen(self, source_id: str, crawl_id: str, *, limit: int) -> list[UrlState]:
        """URLs that have a document (`document_id`) and that this crawl has not met or has found `gone`, by URL."""
