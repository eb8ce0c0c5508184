"""Crawls by a listing: what it costs, what it leaves out, how long it takes, and a host that wants to be left alone."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lib import composition
from lib.domain.messages import parse_crawl
from lib.domain.times import iso
from lib.pipelines.crawl import continue_crawl, crawl_due, crawl_now
from lib.pipelines.crawler import Crawler
from lib.ports.crawl_state import CrawlRun
from tests.doubles import SettableClock
from tests.pipelines.test_crawl import FOXES, OWLS
from tests.pipelines.test_crawl_duplicates import documents_of, saying
from tests.site import Reply, Site, page
from tests.workbench import Workbench, website

STORED = "documents document_bodies feed heads snapshots snapshot_texts builds chunks vectors".split()
"""Tables of documents, features and the index."""


def sitemaps(site: Site, **extra: str) -> str:
    """The sources file of a site with `/sitemap.xml`."""
    start = f'"{site.url}/sitemap.xml"'
    return website(site.url, **extra).replace(f'"{site.url}/"', start).replace("kind: website", "kind: sitemap")


def listing(site: Site, *paths: str, lastmod: str = "2026-01-01") -> Reply:
    urls = "".join(f"<url><loc>{site.url}{path}</loc><lastmod>{lastmod}</lastmod></url>" for path in paths)
    return Reply(f"<urlset>{urls}</urlset>", headers={"Content-Type": "application/xml"})


def index(site: Site, *paths: str) -> Reply:
    listed = "".join(f"<sitemap><loc>{site.url}{path}</loc></sitemap>" for path in paths)
    return Reply(f"<sitemapindex>{listed}</sitemapindex>", headers={"Content-Type": "application/xml"})


def many(site: Site, count: int) -> list[str]:
    paths = [f"/page{number}" for number in range(count)]
    site.pages |= {path: page(path, "\n\n".join([saying(n)] * 30)) for n, path in enumerate(paths)}
    return paths


def stored(bench: Workbench) -> dict[str, str]:
    """A hash of each table that a crawl must not write to when nothing changed."""
    with closing(sqlite3.connect(bench.folder / "data" / "store.db")) as database:
        rows = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in STORED}
    return {name: hashlib.sha256(repr(found).encode()).hexdigest() for name, found in rows.items()}


@pytest.mark.parametrize("restart", [False, True], ids=["same process", "new process"])
def test_an_unchanged_sitemap_source_costs_next_to_nothing_and_writes_nothing(
    bench: Workbench, site: Site, restart: bool
) -> None:
    paths = many(site, 16)
    site.pages |= {"/sitemap.xml": index(site, "/a.xml", "/b.xml"), "/a.xml": listing(site, *paths[:8])}
    site.pages["/b.xml"] = listing(site, *paths[8:])
    bench.use(sitemaps(site))
    first = bench.crawl("site")
    bench.settle()
    before, asked = stored(bench), len(site.requests)
    if restart:
        bench.close()
        bench.open()

    again = bench.crawl("site")
    bench.settle()

    assert (first.outcome, first.counts["new"], again.outcome) == ("complete", 16, "complete")
    assert first.counts["requests"] == asked
    assert again.counts["requests"] == len(site.requests) - asked == 4  # robots.txt and three 304
    assert again.counts["bytes"] < 0.05 * first.counts["bytes"]
    assert again.counts["avoided"] == 16
    assert stored(bench) == before


def test_an_unchanged_sitemap_without_validators_costs_little_and_writes_nothing(bench: Workbench, site: Site) -> None:
    paths = many(site, 16)
    site.pages["/sitemap.xml"] = listing(site, *paths)
    site.pages["/sitemap.xml"].headers["ETag"] = ""
    bench.use(sitemaps(site))
    first = bench.crawl("site")
    bench.settle()
    before = stored(bench)

    again = bench.crawl("site")
    bench.settle()

    assert again.counts["bytes"] < 0.05 * first.counts["bytes"]
    assert (again.counts["avoided"], stored(bench)) == (16, before)


def test_what_a_changed_file_drops_is_gone_and_what_an_unchanged_one_lists_is_left_alone(
    bench: Workbench, site: Site
) -> None:
    paths = many(site, 6)
    site.pages |= {"/sitemap.xml": index(site, "/a.xml", "/b.xml"), "/a.xml": listing(site, *paths[:3])}
    site.pages["/b.xml"] = listing(site, *paths[3:])
    bench.use(sitemaps(site))
    bench.crawl("site")
    site.pages["/b.xml"] = listing(site, *paths[4:])
    del site.pages["/page3"]
    site.requests.clear()

    run = bench.crawl("site")

    assert (run.outcome, run.counts["gone"], len(documents_of(bench))) == ("complete", 1, 5)
    asked = [path for path, _ in site.requests if path.startswith("/page")]
    assert set(asked) == {"/page3"}


def test_a_page_that_failed_is_tried_again_though_its_sitemap_did_not_change(bench: Workbench, site: Site) -> None:
    site.pages = {"/sitemap.xml": listing(site, "/a", "/b"), "/a": page("A", FOXES), "/b": Reply("oops", 500)}
    bench.use(sitemaps(site))
    bench.crawl("site")
    site.pages["/b"] = page("B", OWLS)

    run = bench.crawl("site")

    assert (run.outcome, run.counts["new"], len(documents_of(bench))) == ("complete", 1, 2)


def test_where_a_listed_page_leads_is_left_alone_while_the_sitemap_does_not_change(
    bench: Workbench, site: Site
) -> None:
    clock = SettableClock(datetime.now(UTC))
    site.pages = {"/sitemap.xml": listing(site, "/old"), "/old": Reply("", 301, {"Location": "/new"})}
    site.pages["/new"] = page("New", FOXES)
    bench.use(sitemaps(site))
    crawler = replace(composition.crawler(), clock=clock)
    crawl_due(bench.sources, crawler=crawler)
    [known] = bench.adapters.state.read("site", [f"{site.url}/new"]).values()
    long_ago = iso(clock.now() - timedelta(days=90))
    bench.adapters.state.save([replace(known, changed_at=long_ago)])
    clock.advance(7200)
    site.requests.clear()

    assert crawl_due(bench.sources, crawler=crawler) == 1

    assert [path for path, _ in site.requests] == ["/robots.txt", "/sitemap.xml"]
    assert len(documents_of(bench)) == 1


def test_pages_of_an_unchanged_sitemap_are_asked_for_when_they_are_due(bench: Workbench, site: Site) -> None:
    site.pages = {"/sitemap.xml": listing(site, "/a"), "/a": page("A", FOXES)}
    bench.use(sitemaps(site, recheck_hours="48"))
    clock = SettableClock(datetime.now(UTC))
    crawler = replace(composition.crawler(), clock=clock)
    first = slice_of(bench, crawler)
    clock.advance(47 * 3600)
    assert first
    bench.adapters.state.save_run(replace(first, whole_at=iso(clock.now())))  # as if it had listed all just now

    assert crawled_pages(bench, site, crawler) == []
    clock.advance(2 * 3600)
    assert crawled_pages(bench, site, crawler) == ["/a"]
    [known] = bench.adapters.state.read("site", [f"{site.url}/a"]).values()
    assert known.stamp == "2026-01-01"


def crawled_pages(bench: Workbench, site: Site, crawler: Crawler) -> list[str]:
    site.requests.clear()
    slice_of(bench, crawler)
    return [path for path, _ in site.requests if path == "/a"]


def slice_of(bench: Workbench, crawler: Crawler) -> CrawlRun | None:
    """Start a crawl and work on its first slice."""
    crawl_now("site", bench.sources, crawler=crawler)
    [message] = bench.adapters.queue.receive("crawl", limit=1, visibility_s=0.01)
    run = continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)
    bench.adapters.queue.complete(message)
    return run


def test_what_a_crawl_reports_is_what_the_server_saw(bench: Workbench, site: Site) -> None:
    entries = "".join(f"<item><link>{site.url}/{n}</link><description>{n} {FOXES}</description></item>" for n in "ab")
    feed = Reply(f"<rss><channel>{entries}</channel></rss>", headers={"Content-Type": "application/xml"})
    site.pages = {"/feed": Reply("", 301, {"Location": "/feed.xml"}), "/feed.xml": feed}
    kind = website(site.url, content="feed").replace("kind: website", "kind: feed")
    bench.use(kind.replace(f'"{site.url}/"', f'"{site.url}/feed"'))
    first = bench.crawl("site")
    asked = len(site.requests)

    again = bench.crawl("site")

    assert (asked, first.counts["requests"]) == (3, 3)
    assert again.counts["requests"] == len(site.requests) - asked == 3
    assert len(feed.body) < first.counts["bytes"] < len(feed.body) + 1500
    assert (again.counts["avoided"], again.counts["bytes"] < 1500) == (2, True)
