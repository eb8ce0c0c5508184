"""What a crawl was to do is done in the end: after kills, failed crawls, erasure and changed settings."""

from dataclasses import replace

import pytest

from lib import composition
from lib.domain.documents import document_id
from lib.domain.messages import parse_crawl
from lib.errors import Unreachable
from lib.pipelines.admin import Administrator, erase, forget_source
from lib.pipelines.crawl import continue_crawl, crawl_due, crawl_now
from lib.ports.source_reader import Discovery, Found
from tests.doubles import SettableClock, failing
from tests.pipelines.test_crawl import FOXES, OWLS, documents
from tests.site import Reply, Site, page
from tests.workbench import READER, Workbench, website


def admin() -> Administrator:
    held = composition.adapters().held
    return Administrator(builder=composition.builder(), publisher=composition.publisher(), held=held)


def test_narrower_access_reaches_every_page_though_the_crawl_failed_first(bench: Workbench, site: Site) -> None:
    def sources(**extra: str) -> str:
        sitemap = website(site.url, **extra).replace("kind: website", "kind: sitemap")
        return sitemap.replace(f"{site.url}/", f"{site.url}/sitemap.xml")

    bench.use(sources())
    xml = f"<urlset><url><loc>{site.url}/a</loc></url></urlset>"
    site.pages = {"/sitemap.xml": Reply(xml, headers={"Content-Type": "application/xml"}), "/a": page("A", FOXES)}
    bench.crawl("site")
    bench.settle()
    assert bench.search("foxes")
    bench.use(sources(access="[staff]"))
    sitemap = site.pages["/sitemap.xml"]
    site.pages["/sitemap.xml"] = Reply("oops", status=503)
    assert bench.crawl("site").outcome == "failed"
    site.pages["/sitemap.xml"] = sitemap
    assert bench.crawl("site").outcome == "complete"
    bench.settle()
    assert bench.search("foxes") == []


