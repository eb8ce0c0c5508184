"""What crawls held back in Cosmos DB: beside the crawl's state, and whole whatever happens."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.adapters.azure.cosmos_containers import CRAWL_STATE
from lib.adapters.azure.cosmos_crawl_state import CosmosCrawlState
from lib.adapters.azure.cosmos_held_items import CosmosHeldItems
from lib.errors import StoreCorrupt, Unreachable
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.contracts.held_items import HeldItemsContract, held_item, long_draft
from tests.doubles import failing
from tests.examples import crawl_run, document, key, url_state

ID = held_item().id


class TestCosmosHeldItems(OnCosmos, HeldItemsContract):
    @pytest.fixture
    def held(self, account):
        return CosmosHeldItems(crawl_state=account.open(CRAWL_STATE))


def a_long_item():
    return held_item(draft=long_draft(1))


def a_longer_item():
    return held_item(draft=long_draft(2, chars=1_500_000), count=4)


def broken(account, method, *, on_call, after=False):
    """Held items whose container fails at one call, as if the process had been killed there."""
    error = Unreachable("killed")
    return CosmosHeldItems(
        crawl_state=failing(account.open(CRAWL_STATE), method, error=error, on_call=on_call, after=after)
    )


class Losing:
    """A container whose first batch is carried out, and its answer is lost on the way."""

    def __init__(self, container, stand_ins):
        self._container, self._stand_ins, self._is_first = container, stand_ins, True

    def __getattr__(self, name):
        return getattr(self._container, name)

    def batch(self, *args):
        if self._is_first:
            self._stand_ins.set_faults([{"service": "cosmos", "kind": "lost_answer", "match": "POST", "times": 1}])
        self._is_first = False
        return self._container.batch(*args)

    def lost(self):
        return sum(fault["hits"] for fault in self._stand_ins.faults())


def parts(account):
    return sorted(item["id"] for item in account.items(CRAWL_STATE) if item.get("type") == "heldpart")


class TestLongDrafts(OnCosmos):
    @pytest.fixture
    def held(self, account):
        return CosmosHeldItems(crawl_state=account.open(CRAWL_STATE))

    @pytest.mark.parametrize(("method", "on_call"), [("upsert", 1), ("upsert", 2), ("batch", 1)])
    def test_a_kill_before_the_swap_leaves_the_old_item_whole(self, account, held, method, on_call):
        held.put([a_long_item()])

        with pytest.raises(Unreachable):
            broken(account, method, on_call=on_call).put([a_longer_item()])
        assert held.get([ID]) == {ID: a_long_item()}
        assert held.list() == [held_item(draft=None)]

    @pytest.mark.parametrize(("method", "on_call"), [("upsert", 2), ("batch", 1)])
    def test_a_kill_in_the_first_put_leaves_nothing_to_see(self, account, held, method, on_call):
        with pytest.raises(Unreachable):
            broken(account, method, on_call=on_call).put([a_longer_item()])

        assert (held.get([ID]), held.list(), held.count()) == ({}, [], {})

    def test_a_kill_after_the_swap_leaves_the_new_item_whole(self, account, held):
        held.put([a_long_item()])

        with pytest.raises(Unreachable):
            broken(account, "batch", on_call=1, after=True).put([a_longer_item()])
        assert held.get([ID]) == {ID: a_longer_item()}

    def test_what_a_killed_writer_left_goes_with_the_next_put(self, account, held):
        with pytest.raises(Unreachable):
            broken(account, "batch", on_call=1).put([a_longer_item()])
        assert parts(account) != []
        held.put([held_item()])

        assert parts(account) == []

    def test_no_part_outlives_its_item(self, account, held):
        held.put([a_long_item()])
        with pytest.raises(Unreachable):
            broken(account, "batch", on_call=1).put([a_longer_item()])
        held.remove([ID])

        assert account.items(CRAWL_STATE) == []

    @pytest.mark.parametrize("method", ["query", "batch"])
    def test_a_removal_that_was_cut_short_leaves_the_item_whole(self, account, held, method):
        held.put([a_long_item()])

        with pytest.raises(Unreachable):
            broken(account, method, on_call=1).remove([ID])
        assert held.get([ID]) == {ID: a_long_item()}

    @pytest.mark.parametrize("before", [[], [held_item(count=1)]], ids=["first", "again"])
    def test_a_swap_whose_answer_was_lost_counts_as_done(self, stand_ins, account, held, before):
        held.put(before)
        container = Losing(account.open(CRAWL_STATE), stand_ins)
        CosmosHeldItems(crawl_state=container).put([a_longer_item()])

        assert container.lost() == 1
        assert held.get([ID]) == {ID: a_longer_item()}

    def test_a_removal_whose_answer_was_lost_counts_as_done(self, stand_ins, account, held):
        held.put([a_long_item()])
        container = Losing(account.open(CRAWL_STATE), stand_ins)
        CosmosHeldItems(crawl_state=container).remove([ID])

        assert container.lost() == 1
        assert account.items(CRAWL_STATE) == []

    def test_a_reader_beside_writers_sees_whole_items(self, held):
        held.put([a_long_item()])

        def write(item):
            for _ in range(2):
                held.put([item])

        with ThreadPoolExecutor(2) as pool:
            writing = [pool.submit(write, item) for item in (a_long_item(), a_longer_item())]
            while not all(writer.done() for writer in writing):
                assert held.get([ID])[ID] in (a_long_item(), a_longer_item())
            for writer in writing:
                writer.result()

    def test_a_part_that_somebody_removed_is_told_and_the_item_can_be_discarded(self, account, held):
        held.put([a_long_item()])
        account.open(CRAWL_STATE).delete("test", parts(account)[0], "handbook")

        with pytest.raises(StoreCorrupt, match=ID):
            held.get([ID])
        held.remove([ID])
        assert account.items(CRAWL_STATE) == []

    def test_an_item_that_is_listed_is_small(self, account, held):
        held.put([a_long_item()])

        [main] = [item for item in account.items(CRAWL_STATE) if item["type"] == "held"]
        assert len(str(main)) < 2_000


class TestBesideTheCrawl(OnCosmos):
    def test_held_items_and_the_state_of_crawls_never_meet(self, account):
        crawls = CosmosCrawlState(crawl_state=account.open(CRAWL_STATE))
        held = CosmosHeldItems(crawl_state=account.open(CRAWL_STATE))
        run = crawls.save_run(crawl_run())
        waits = url_state("waits", pending=True)
        gone = url_state("gone", document_id=key("gone"), gone=True)
        older = url_state("older", document_id=key("older"), crawl_id="c0")
        crawls.save([waits, gone, older])
        held.put([a_long_item(), held_item("b", draft=document("b"))])

        assert crawls.load_run("handbook") == run
        assert [state.url for state in crawls.pending("handbook", "c1", limit=10)] == [waits.url]
        assert [state.url for state in crawls.unseen("handbook", "c1", limit=10)] == [gone.url, older.url]
        assert held.count() == {"handbook": 2}
        assert {item.id for item in held.list()} == {ID, held_item("b").id}
        held.remove([ID, held_item("b").id])
        assert (held.count(), crawls.load_run("handbook")) == ({}, run)
        assert len(account.items(CRAWL_STATE)) == 4
