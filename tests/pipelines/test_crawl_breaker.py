"""A host that does not answer is left alone: after ten failures, for longer each time, by every instance."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from lib import composition
from lib.adapters.files.limited import LimitedParser
from lib.adapters.sources.website import Website
from lib.adapters.web.politeness import BREAKS_AFTER
from lib.adapters.web.web_reader import WebReader
from lib.domain.messages import CrawlMessage
from lib.domain.times import parse_iso
from lib.pipelines.crawl import continue_crawl, crawl_now
from lib.pipelines.crawler import Crawler
from lib.ports.crawl_state import CrawlRun
from tests.doubles import SettableClock
from tests.nasty_pages import PAGES, Answer, Page, html
from tests.nasty_site import NastySite
from tests.workbench import Workbench, website

AT_ONCE = 4
PAGES_COUNT = 24


@pytest.fixture
def site() -> Iterator[NastySite]:
    with NastySite() as running:
        links = "".join(f'<a href="/slow/{number}">{number}</a>' for number in range(PAGES_COUNT))
        running.pages = {"/": html(f"<h1>Home</h1><p>Zebras are African equines.</p>{links}")}
        running.pages["/slow/"] = PAGES["/silent"]
        yield running


@pytest.fixture
def bench(tmp_path: Path, site: NastySite) -> Iterator[Workbench]:
    opened = Workbench(tmp_path, website(site.root))
    yield opened
    opened.close()


class Instances:
    """Instances of the app over one store, each with its own memory of hosts, and one clock for all."""

    def __init__(self, bench: Workbench, stack: ExitStack) -> None:
        self.bench, self.clock = bench, SettableClock()
        self._parser = LimitedParser()
        stack.callback(self._parser.close)

    def start(self, worker: str) -> Crawler:
        web = WebReader(
            contact="",
            timeout_s=0.3,
            max_bytes=1_000_000,
            concurrency=AT_ONCE,
            clock=self.clock,
            parser=self._parser,
            seconds=lambda: self.clock.now().timestamp(),
        )
        reader = Website(web)
        return replace(composition.crawler(), worker=worker, clock=self.clock, reader_for=lambda _: reader)

    def go_on(self, run: CrawlRun, crawler: Crawler) -> CrawlRun:
        message = CrawlMessage(source_id=run.source_id, crawl_id=run.crawl_id, slice=run.slice)
        left = continue_crawl(message, self.bench.sources, crawler=crawler)
        assert left
        return left


@pytest.fixture
def instances(bench: Workbench) -> Iterator[Instances]:
    with ExitStack() as stack:
        yield Instances(bench, stack)


def slow(site: NastySite) -> int:
    return sum(path.startswith("/slow/") for path in site.paths())


def pause_s(bench: Workbench, clock: SettableClock) -> float:
    item = bench.adapters.registry.get("hosts", "127.0.0.1")
    assert item
    return round((parse_iso(item.value["not_before"]) - clock.now()).total_seconds())


def test_ten_time_outs_in_a_row_leave_the_host_alone_for_a_minute(
    bench: Workbench, site: NastySite, instances: Instances
) -> None:
    crawler = instances.start("one")
    run = instances.go_on(crawl_now("site", bench.sources, crawler=crawler), crawler)

    assert run.outcome == "running"
    assert BREAKS_AFTER <= slow(site) < BREAKS_AFTER + AT_ONCE
    assert pause_s(bench, instances.clock) == 60


def test_no_instance_asks_while_the_host_is_left_alone(bench: Workbench, site: NastySite, instances: Instances) -> None:
    one, two = instances.start("one"), instances.start("two")
    run = instances.go_on(crawl_now("site", bench.sources, crawler=one), one)
    asked = len(site.requests)
    instances.clock.advance(59)

    run = instances.go_on(run, two)

    assert (run.outcome, len(site.requests)) == ("running", asked)


def test_a_dead_host_is_asked_once_when_its_time_is_over_and_left_alone_for_twice_as_long(
    bench: Workbench, site: NastySite, instances: Instances
) -> None:
    crawler = instances.start("one")
    run = instances.go_on(crawl_now("site", bench.sources, crawler=crawler), crawler)
    site.robots = PAGES["/silent"]
    tried, pauses = [], [pause_s(bench, instances.clock)]
    while run.outcome == "running":
        before = len(site.requests)
        instances.clock.advance(pauses[-1] + 1)
        run = instances.go_on(run, crawler)
        tried.append(len(site.requests) - before)
        pauses.append(pause_s(bench, instances.clock))

    assert pauses == [60, 120, 240, 480, 960]
    assert tried == [1, 1, 1, 1]
    assert (run.outcome, "want to be left alone until" in run.error) == ("stopped", True)


def test_a_host_that_has_recovered_is_asked_as_before_and_nothing_is_lost(
    bench: Workbench, site: NastySite, instances: Instances
) -> None:
    crawler = instances.start("one")
    run = instances.go_on(crawl_now("site", bench.sources, crawler=crawler), crawler)
    words = "Okapis are shy forest giraffids that live in the Congo basin, and page {} is about number {} of them."

    async def answer(site, request, out) -> Answer:  # type: ignore[no-untyped-def]
        number = request.path.rpartition("/")[2]
        return html(f"<h1>Page {number}</h1><p>{words.format(number, number)}</p>")

    site.pages["/slow/"] = answer
    instances.clock.advance(61)
    while run.outcome == "running":
        run = instances.go_on(run, crawler)

    assert (run.outcome, run.counts["new"], run.counts.get("failed", 0)) == ("complete", PAGES_COUNT + 1, 0)


@pytest.mark.parametrize("broken", [PAGES["/silent"], Answer(b"", 500)])
def test_pages_that_never_work_hold_a_crawl_up_and_do_not_stop_it(
    bench: Workbench, site: NastySite, instances: Instances, broken: Page
) -> None:
    site.pages["/slow/"] = broken
    crawler = instances.start("one")
    run = crawl_now("site", bench.sources, crawler=crawler)
    while run.outcome == "running":
        run = instances.go_on(run, crawler)
        instances.clock.advance(61)

    assert (run.outcome, run.counts["new"], run.counts["failed"]) == ("complete", 1, PAGES_COUNT)


def test_an_answer_in_between_starts_the_count_anew(bench: Workbench, site: NastySite, instances: Instances) -> None:
    for number in range(2, PAGES_COUNT, 3):
        site.pages[f"/slow/{number}"] = html(f"<h1>Page {number}</h1><p>It answers at once.</p>")
    crawler = instances.start("one")
    run = crawl_now("site", bench.sources, crawler=crawler)

    instances.go_on(run, crawler)

    assert len(set(site.paths())) == PAGES_COUNT + 1
