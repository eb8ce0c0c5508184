"""Hosts are asked by one crawl at a time, and left alone when they ask for it."""

from dataclasses import replace

import pytest

from lib import composition
from lib.domain.messages import parse_crawl
from lib.pipelines.crawl import continue_crawl, crawl_now, release_leases
from lib.pipelines.crawl_hosts import BUSY_S, KIND, TERM, Hosts
from tests.doubles import SettableClock
from tests.pipelines.test_crawl_duplicates import documents_of, saying
from tests.site import Reply, Site, page
from tests.workbench import Workbench


def test_a_host_is_asked_by_one_crawl_at_a_time(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", saying(1))}
    a = bench.adapters
    other = Hosts(registry=a.registry, clock=a.clock, owner="another instance")
    assert other.take(["127.0.0.1"]) == {"127.0.0.1"}
    run = crawl_now("site", bench.sources, crawler=composition.crawler())
    [message] = a.queue.receive("crawl", limit=1, visibility_s=300)

    put_off = continue_crawl(parse_crawl(message.body), bench.sources, crawler=composition.crawler())

    assert put_off
    assert (put_off.outcome, put_off.slice, site.requests) == ("running", run.slice, [])
    other.release()
    later = replace(composition.crawler(), worker="later")
    assert continue_crawl(parse_crawl(message.body), bench.sources, crawler=later).outcome == "complete"  # type: ignore[union-attr]


@pytest.fixture
def hosts(bench: Workbench):
    clock = SettableClock()

    def make(owner: str) -> Hosts:
        return Hosts(registry=bench.adapters.registry, clock=clock, owner=owner)

    return make, clock


def test_who_dies_loses_its_hosts_and_who_lost_one_cannot_renew_it(hosts) -> None:
    make, clock = hosts
    dead, heir = make("dead"), make("heir")
    dead.take(["h"])
    assert (heir.take(["h"]), heir.wait_s) == (set(), BUSY_S)
    clock.advance(TERM.total_seconds() + 1)

    assert heir.take(["h"]) == {"h"}
    assert dead.take(["h"]) == set()


def test_a_pause_that_a_host_asked_for_holds_for_everybody(hosts) -> None:
    make, clock = hosts
    first, second = make("first"), make("second")
    first.take(["h"])
    first.pause("h", 90)
    first.pause("h", 2)
    first.release()

    assert (second.take(["h"]), round(second.wait_s)) == (set(), 90)
    clock.advance(91)
    assert second.take(["h"]) == {"h"}


def test_a_restarted_host_takes_over_what_its_dead_predecessor_held(bench: Workbench) -> None:
    a = bench.adapters
    Hosts(registry=a.registry, clock=a.clock, owner="dead").take(["h"])

    release_leases(bench.sources, crawler=composition.crawler())

    assert a.registry.get(KIND, "h").value["owner"] == ""  # type: ignore[union-attr]


def test_a_host_that_wants_to_be_left_alone_for_long_stops_the_crawl_and_says_until_when(
    bench: Workbench, site: Site
) -> None:
    site.pages = {"/": page("Home", saying(1), "/busy"), "/busy": Reply("", 429, {"Retry-After": "7200"})}

    first = bench.crawl("site")
    asked = len(site.requests)
    second = bench.crawl("site")

    assert (first.outcome, second.outcome) == ("stopped", "stopped")
    assert "want to be left alone until 20" in first.error
    assert (len(site.requests), len(documents_of(bench))) == (asked, 1)
