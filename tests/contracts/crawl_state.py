"""What every CrawlState keeps."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import Any

import pytest

from lib.errors import Conflict
from lib.ports.crawl_state import CrawlRun, CrawlState, UrlState
from tests.examples import NOON, crawl_run, key, url_state


def other_values(kind: type) -> dict[str, Any]:
    """Something other than the default for every field that has one."""
    other = {str: "ü", bool: True, int: 7, tuple: ("https://example.com/b",)}
    return {f.name: other[type(f.default)] for f in fields(kind) if type(f.default) in other and f.name != "revision"}


class CrawlStateContract:
    @pytest.fixture
    def crawls(self) -> CrawlState:
        """An empty state."""
        raise NotImplementedError

    def test_a_source_never_crawled_has_no_run(self, crawls):
        assert crawls.load_run("handbook") is None

    def test_a_run_reads_back_as_it_was_saved(self, crawls):
        saved = crawls.save_run(
            crawl_run(
                slice=3,
                outcome="stopped",
                ended_at=NOON,
                relearn=True,
                counts={"found": 9, "bytes": 12_345_678_901},
                error="a Grüße: \U0001f30d",
                lease_owner="w1",
                lease_until=NOON,
                settings_hash="h",
            )
        )

        assert saved.revision == 1
        assert crawls.load_run("handbook") == saved

    def test_each_save_gives_the_next_revision(self, crawls):
        first = crawls.save_run(crawl_run())
        second = crawls.save_run(replace(first, slice=1))

        assert (second.revision, crawls.load_run("handbook")) == (2, second)

    def test_a_run_that_somebody_else_saved_is_not_overwritten(self, crawls):
        first = crawls.save_run(crawl_run())
        kept = crawls.save_run(replace(first, slice=1))

        with pytest.raises(Conflict, match="handbook"):
            crawls.save_run(replace(first, slice=2))
        with pytest.raises(Conflict):
            crawls.save_run(crawl_run(crawl_id="c2"))
        assert crawls.load_run("handbook") == kept

    def test_a_revision_of_a_run_that_is_not_stored_conflicts(self, crawls):
        with pytest.raises(Conflict):
            crawls.save_run(crawl_run(revision=4))

    def test_runs_of_other_sources_are_apart(self, crawls):
        crawls.save_run(crawl_run("handbook"))
        crawls.save_run(crawl_run("blog", crawl_id="c9"))

        assert crawls.load_run("handbook").crawl_id == "c1"
        assert crawls.load_run("blog").crawl_id == "c9"

    def test_of_two_who_start_a_crawl_one_wins(self, crawls):
        def start(n: int) -> bool:
            try:
                crawls.save_run(crawl_run(crawl_id=f"c{n}"))
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            assert sorted(pool.map(start, range(6))) == [False] * 5 + [True]

    def test_a_state_reads_back_as_it_was_saved(self, crawls):
        saved = url_state(
            "a?q=%C3%A4",
            document_id=key("a"),
            pending=True,
            depth=2,
            order=1_700_000_000_000,
            gone=True,
            status=200,
            etag='W/"1"',
            last_modified="Sun, 22 Nov 2026 10:00:00 GMT",
            raw_hash="f" * 64,
            links=tuple(f"https://example.com/{n}" for n in range(300)),
            canonical="https://example.com/b",
            aliases=("https://example.com/old",),
            checked_at=NOON,
            failures=2,
            reason="robots.txt forbids it",
        )
        crawls.save([saved])

        assert crawls.read("handbook", [saved.url]) == {saved.url: saved}

    def test_every_field_of_a_run_and_of_a_state_survives_a_save(self, crawls):
        run = crawls.save_run(crawl_run(**other_values(CrawlRun), counts={"held": 2}))
        state = url_state("a", **other_values(UrlState))
        plain = url_state("plain", document_id=key("plain"))
        crawls.save([state, plain])

        assert crawls.load_run("handbook") == run
        assert crawls.read("handbook", [state.url, plain.url]) == {state.url: state, plain.url: plain}

    def test_unknown_urls_are_left_out(self, crawls):
        crawls.save([url_state("a")])

        assert set(crawls.read("handbook", [url_state("a").url, url_state("b").url])) == {url_state("a").url}
        assert crawls.read("blog", [url_state("a").url]) == {}
        assert crawls.read("handbook", []) == {}

    def test_a_save_replaces_the_state_of_the_same_url(self, crawls):
        crawls.save(
            [url_state("a", pending=True, links=("https://example.com/b",)), url_state("a", source="blog", depth=4)]
        )
        crawls.save([url_state("a", status=404)])

        assert crawls.read("handbook", [url_state("a").url])[url_state("a").url] == url_state("a", status=404)
        assert crawls.read("blog", [url_state("a").url])[url_state("a").url].depth == 4

    def test_saving_no_states_is_no_error(self, crawls):
        crawls.save([])

    def test_a_large_batch_is_saved_whole(self, crawls):
        states = [url_state(f"page-{n}", order=n) for n in range(1_200)]
        crawls.save(states)

        assert crawls.read("handbook", [s.url for s in states]) == {s.url: s for s in states}

    def test_pending_is_the_frontier_by_depth_then_order_then_url(self, crawls):
        crawls.save(
            [
                url_state("e", pending=True, depth=1, order=1),
                url_state("d", pending=True, depth=1, order=0),
                url_state("c", pending=True, depth=0, order=9),
                url_state("b", pending=True, depth=0, order=9),
                url_state("a", pending=True, depth=2, order=0),
                url_state("fetched", pending=False),
                url_state("of an older crawl", pending=True, crawl_id="c0"),
                url_state("elsewhere", pending=True, source="blog"),
            ]
        )

        found = crawls.pending("handbook", "c1", limit=10)

        assert [s.url for s in found] == [url_state(x).url for x in "bcdea"]
        assert crawls.pending("handbook", "c1", limit=2) == found[:2]
        assert crawls.pending("handbook", "c2", limit=10) == []

    def test_a_url_leaves_the_frontier_when_it_is_saved_as_fetched(self, crawls):
        crawls.save([url_state("a", pending=True), url_state("b", pending=True)])
        crawls.save([url_state("a", pending=False, status=200)])

        assert [s.url for s in crawls.pending("handbook", "c1", limit=10)] == [url_state("b").url]

    def test_unseen_are_urls_with_a_document_that_this_crawl_has_not_met_or_found_gone(self, crawls):
        crawls.save(
            [
                url_state("met", document_id=key("met"), crawl_id="c3"),
                url_state("d", document_id=key("d"), crawl_id="c2"),
                url_state("a", document_id=key("a"), crawl_id="c1"),
                url_state("c", document_id=key("c"), crawl_id="c1"),
                url_state("b", document_id=key("b"), crawl_id="c2"),
                url_state("later id", document_id=key("e"), crawl_id="c9"),
                url_state("no document", crawl_id="c1"),
                url_state("b gone", document_id=key("g"), crawl_id="c3", gone=True),
                url_state("a gone before", document_id=key("h"), crawl_id="c2", gone=True),
                url_state("gone and without document", crawl_id="c3", gone=True),
                url_state("elsewhere", document_id=key("f"), crawl_id="c1", source="blog"),
            ]
        )

        found = crawls.unseen("handbook", "c3", limit=10)

        assert [s.url for s in found] == [
            url_state(x).url for x in ("a", "a gone before", "b", "b gone", "c", "d", "later id")
        ]
        assert crawls.unseen("handbook", "c3", limit=3) == found[:3]

    def test_nothing_is_unseen_when_all_was_met(self, crawls):
        crawls.save([url_state("a", document_id=key("a")), url_state("b", document_id=key("b"))])

        assert crawls.unseen("handbook", "c1", limit=10) == []
        assert crawls.unseen("nowhere", "c1", limit=10) == []
