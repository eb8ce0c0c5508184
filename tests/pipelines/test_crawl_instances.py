"""Two instances of the app over one store."""

import threading
from collections import Counter
from dataclasses import replace

from lib import composition
from lib.domain.messages import parse_crawl
from lib.pipelines.crawl import continue_crawl, crawl_due, crawl_now
from lib.pipelines.crawl_hosts import TERM, Hosts
from tests.doubles import SettableClock
from tests.pipelines.test_crawl_duplicates import documents_of, saying
from tests.site import Site, page
from tests.workbench import Workbench, website


def pages(site: Site, count: int) -> None:
    paths = [f"/page{number}" for number in range(count)]
    site.pages = {"/": page("Home", saying(999), *paths)}
    site.pages |= {path: page(path, saying(number)) for number, path in enumerate(paths)}


def work(bench: Workbench, worker: str, done: threading.Event) -> None:
    """One instance: its timer and its queue, until told that it is done."""
    crawler = replace(composition.crawler(), worker=worker, slice_pages=7)
    while not done.is_set():
        crawl_due(bench.sources, crawler=crawler)
        for message in bench.adapters.queue.receive("crawl", limit=1, visibility_s=30):
            continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)
            bench.adapters.queue.complete(message)


def test_two_instances_on_one_source_ask_for_each_page_once(bench: Workbench, site: Site) -> None:
    pages(site, 40)
    done = threading.Event()
    threads = [threading.Thread(target=work, args=(bench, name, done)) for name in ("one", "two")]
    for thread in threads:
        thread.start()

    while not (run := bench.adapters.state.load_run("site")) or run.outcome == "running":
        done.wait(0.05)
    done.set()
    for thread in threads:
        thread.join()

    asked = Counter(path for path, _ in site.requests if path != "/robots.txt")
    assert run.outcome == "complete"
    assert set(asked.values()) == {1}
    assert len(documents_of(bench)) == 41


def test_two_sources_on_one_host_never_ask_it_at_the_same_time(bench: Workbench, site: Site) -> None:
    pages(site, 20)
    second = website(site.url).replace("id: site", "id: other").removeprefix("sources:\n")
    bench.use(website(site.url) + second)
    crawler = composition.crawler()
    crawl_now("site", bench.sources, crawler=crawler)
    crawl_now("other", bench.sources, crawler=crawler)
    first, later = bench.adapters.queue.receive("crawl", limit=2, visibility_s=300)
    holder = replace(crawler, slice_pages=1, slice_s=0.001)
    running = continue_crawl(parse_crawl(first.body), bench.sources, crawler=holder)
    assert running

    finished = continue_crawl(parse_crawl(later.body), bench.sources, crawler=crawler)

    assert finished
    assert (running.outcome, finished.outcome) == ("running", "complete")
    assert {item.value["owner"] for item in bench.adapters.registry.list("hosts")} == {""}


def test_a_slice_that_lost_its_host_stops_asking_it(bench: Workbench, site: Site) -> None:
    pages(site, 30)
    a = bench.adapters
    clock = SettableClock()
    taken: list[int] = []

    class Late:
        """Each page takes half a minute; behind the fifth one another instance has taken the host over."""

        def __init__(self, reader) -> None:
            self.extractor, self.discover, self._read = reader.extractor, reader.discover, reader.read

        def read(self, source, fetches):
            for number, fetch in enumerate(fetches):
                if number == 5:
                    clock.advance(TERM.total_seconds() + 1)
                    Hosts(registry=a.registry, clock=clock, owner="other").take(["127.0.0.1"])
                taken.append(number)
                yield from self._read(source, [fetch])

    reader = Late(a.reader_for(bench.sources.items[0]))
    crawler = replace(composition.crawler(), clock=clock, reader_for=lambda _: reader)  # type: ignore[arg-type,return-value]
    crawl_now("site", bench.sources, crawler=crawler)
    [message] = a.queue.receive("crawl", limit=1, visibility_s=300)

    run = continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)

    assert run is None or run.outcome == "running"
    assert taken[-1] == 5
