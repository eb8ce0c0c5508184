"""What need not be asked for is not, and nothing stays hidden for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib import composition
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.domain.times import iso
from lib.pipelines.crawl import crawl_due
from lib.pipelines.crawl_due import can_be_avoided
from lib.pipelines.crawl_verdicts import DENIED_OFTEN
from lib.pipelines.crawler import Crawler
from lib.ports.crawl_state import CrawlRun, UrlState
from lib.ports.source_reader import Discovery, Fetch, Fetched, Found
from tests.doubles import SettableClock
from tests.pipelines.test_crawl_model import SITE, SOURCES, crawl, stored
from tests.workbench import Workbench

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCAN = f"{SITE}/scan.pdf"
DAY_S = 86_400
FOXES = "Foxes are small to medium-sized omnivorous mammals that belong to several genera of the family Canidae."


def ago(hours: float) -> str:
    return iso(NOW - timedelta(hours=hours))


def avoids(*, recheck_hours: float = 24, relearn: bool = False, by_hand: bool = False, **known: Any) -> bool:
    """What is decided for a page with a document, checked an hour ago and changed twenty hours before that."""
    source = Source(id="site", kind="website", recheck_hours=recheck_hours)
    run = CrawlRun(source_id="site", crawl_id="c2", started_at=ago(0), relearn=relearn, asks_all=by_hand)
    values = {"document_id": "d1", "checked_at": ago(1), "changed_at": ago(21), **known}
    return can_be_avoided(UrlState(source_id="site", url=SCAN, **values), source, run, NOW)


@pytest.mark.parametrize(
    ("since_check", "unchanged_for", "is_avoided"),
    [(1, 9, False), (1, 10, False), (1, 11, True), (2, 19, False), (2, 21, True), (0.1, 0.5, False), (1, 0, False)],
)
def test_a_page_is_avoided_for_a_tenth_of_the_time_that_it_has_not_changed(
    since_check: float, unchanged_for: float, is_avoided: bool
) -> None:
    assert avoids(checked_at=ago(since_check), changed_at=ago(since_check + unchanged_for)) == is_avoided


@pytest.mark.parametrize("known", [{"stamp": "v1", "listed": "v1"}, {"changed_at": ago(9_000)}], ids=["stamp", "tenth"])
def test_nothing_is_avoided_for_longer_than_recheck_hours(known: dict[str, str]) -> None:
    assert avoids(checked_at=ago(23.9), **known)
    assert not avoids(checked_at=ago(24), **known)
    assert avoids(checked_at=ago(1), recheck_hours=2, **known)
    assert not avoids(checked_at=ago(2), recheck_hours=2, **known)
    assert not avoids(checked_at=ago(0), recheck_hours=0, **known)


@pytest.mark.parametrize(
    ("stamp", "listed", "is_avoided"),
    [("v1", "v1", True), ("v1", "v2", False), ("", "v1", False), ("v1", "", True), ("", "", True)],
)
def test_a_stamp_says_more_than_the_time_for_which_a_page_has_not_changed(
    stamp: str, listed: str, is_avoided: bool
) -> None:
    assert avoids(stamp=stamp, listed=listed) == is_avoided
    assert avoids(stamp=stamp, listed=listed, changed_at="") == (stamp == listed == "v1")


def test_a_crawl_by_hand_asks_for_all_that_is_not_listed_as_it_was() -> None:
    assert not avoids(by_hand=True)
    assert not avoids(by_hand=True, stamp="v1", listed="v2")
    assert avoids(by_hand=True, stamp="v1", listed="v1")


@pytest.mark.parametrize("known", [{"stamp": "v1", "listed": "v1"}, {}], ids=["stamp", "tenth"])
@pytest.mark.parametrize(
    "change",
    [{"relearn": True}, {"failures": 1}, {"checked_at": ""}, {"document_id": ""}],
    ids=["relearn", "failed", "never-checked", "nothing-known"],
)
def test_what_was_not_settled_under_these_settings_is_asked_for(known: dict[str, str], change: dict[str, Any]) -> None:
    assert avoids(**known)
    assert not avoids(**known, **change)


@pytest.mark.parametrize("left", [{"links": (SCAN,)}, {"canonical": SCAN}, {"reason": "the page has no text"}])
def test_a_page_without_a_document_is_settled_by_what_it_left(left: dict[str, Any]) -> None:
    assert avoids(document_id="", stamp="v1", listed="v1", **left)


@dataclass
class Shelf:
    """A SourceReader whose listing stamps its resources."""

    clock: SettableClock
    stamps: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Fetched] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    extractor: str = "shelf/1"

    def discover(self, source: Source, *, since: str = "") -> Discovery:
        return Discovery(found=iter([Found(url=url, stamp=stamp) for url, stamp in self.stamps.items()]))

    def read(self, source: Source, fetches: Sequence[Fetch]) -> Iterator[Fetched]:
        for fetch in fetches:
            self.asked.append(fetch.url)
            answer = self.answers[fetch.url]
            if fetch.etag and fetch.etag == answer.etag:
                answer = replace(answer, outcome="not_modified", status=304, page=None)
            yield replace(answer, url=fetch.url, final_url=fetch.url, fetched_at=iso(self.clock.now()), requests=1)

    def put(self, url: str, stamp: str, answer: Fetched) -> None:
        self.stamps[url], self.answers[url] = stamp, answer

    def times(self, url: str = SCAN) -> int:
        return self.asked.count(url)


def text(words: str, **more: Any) -> Fetched:
    page = Page(title="T", text=words, **more)
    return Fetched(url="", outcome="page", status=200, page=page, etag=f"{words}{more}")


def refused(rule: str, status: int = 200) -> Fetched:
    return Fetched(url="", outcome="refused", status=status, rule=rule, reason=f"refused by {rule}")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    workbench = Workbench(tmp_path, SOURCES)
    yield workbench
    workbench.close()


@pytest.fixture
def shelf() -> Shelf:
    made = Shelf(SettableClock(NOW))
    made.put(f"{SITE}/", "v1", text(FOXES))
    return made


@pytest.fixture
def crawler(bench: Workbench, shelf: Shelf) -> Crawler:
    return replace(composition.crawler(), reader_for=lambda _: shelf, clock=shelf.clock)


@pytest.mark.parametrize("rule", ["type", "size"])
def test_a_resource_that_cannot_be_read_is_read_again_after_recheck_hours_or_when_it_changes(
    bench: Workbench, shelf: Shelf, crawler: Crawler, rule: str
) -> None:
    shelf.put(SCAN, "v1", refused(rule))
    for _ in range(3):
        crawl(bench, crawler)
        shelf.clock.advance(7 * 3600)
    assert shelf.times() == 1

    shelf.clock.advance(4 * 3600)
    crawl(bench, crawler)
    assert shelf.times() == 2
    shelf.put(SCAN, "v2", text("Readable at last."))
    crawl(bench, crawler)
    assert (shelf.times(), stored(bench)[SCAN]) == (3, "Readable at last.")


def test_a_resource_that_failed_before_it_was_refused_is_settled_all_the_same(
    bench: Workbench, shelf: Shelf, crawler: Crawler
) -> None:
    shelf.put(SCAN, "v1", Fetched(url="", outcome="failed", reason="timed out"))
    crawl(bench, crawler)
    shelf.put(SCAN, "v1", refused("type"))
    crawl(bench, crawler)
    before = shelf.times()

    crawl(bench, crawler)

    assert shelf.times() == before


@pytest.mark.parametrize(
    "answer",
    [
        *(refused(rule, 0) for rule in ("robots", "address", "scope", "redirect", "render")),
        refused("status", 400),
        refused("status", 403),
        Fetched(url="", outcome="gone", status=404),
    ],
    ids=["robots", "address", "scope", "redirect", "render", "status", "denied", "gone"],
)
def test_what_somebody_may_allow_at_any_time_is_asked_for_in_every_crawl(
    bench: Workbench, shelf: Shelf, crawler: Crawler, answer: Fetched
) -> None:
    shelf.put(SCAN, "v1", answer)
    for _ in range(3):
        crawl(bench, crawler)

    assert shelf.times() == 3


def test_a_page_that_was_there_for_long_is_asked_for_in_every_crawl_once_it_is_gone(
    bench: Workbench, shelf: Shelf, crawler: Crawler
) -> None:
    shelf.put(SCAN, "", text("Here for years."))
    crawl(bench, crawler)
    shelf.clock.advance(365 * DAY_S)
    shelf.answers[SCAN] = Fetched(url="", outcome="gone", status=404)
    crawl_due(bench.sources, crawler=crawler)
    assert SCAN not in stored(bench)
    shelf.clock.advance(3600)
    shelf.answers[SCAN] = text("Here again.")

    crawl_due(bench.sources, crawler=crawler)

    assert stored(bench)[SCAN] == "Here again."


@pytest.mark.parametrize("kind", ["type", "size", "gone", "status", "denied", "noindex", "empty"])
def test_what_a_stopped_crawl_was_to_delete_is_found_again_by_the_next(
    bench: Workbench, shelf: Shelf, crawler: Crawler, kind: str
) -> None:
    pages = [f"{SITE}/p{n}" for n in range(8)]
    answers: dict[str, Fetched] = {
        "gone": Fetched(url="", outcome="gone", status=404),
        "status": refused("status", 400),
        "denied": refused("status", 403),
        "noindex": text(FOXES, noindex=True),
        "empty": text(""),
    }
    for url in pages:
        shelf.put(url, "v1", text(f"This is {url}."))
    crawl(bench, crawler)
    for url in pages:
        shelf.put(url, "v2", answers.get(kind) or refused(kind))
    for _ in range(DENIED_OFTEN - 1 if kind in ("denied", "status") else 0):
        assert crawl(bench, crawler) == "complete"

    assert [crawl(bench, crawler) for _ in range(3)] == ["stopped"] * 3
    assert len(stored(bench)) == 9
    bench.use(SOURCES + "    max_gone: 1\n")
    assert crawl(bench, crawler) == "complete"
    assert set(stored(bench)) == {f"{SITE}/"}