def test_narrower_access_hides_what_was_stored_and_not_built_yet(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    bench.crawl("site")
    bench.use(website(site.url, access="[staff]"))
    site.pages["/"] = Reply("oops", status=500)
    bench.crawl("site")

    bench.settle()

    assert bench.search("foxes") == []


def test_an_erased_page_that_is_still_there_comes_back_though_it_did_not_change(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    bench.crawl("site")
    bench.settle()
    erase(document_id("site", f"{site.url}/"), caller=READER, administrator=admin())
    bench.settle()
    bench.crawl("site")
    assert set(documents(bench)) == {f"{site.url}/"}


def test_a_source_that_was_forgotten_and_added_again_has_its_pages_again(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    before = bench.sources
    bench.crawl("site")
    bench.settle()
    forget_source("site", bench.use("sources: []"), caller=READER, administrator=admin())
    bench.settle()
    assert documents(bench) == {}
    bench.sources = before
    bench.crawl("site")
    assert len(documents(bench)) == 2


def test_a_start_url_is_in_scope_however_it_is_spelt(bench: Workbench, site: Site) -> None:
    bench.use(website(site.url.replace("127.0.0.1", "LOCALHOST")))
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    run = bench.crawl("site")
    assert run.outcome == "complete"
    assert len(documents(bench)) == 2


def test_a_crawl_that_was_killed_before_it_could_finish_is_not_a_failed_one(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    crawler = composition.crawler()
    run = crawl_now("site", bench.sources, crawler=crawler)
    [message] = bench.adapters.queue.receive("crawl", limit=8, visibility_s=300)
    dying = replace(crawler, state=failing(crawler.state, "unseen", error=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        continue_crawl(parse_crawl(message.body), bench.sources, crawler=dying)
    run = bench.adapters.state.load_run("site")
    assert run
    bench.adapters.state.save_run(replace(run, lease_until="2020-01-01T00:00:00.000Z"))
    crawl_due(bench.sources, crawler=crawler)
    run = bench.adapters.state.load_run("site")
    assert run
    assert run.outcome == "complete"


def test_a_page_that_failed_is_tried_again_after_all_others(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a", "/b"), "/a": Reply("oops", status=503), "/b": page("B", OWLS, "/c")}
    site.pages["/c"] = page("C", OWLS, "/d")
    site.pages["/d"] = page("D", OWLS)
    bench.crawl("site")
    asked = [path for path, _ in site.requests if path != "/robots.txt"]
    assert asked[-1] == "/a"


def test_seeds_that_take_longer_than_a_lease_are_not_read_twice(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    clock = SettableClock()
    crawler = replace(composition.crawler(), clock=clock)
    started: list[int] = []

    class Slow:
        """Seeds take 90 seconds; meanwhile the timer of another process looks for what is due."""

        extractor = composition.adapters().reader_for(bench.sources.items[0]).extractor
        read = staticmethod(composition.adapters().reader_for(bench.sources.items[0]).read)

        def discover(self, source: object, *, since: str) -> Discovery:
            clock.advance(90)
            started.append(crawl_due(bench.sources, crawler=replace(crawler, worker="other")))
            return Discovery(found=iter([Found(url=f"{site.url}/")]))

    crawl_now("site", bench.sources, crawler=crawler)
    [message] = bench.adapters.queue.receive("crawl", limit=8, visibility_s=300)
    run = continue_crawl(
        parse_crawl(message.body),
        bench.sources,
        crawler=replace(crawler, reader_for=lambda _: Slow()),  # type: ignore[arg-type,return-value]
    )

    assert started == [0]
    assert run
    assert run.outcome == "complete"


def test_a_duplicate_of_a_slice_does_nothing(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    crawler = composition.crawler()
    crawl_now("site", bench.sources, crawler=crawler)
    [message] = bench.adapters.queue.receive("crawl", limit=8, visibility_s=300)
    continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)

    again = continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)

    assert again is None
    assert site.asked("/") == [200]


def test_a_crawl_whose_slice_was_lost_is_taken_up_again(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    crawler = composition.crawler()
    run = crawl_now("site", bench.sources, crawler=crawler)
    bench.adapters.state.save_run(replace(run, lease_owner="dead", lease_until="2020-01-01T00:00:00.000Z"))

    started = crawl_due(bench.sources, crawler=crawler)

    assert started == 1
    assert list(documents(bench)) == [f"{site.url}/"]


def test_a_lease_of_our_own_under_which_nobody_works_is_taken_over(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    bench.crawl("site")
    run = bench.adapters.state.load_run("site")
    assert run is not None
    later = "2999-01-01T00:00:00.000Z"
    lost = replace(run, outcome="running", slice=0, lease_owner=composition.crawler().worker, lease_until=later)
    bench.adapters.state.save_run(lost)

    crawl_due(bench.sources, crawler=composition.crawler())

    ended = bench.adapters.state.load_run("site")
    assert ended is not None
    assert ended.outcome == "complete"


def test_crawl_due_leaves_a_source_alone_until_its_schedule_says_so(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    crawler = composition.crawler()

    assert crawl_due(bench.sources, crawler=crawler) == 1
    assert crawl_due(bench.sources, crawler=crawler) == 0


def test_narrower_access_hides_pages_that_cannot_be_fetched_again(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    bench.settle()
    assert bench.search("owls hunt at night")
    bench.use(website(site.url, access="[staff]"))
    site.pages = {path: Reply("oops", status=503) for path in ("/", "/a")}

    bench.crawl("site")
    bench.settle()

    assert bench.search("owls hunt at night") == []


def test_a_crawl_whose_report_could_not_be_written_ends_with_one_once_it_can(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    run = crawl_now("site", bench.sources, crawler=composition.crawler())
    [message] = bench.adapters.queue.receive("crawl", limit=1, visibility_s=300)
    healthy = composition.crawler()
    broken = replace(healthy, ledger=failing(healthy.ledger, "append", error=Unreachable("no ledger")))
    with pytest.raises(Unreachable):
        continue_crawl(parse_crawl(message.body), bench.sources, crawler=broken)

    again = continue_crawl(parse_crawl(message.body), bench.sources, crawler=healthy)

    assert again
    assert again.outcome == "complete"
    assert [fact.id for fact in bench.adapters.ledger.read("source:site")] == [run.crawl_id]
