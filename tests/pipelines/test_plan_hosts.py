"""Planning beside crawls: a host is asked by one of them at a time."""

from dataclasses import replace

import pytest

from lib import composition
from lib.errors import NotYet, Unreachable
from lib.pipelines.crawl_hosts import Hosts
from lib.pipelines.plan import plan_source
from tests.pipelines.test_plan import listing, planned
from tests.site import Reply


def test_a_plan_waits_for_no_crawl_and_says_whose_it_is(bench, site):
    bench.use(listing(site))
    a = bench.adapters
    crawl = Hosts(registry=a.registry, clock=a.clock, owner="other the crawl of 'site'")
    crawl.take(["127.0.0.1"])

    with pytest.raises(NotYet, match=r"'127\.0\.0\.1' is asked by the crawl of 'site' now"):
        planned(bench)
    crawl.release()

    assert planned(bench).found.value == 40


def test_no_crawl_asks_a_host_while_a_plan_does_and_it_is_free_afterwards(bench, site):
    bench.use(listing(site))
    a = bench.adapters
    other = Hosts(registry=a.registry, clock=a.clock, owner="other the crawl of 'x'")
    taken = []

    class Watched:
        def __init__(self, reader):
            self.extractor, self.discover, self._read = reader.extractor, reader.discover, reader.read

        def read(self, source, fetches):
            taken.append(other.take(["127.0.0.1"]))
            yield from self._read(source, fetches)

    reader = Watched(a.reader_for(bench.sources.items[0]))
    planner = composition.planner()
    planner = replace(planner, crawler=replace(planner.crawler, reader_for=lambda _: reader))

    plan_source("site", bench.sources, sample=3, planner=planner)

    assert taken == [set()]
    assert other.take(["127.0.0.1"]) == {"127.0.0.1"}


def test_a_host_that_wants_to_be_left_alone_is_not_planned_until_then(bench, site):
    bench.use(listing(site))
    site.pages["/map.xml"] = Reply("", 429, headers={"Retry-After": "600"})
    with pytest.raises(Unreachable, match="wants to be left alone for 600 s"):
        planned(bench)
    asked = len(site.requests)

    with pytest.raises(NotYet, match="wants to be left alone until 20"):
        planned(bench)

    assert len(site.requests) == asked


def test_a_plan_of_a_website_that_asks_for_nothing_needs_no_host(bench, site):
    a = bench.adapters
    Hosts(registry=a.registry, clock=a.clock, owner="other the crawl of 'site'").take(["127.0.0.1"])

    assert planned(bench, sample=0).sample.fetched == 0
