"""Reading a source: one small port for every kind of source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lib.domain.pages import Page
from lib.domain.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A resource to fetch, with what is known of it, so that an unchanged one costs next to nothing."""

    url: str
    """Normalised."""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of one fetch. Exactly one for every `Fetch`."""

    url: str
    """As asked for."""
    outcome: Literal["page", "not_modified", "gone", "refused", "failed"]
    """
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


class SourceReader(Protocol):
    """One kind of source. Obeys the source's rules: robots.txt, politeness, scope, private addresses, limits."""

    def seeds(self, source: Source) -> list[str]:
        """
        Normalised URLs that a crawl starts from: the start URLs, or what the sitemaps list (index files followed).

        Raises: Unreachable if a sitemap cannot be read now; BadInput if it is no sitemap.
        """

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        """
        Fetch side by side, as politeness allows, and yield each result as it comes, in any order.

        Never raises for a single resource. Closing the iterator early abandons what is in flight.
        """
