"""Hosts while they are listed: who holds them for how long, and what happens when they want to be left alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lib import composition
from lib.domain.messages import parse_crawl
from lib.domain.times import parse_iso
from lib.pipelines.crawl import continue_crawl, crawl_now
from lib.pipelines.crawl_hosts import KIND, Hosts
from lib.pipelines.crawl_slice import MOST_BEGUN
from lib.pipelines.crawler import SEEDING
from lib.ports.source_reader import Account, Discovery, Found
from tests.doubles import SettableClock
from tests.pipelines.test_crawl import FOXES, OWLS
from tests.pipelines.test_crawl_duplicates import documents_of
from tests.pipelines.test_crawl_listings import index, listing, many, sitemaps, slice_of
from tests.site import Reply, Site, page
from tests.workbench import Workbench

HOST = "127.0.0.1"


class Long:
    """A source whose listing takes half a minute for each page that it names."""

    def __init__(self, reader: Any, urls: list[str], *, each_time: Any) -> None:
        self.extractor, self.read = reader.extractor, reader.read
        self.urls, self.each_time = urls, each_time
        self.listed = 0

    def discover(self, source: object, *, since: str = "") -> Discovery:
        return Discovery(found=self.found(), account=Account())

    def found(self) -> Iterator[Found]:
        for url in self.urls:
            self.each_time()
            self.listed += 1
            yield Found(url=url)


def test_a_long_listing_keeps_its_host(bench: Workbench, site: Site) -> None:
    paths = many(site, 40)
    site.pages["/sitemap.xml"] = listing(site)
    bench.use(sitemaps(site))
    clock, a = SettableClock(), bench.adapters
    refused: list[bool] = []

    def half_a_minute() -> None:
        clock.advance(30)
        refused.append(not Hosts(registry=a.registry, clock=clock, owner="other").take([HOST]))

    reader = Long(a.reader_for(bench.sources.items[0]), [site.url + path for path in paths], each_time=half_a_minute)
    crawler = replace(composition.crawler(), clock=clock, reader_for=lambda _: reader)  # type: ignore[arg-type,return-value]

    run = slice_of(bench, crawler)

    assert run
    assert (run.outcome, len(documents_of(bench)), set(refused)) == ("complete", 40, {True})
    assert len(refused) * timedelta(seconds=30) > SEEDING


def test_a_listing_that_lost_its_host_stops_and_begins_anew_later(bench: Workbench, site: Site) -> None:
    paths = many(site, 9)
    site.pages["/sitemap.xml"] = listing(site)
    bench.use(sitemaps(site))
    clock, a = SettableClock(), bench.adapters

    def lose_it() -> None:
        if reader.listed == 4:
            clock.advance(SEEDING.total_seconds() + 1)
            Hosts(registry=a.registry, clock=clock, owner="other").take([HOST])

    reader = Long(a.reader_for(bench.sources.items[0]), [site.url + path for path in paths], each_time=lose_it)
    crawler = replace(composition.crawler(), clock=clock, reader_for=lambda _: reader)  # type: ignore[arg-type,return-value]

    run = slice_of(bench, crawler)

    assert run
    assert (run.outcome, run.slice, reader.listed) == ("running", 0, 5)
    assert site.requests == []
    owner = a.registry.get(KIND, HOST)
    assert owner
    assert owner.value["owner"] == "other"


@pytest.mark.parametrize("path", ["/sitemap.xml", "/more.xml", "/robots.txt"])
def test_a_listing_whose_host_wants_to_be_left_alone_is_put_off_for_everybody(
    bench: Workbench, site: Site, path: str
) -> None:
    site.pages = {"/sitemap.xml": index(site, "/more.xml"), "/more.xml": listing(site, "/a"), "/a": page("A", FOXES)}
    site.pages[path] = Reply("", 429, {"Retry-After": "600"})
    bench.use(sitemaps(site))

    run = slice_of(bench, composition.crawler())

    item = bench.adapters.registry.get(KIND, HOST)
    assert run
    assert item
    assert (run.outcome, item.value["owner"]) == ("running", "")
    left_alone = (parse_iso(item.value["not_before"]) - bench.adapters.clock.now()).total_seconds()
    assert 580 < left_alone <= 600


def test_a_listing_that_breaks_off_again_and_again_has_failed(bench: Workbench, site: Site) -> None:
    site.pages = {"/sitemap.xml": Reply("", 503, {"Retry-After": "120"})}
    bench.use(sitemaps(site))
    clock, a = SettableClock(), bench.adapters
    crawler = replace(composition.crawler(), clock=clock)
    run = crawl_now("site", bench.sources, crawler=crawler)
    [message] = a.queue.receive("crawl", limit=1, visibility_s=300)
    for _ in range(MOST_BEGUN):
        later = continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)
        assert later
        assert later.outcome == "running"
        clock.advance(601)

    ended = continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)

    assert ended
    assert (ended.crawl_id, ended.outcome) == (run.crawl_id, "failed")
    assert "wants to be left alone for" in ended.error


def test_a_host_that_rests_between_requests_rests_between_crawls_too(bench: Workbench, site: Site) -> None:
    site.pages = {"/sitemap.xml": listing(site, "/a"), "/a": page("A", FOXES)}
    site.pages["/robots.txt"] = Reply("User-agent: *\nCrawl-delay: 20", headers={"Content-Type": "text/plain"})
    bench.use(sitemaps(site))
    a = bench.adapters
    crawler = replace(composition.crawler(), slice_s=0.0)

    slice_of(bench, crawler)

    heir = Hosts(registry=a.registry, clock=a.clock, owner="another instance")
    assert heir.take([HOST]) == set()
    assert 15 < heir.wait_s <= 20


def test_a_host_rests_as_long_after_a_page(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    site.pages["/robots.txt"] = Reply("User-agent: *\nCrawl-delay: 20", headers={"Content-Type": "text/plain"})
    a = bench.adapters

    handed_on = slice_of(bench, replace(composition.crawler(), slice_pages=1))

    heir = Hosts(registry=a.registry, clock=a.clock, owner="another instance")
    assert handed_on
    assert (handed_on.outcome, heir.take([HOST])) == ("running", set())
    assert 15 < heir.wait_s <= 20
