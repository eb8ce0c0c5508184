"""Texts larger than an item of Cosmos DB: parts beside it, never two versions mixed."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.adapters.azure.cosmos_change_feed import CosmosChangeFeed
from lib.adapters.azure.cosmos_containers import DOCUMENTS, FEATURES, REGISTRY
from lib.adapters.azure.cosmos_document_store import CosmosDocumentStore
from lib.adapters.local.system_clock import SystemClock
from lib.errors import Unreachable
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.adapters.azure.test_cosmos_features import store_in as features_in
from tests.doubles import failing
from tests.examples import document, features, key, tombstone

SIZE = 1_300_000


def long_text(seed: int) -> str:
    """About 2.2 MB in UTF-8, a third of it line breaks and quotes, which JSON makes longer."""
    return "".join(random.Random(seed).choices('ab世🌍"\n', k=SIZE))


def broken(account, method, *, on_call):
    """A store whose container fails at one call, as if the process had been killed there."""
    container = failing(account.open(DOCUMENTS), method, error=Unreachable("killed"), on_call=on_call)
    return CosmosDocumentStore(
        documents=container, registry=account.open(REGISTRY), clock=SystemClock(), tombstone_days=90
    )


def parts(account) -> list[str]:
    return sorted(item["id"] for item in account.items(DOCUMENTS) if item["type"] == "part")


class TestLongTexts(OnCosmos):
    @pytest.fixture
    def store(self, account):
        return store_in(account)

    def test_no_item_is_larger_than_cosmos_takes(self, account, store):
        written = document("a", text=long_text(1))
        store.put([written], expected={key("a"): 0})

        assert store.get([key("a")])[key("a")].text == written.text
        assert len(parts(account)) >= 2

    @pytest.mark.parametrize(("method", "on_call"), [("upsert", 1), ("upsert", 2), ("batch", 1)])
    def test_a_kill_between_parts_and_main_leaves_the_old_text_readable(self, account, store, method, on_call):
        old = document("a", text=long_text(1))
        store.put([old], expected={key("a"): 0})

        with pytest.raises(Unreachable):
            broken(account, method, on_call=on_call).put(
                [document("a", version=2, text=long_text(2))], expected={key("a"): 1}
            )
        assert store.get([key("a")])[key("a")] == old

    def test_what_a_killed_writer_left_goes_with_the_next_long_version(self, account, store):
        store.put([document("a", text=long_text(1))], expected={key("a"): 0})
        with pytest.raises(Unreachable):
            broken(account, "batch", on_call=1).put(
                [document("a", version=2, text=long_text(2))], expected={key("a"): 1}
            )
        store.put([document("a", version=3, text=long_text(3))], expected={key("a"): 1})

        assert store.get([key("a")])[key("a")].text == long_text(3)
        assert {name.split("-")[1] for name in parts(account)} == {"3"}

    @pytest.mark.parametrize("after", [document("a", version=2), tombstone("a", version=2)], ids=["short", "tombstone"])
    def test_no_part_outlives_the_version_that_named_it(self, account, store, after):
        store.put([document("a", text=long_text(1))], expected={key("a"): 0})
        store.put([after], expected={key("a"): 1})

        assert store.get([key("a")])[key("a")] == after
        assert parts(account) == []

    def test_a_writer_that_lost_takes_its_parts_along(self, account, store):
        store.put([document("a")], expected={key("a"): 0})

        def write(seed: int) -> bool:
            written = document("a", version=2, text=long_text(seed))
            return store.put([written], expected={key("a"): 1})[key("a")]

        with ThreadPoolExecutor(3) as pool:
            won = [seed for seed, was_written in zip(range(3), pool.map(write, range(3)), strict=True) if was_written]

        assert len(won) == 1
        assert store.get([key("a")])[key("a")].text == long_text(won[0])
        assert len({name.split("-")[2] for name in parts(account)}) == 1

    def test_a_reader_beside_a_writer_sees_whole_versions(self, account, store):
        texts = {version: long_text(version) for version in range(1, 6)}
        store.put([document("a", text=texts[1])], expected={key("a"): 0})

        def write() -> None:
            for version in range(2, 6):
                store.put([document("a", version=version, text=texts[version])], expected={key("a"): version - 1})

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write)
            while not writing.done():
                seen = store.get([key("a")])[key("a")]
                assert seen.text == texts[seen.version]
            writing.result()

    def test_the_feed_shows_no_parts(self, account, store):
        store.put([document("a", text=long_text(1)), document("b")], expected={key("a"): 0, key("b"): 0})
        feed, cursor, seen = CosmosChangeFeed(documents=account.open(DOCUMENTS)), "", []
        while page := feed.read(cursor, limit=1).changes:
            seen += [change.document_id for change in page]
            cursor = feed.read(cursor, limit=1).cursor

        assert sorted(seen) == sorted([key("a"), key("b")])

    def test_a_long_snapshot_reads_back_whole_and_is_erased_whole(self, account):
        store = features_in(account)
        saved = features("a", paragraphs=(long_text(1), long_text(2)))
        store.save(saved)
        assert store.read(key("a"), 1, saved.feature_set).snapshot == saved.snapshot
        store.drop(key("a"), saved.feature_set, below=2, snapshots=True)

        assert [item["type"] for item in account.items(FEATURES)] == ["guard"]

    def test_a_half_surrogate_pair_becomes_a_question_mark_and_offsets_stay(self, account, store):
        store.put([document("a", text="a\ud800b")], expected={key("a"): 0})

        assert store.get([key("a")])[key("a")].text == "a?b"
