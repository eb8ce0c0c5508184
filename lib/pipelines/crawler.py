"""What crawling needs, and what its parts share."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from lib.domain.sources import Source
from lib.domain.times import iso
from lib.domain.urls import host, normalise
from lib.pipelines.documents import Publisher
from lib.pipelines.guards import VERSION
from lib.ports.clock import Clock
from lib.ports.crawl_state import CrawlRun, CrawlState
from lib.ports.event_queue import EventQueue
from lib.ports.held_items import HeldItems
from lib.ports.ledger import Ledger
from lib.ports.masking import Masker
from lib.ports.registry import Registry
from lib.ports.source_reader import SourceReader

LEASE = timedelta(seconds=60)
SEEDING = timedelta(minutes=15)
"""The lease of a run and of its hosts while it lists what there is: a listing may have nothing to tell for long."""
BATCH = 128
"""URLs handed to the reader at once."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawler:
    """The ports that crawling needs, and its budgets."""

    publisher: Publisher
    state: CrawlState
    reader_for: Callable[[Source], SourceReader]
    queue: EventQueue
    queue_name: str
    ledger: Ledger
    registry: Registry
    held: HeldItems
    masker: Masker
    clock: Clock
    worker: str
    """Names this process in leases."""
    slice_pages: int
    slice_s: float


def settings_of(source: Source, reader: SourceReader) -> str:
    """All that decides what a source yields, and what is made of it: where it changes, every page is read anew."""
    return f"{source.settings_hash}/{reader.extractor}/{VERSION}"


def lease(run: CrawlRun, crawler: Crawler, time: timedelta = LEASE) -> CrawlRun:
    """Take a run, or keep it, for a while. Raises: Conflict if somebody else did."""
    until = iso(crawler.clock.now() + time)
    return crawler.state.save_run(replace(run, lease_owner=crawler.worker, lease_until=until))


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to that many; made as they are asked for."""
    iterator = iter(things)
    while some := list(islice(iterator, size)):
        yield some


def host_of(url: str) -> str:
    """The host that a URL asks; empty for what is no http URL."""
    return host(url) if url.startswith("http") else ""


def hosts_of(urls: Iterable[str]) -> list[str]:
    """The hosts that URLs ask, each once."""
    return [name for name in dict.fromkeys(host_of(normalise(url) or url) for url in urls) if name]
