"""Crawls that stop: too much would be deleted, the budget is used up, the hour is not right."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib import composition
from lib.domain.held import held_id
from lib.domain.sources import Source
from lib.pipelines.crawl import crawl_due
from lib.ports.source_reader import Account, Discovery, Fetch, Fetched, Found
from tests.doubles import SettableClock
from tests.pipelines.test_crawl_duplicates import documents_of, saying
from tests.pipelines.test_crawl_model import AT, SITE, SOURCES, Answer, Imaginary, crawl, stored
from tests.site import Reply, Site, page
from tests.workbench import Workbench, website

MANY = [f"/page{number}" for number in range(12)]


def many_pages(site: Site) -> None:
    site.pages = {"/": page("Home", saying(50), *MANY)}
    site.pages |= {path: page(path, saying(number)) for number, path in enumerate(MANY)}


def test_a_crawl_that_would_delete_too_much_deletes_nothing_and_asks(bench: Workbench, site: Site) -> None:
    many_pages(site)
    bench.crawl("site")
    for path in MANY[3:]:
        del site.pages[path]

    run = bench.crawl("site")

    [asked] = bench.adapters.held.list()
    assert (run.outcome, asked.id, asked.rule) == ("stopped", held_id("site", ""), "mass-delete")
    assert "9 of its documents are gone" in run.error
    assert len(documents_of(bench)) == 13


def test_a_site_that_forbids_everything_loses_nothing_until_somebody_agrees(bench: Workbench, site: Site) -> None:
    many_pages(site)
    bench.crawl("site")
    site.pages["/robots.txt"] = Reply("User-agent: *\nDisallow: /\n", headers={"Content-Type": "text/plain"})

    outcomes = [bench.crawl("site").outcome for _ in range(3)]

    assert (outcomes, len(documents_of(bench))) == (["complete", "complete", "stopped"], 13)


def test_some_pages_may_go_without_asking(bench: Workbench, site: Site) -> None:
    many_pages(site)
    bench.crawl("site")
    for path in MANY[:3]:
        del site.pages[path]

    run = bench.crawl("site")

    assert (run.outcome, run.counts["gone"], len(documents_of(bench))) == ("complete", 3, 10)
    assert bench.adapters.held.list() == []


def test_a_source_may_say_that_all_may_go(bench: Workbench, site: Site) -> None:
    many_pages(site)
    bench.use(website(site.url) + "    max_gone: 1\n")
    bench.crawl("site")
    for path in MANY:
        del site.pages[path]

    assert bench.crawl("site").outcome == "complete"
    assert len(documents_of(bench)) == 1


def test_a_budget_of_tokens_stops_a_crawl_and_the_next_one_goes_on(bench: Workbench, site: Site) -> None:
    paths = [f"/page{number}" for number in range(60)]
    site.pages = {"/": page("Home", saying(99), *paths)}
    site.pages |= {path: page(path, saying(number)) for number, path in enumerate(paths)}
    bench.use(website(site.url) + "    max_tokens: 2000\n")

    first = bench.crawl("site")
    kept = len(documents_of(bench))
    second = bench.crawl("site")

    assert (first.outcome, "max_tokens is 2,000" in first.error) == ("stopped", True)
    assert 0 < kept < len(documents_of(bench)) <= 61
    assert second.counts["tokens"] >= 2_000


@dataclass
class Bringing(Imaginary):
    """A source whose listing brings every text along."""

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        return Discovery(
            found=(Found(url=url, stamp="1", fetched=self.fetched(Fetch(url=url))) for url in self.answers),
            account=Account(requests=1),
        )


def test_a_budget_of_tokens_stops_a_listing_that_brings_its_texts_and_the_next_crawl_goes_on(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, SOURCES + "    max_tokens: 500\n")
    reader = Bringing({f"{SITE}/{n}": Answer(text=saying(n)) for n in range(40)})
    crawler = replace(composition.crawler(), reader_for=lambda _: reader)

    kept = [(crawl(bench, crawler), len(documents_of(bench))) for _ in range(20)]
    bench.close()

    assert kept[0][0] == "stopped"
    assert 0 < kept[0][1] < kept[1][1] < 12
    assert kept[-1] == ("complete", 40)


def test_what_failed_is_listed_again_by_the_next_crawl(tmp_path: Path) -> None:
    class Noting(Imaginary):
        def discover(self, source: Source, *, since: str = "") -> Discovery:
            asked.append(since)
            found = [] if since else [Found(url=url, cursor="all") for url in self.answers]
            return Discovery(found=iter(found), unlisted="ask when due")

    asked: list[str] = []
    bench = Workbench(tmp_path, SOURCES.replace("kind: website", "kind: sitemap"))
    reader = Noting({f"{SITE}/a": Answer(text=saying(1)), f"{SITE}/b": Answer(text=saying(2), fails=2)})
    crawler = replace(composition.crawler(), reader_for=lambda _: reader)

    outcomes = [crawl(bench, crawler) for _ in range(3)]

    assert (outcomes, asked) == (["complete"] * 3, ["", "", "all"])
    assert set(stored(bench)) == {f"{SITE}/a", f"{SITE}/b"}
    bench.close()


@pytest.mark.parametrize(("count", "outcome", "left"), [(1, "complete", 0), (12, "stopped", 12)])
def test_a_listing_that_is_empty_takes_its_documents_along_or_asks(
    tmp_path: Path, count: int, outcome: str, left: int
) -> None:
    bench = Workbench(tmp_path, SOURCES.replace("kind: website", "kind: sitemap"))
    reader = Bringing({f"{SITE}/{n}": Answer(text=saying(n)) for n in range(count)})
    crawler = replace(composition.crawler(), reader_for=lambda _: reader)
    assert (crawl(bench, crawler), len(documents_of(bench))) == ("complete", count)
    reader.answers = {}

    assert (crawl(bench, crawler), len(documents_of(bench))) == (outcome, left)
    bench.close()


def test_a_page_that_is_gone_for_a_moment_keeps_its_document(tmp_path: Path) -> None:
    class Flickering(Imaginary):
        def fetched(self, fetch: Fetch) -> Fetched:
            if fetch.url in flickers:
                flickers.remove(fetch.url)
                return Fetched(url=fetch.url, outcome="gone", status=404, fetched_at=AT, requests=1)
            return super().fetched(fetch)

    flickers: list[str] = []
    bench = Workbench(tmp_path, SOURCES)
    reader = Flickering({f"{SITE}/": Answer(text="Home", links=(f"{SITE}/a",)), f"{SITE}/a": Answer(text=saying(1))})
    crawler = replace(composition.crawler(), reader_for=lambda _: reader)
    crawl(bench, crawler)
    flickers.append(f"{SITE}/a")

    assert (crawl(bench, crawler), set(stored(bench))) == ("complete", {f"{SITE}/", f"{SITE}/a"})
    flickers += [f"{SITE}/a"] * 2
    assert (crawl(bench, crawler), set(stored(bench))) == ("complete", {f"{SITE}/"})
    bench.close()


def test_a_crawl_under_way_is_put_off_when_its_hours_end_and_goes_on_where_it_was(tmp_path: Path) -> None:
    class Slow(Imaginary):
        def fetched(self, fetch: Fetch) -> Fetched:
            clock.advance(1_800)
            return super().fetched(fetch)

    clock = SettableClock(datetime(2026, 11, 22, 5, 0, tzinfo=UTC))
    bench = Workbench(tmp_path, SOURCES + '    hours: "22:00-06:00"\n')
    pages = [f"{SITE}/{n}" for n in range(6)]
    answers = {f"{SITE}/": Answer(text="Home", links=tuple(pages))}
    reader = Slow(answers | {url: Answer(text=saying(n)) for n, url in enumerate(pages)})
    crawler = replace(composition.crawler(), reader_for=lambda _: reader, clock=clock)

    crawl_due(bench.sources, crawler=crawler)
    by_morning = len(documents_of(bench))
    clock.advance(timedelta(hours=16).total_seconds())
    crawl_due(bench.sources, crawler=crawler)
    at_night = len(documents_of(bench))
    bench.close()

    assert (by_morning, at_night) == (2, 7)


def test_outside_its_hours_a_source_is_not_crawled(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", saying(1))}
    bench.use(website(site.url) + '    hours: "22:00-06:00"\n')
    clock = SettableClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    crawler = replace(composition.crawler(), clock=clock)

    by_day = crawl_due(bench.sources, crawler=crawler)
    clock.advance(timedelta(hours=11).total_seconds())
    at_night = crawl_due(bench.sources, crawler=crawler)

    assert (by_day, at_night) == (0, 1)
    assert len(documents_of(bench)) == 1


def test_not_even_a_small_site_is_emptied_without_asking(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", saying(1), "/a", "/b"), "/a": page("A", saying(2)), "/b": page("B", saying(3))}
    bench.crawl("site")
    site.pages = {path: Reply("", 404) for path in site.pages}

    run = bench.crawl("site")

    assert (run.outcome, len(documents_of(bench))) == ("stopped", 3)


def test_a_secret_that_is_not_set_fails_the_crawl_with_what_to_do(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", saying(1))}
    bench.use(website(site.url) + "    headers: {Authorization: Bearer secret:NOWHERE}\n")

    run = bench.crawl("site")

    assert (run.outcome, "set the environment variable SOURCE_NOWHERE" in run.error) == ("failed", True)


def test_a_budget_is_not_overrun_by_more_than_a_page(bench: Workbench, site: Site) -> None:
    many_pages(site)
    bench.use(website(site.url) + "    max_tokens: 300\n")

    run = bench.crawl("site")

    assert 300 <= run.counts["tokens"] <= 300 + 2 * 150
