"""Reading a source: one small port for every kind of source."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from lib.domain.pages import Page
from lib.domain.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A resource to fetch, with what is known of it, so that an unchanged one costs next to nothing."""

    url: str
    """Normalised, or as the listing spells it."""
    etag: str = ""
    last_modified: str = ""
    stamp: str = ""
    """What the listing says of its version; empty if the listing does not name it, or was not asked."""
    keep_raw: bool = False
    """Also hand over the bytes: for people who look at one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of one fetch. Exactly one for every `Fetch`."""

    url: str
    """As asked for."""
    outcome: Literal["page", "not_modified", "avoided", "gone", "refused", "failed"]
    """
    `avoided`: it was not asked for, since nothing can have changed; pipelines say so, never readers.
    `page`: there is content in `page`. `not_modified`: the server confirmed our validators.
    `gone`: 404 or 410. `refused`: it may not or cannot be a document (`reason`: robots.txt, private address, too
    large, not text, off-site redirect ...). `failed`: no verdict this time (time-out, 5xx, 429, connection).
    """
    final_url: str = ""
    """Normalised URL after redirects; equals `url` without any."""
    status: int = 0
    reason: str = ""
    page: Page | None = None
    etag: str = ""
    last_modified: str = ""
    raw_hash: str = ""
    """sha256 of the body, decompressed."""
    fetched_at: str = ""
    requests: int = 0
    """HTTP requests made for it: redirects, retries and its share of robots.txt included."""
    size_bytes: int = 0
    """Bytes received on the wire for it."""
    retry_after_s: float = 0
    rest_s: float = 0
    """Seconds for which its host is to be left alone from then on: its crawl-delay, or what is left of a pause."""
    rule: str = ""
    """
    What refused it, in one word for counting: `robots`, `address`, `scope`, `size`, `type`, `redirect`, `status`,
    `identity` (it cannot be told from others).
    """
    raw: bytes = b""
    """The body as it was read, if it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A resource that a listing names."""

    url: str
    """
    Its one spelling: the same every time, and what `Fetched.url` will be. Normalised if it is an http URL; what the
    listing brings along may have a fragment besides.
    """
    stamp: str = ""
    """What the listing says of its version (a date, a hash): an equal one means nothing changed. Empty: nothing."""
    fetched: Fetched | None = None
    """The resource itself, where the listing brings it along; then it is not fetched."""
    cursor: str = ""
    """Where the next discovery may go on once this and all before it are kept; empty: nothing new is known."""
    part: str = ""
    """The part of the listing that names it, if parts can be told to be unchanged: `Account.unchanged`."""
    key: str = ""
    """What its listing knows it by, whatever its address: by it a document is kept when the address changes."""


Unlisted = Literal["ask", "ask when due", "leave"]
"""
What to do with resources that have a document and are not listed any more. `ask`: the listing is whole but for parts
that are `Account.unchanged`, so they are asked for, and may be gone. `ask when due`: it only has what is new, as feeds
do. `leave`: they cannot be asked for.
"""


@dataclass(slots=True)
class Account:
    """What listing a source took, and what it left out; final once `Discovery.found` has ended."""

    requests: int = 0
    """HTTP requests that no `Fetched` speaks of: redirects, retries and robots.txt included."""
    size_bytes: int = 0
    rests: dict[str, float] = field(default_factory=dict)
    """By host, `Fetched.rest_s`."""
    unchanged: set[str] = field(default_factory=set)
    """Parts of the listing that are as they were when `since` was made: what they name is not in `found`."""
    refused: Counter[str] = field(default_factory=Counter)
    """Listings, items and entries that a listing names and that were left out, by rule as in `Fetched`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a source says it has."""

    found: Iterator[Found]
    """Each resource once, in scope, in an order of its own. Raises as `SourceReader.discover`, at any step."""
    unlisted: Unlisted = "ask"
    account: Account = field(default_factory=Account)


class SourceReader(Protocol):
    """One kind of source. Obeys the source's rules: robots.txt, politeness, scope, private addresses, limits."""

    extractor: str
    """Name and version of what makes text of its resources: a new one makes every one be read again."""

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        """
        List what a crawl starts from: start URLs, what sitemaps and feeds list, files, items.

        since: the cursor of an earlier discovery, to list only what changed after it; a kind may ignore it.
        Raises: Unreachable if the listing cannot be read now; BadInput if it is none.
        """

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        """
        Fetch side by side, as politeness allows, and yield each result as it comes, in any order.

        Never raises for a single resource. Closing the iterator early abandons what is in flight.
        """
