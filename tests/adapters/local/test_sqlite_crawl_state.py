import pytest

from lib.adapters.local.sqlite_crawl_state import SqliteCrawlState
from tests.adapters.local.query_plans import plan, reads_only_what_it_returns
from tests.contracts.crawl_state import CrawlStateContract
from tests.examples import url_state


class TestSqliteCrawlState(CrawlStateContract):
    @pytest.fixture
    def crawls(self, store_db):
        return SqliteCrawlState(database=store_db)


def test_frontier_and_unseen_are_ranges_of_an_index(store_db):
    crawls = SqliteCrawlState(database=store_db)
    crawls.save(
        [url_state(f"page-{n}", pending=n % 2 == 0, document_id=f"d{n}", crawl_id=f"c{n % 3}") for n in range(60)]
    )

    for call in (
        lambda: crawls.pending("handbook", "c1", limit=5),
        lambda: crawls.unseen("handbook", "c1", limit=5),
        lambda: crawls.read("handbook", [url_state("page-1").url]),
    ):
        assert reads_only_what_it_returns(plan(store_db, call))


def test_of_a_batch_that_fails_nothing_is_saved(store_db):
    crawls = SqliteCrawlState(database=store_db)
    with pytest.raises(OverflowError):
        crawls.save([url_state("fine"), url_state("too far", depth=2**70)])

    assert crawls.read("handbook", [url_state("fine").url]) == {}
