"""A conditional write whose answer is lost is repeated, and refused: it counts as written if it was, and only then."""

import pytest

from lib.adapters.azure.cosmos_containers import CRAWL_STATE, DOCUMENTS, FEATURES, LEDGER, REGISTRY
from lib.adapters.azure.cosmos_crawl_state import CosmosCrawlState
from lib.adapters.azure.cosmos_document_store import CosmosDocumentStore
from lib.adapters.azure.cosmos_feature_store import CosmosFeatureStore
from lib.adapters.azure.cosmos_head_store import CosmosHeadStore
from lib.adapters.azure.cosmos_ledger import CosmosLedger
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from lib.adapters.local.system_clock import SystemClock
from lib.domain.features import Live
from lib.errors import Conflict
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.adapters.azure.lossy import lossy
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.adapters.azure.test_cosmos_features import store_in as features_in
from tests.contracts.feature_store import _ids, _same
from tests.examples import SET_A, crawl_run, document, fact, features, key, tombstone

BATCH, CREATE, REPLACE, DELETE = "execute_item_batch", "create_item", "replace_item", "delete_item"


def long_text(word):
    """2.4 MB: more than an item takes."""
    return f"{word} " * 600_000


def short(version):
    return document("a", version=version)


def long(version, word="fox"):
    return document("a", version=version, text=long_text(word))


def parts(account):
    return {item["id"] for item in account.items(DOCUMENTS) if item["type"] == "part"}


class TestDocuments(OnCosmos):
    @pytest.fixture
    def store(self, account):
        return store_in(account)

    def unanswered(self, account, method, **how):
        return CosmosDocumentStore(
            documents=lossy(account, DOCUMENTS, method, **how),
            registry=account.open(REGISTRY),
            clock=SystemClock(),
            tombstone_days=90,
        )

    @pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "never-arrived"])
    @pytest.mark.parametrize(
        ("method", "versions"),
        [
            (CREATE, (None, long(1))),
            (BATCH, (short(1), long(2))),
            (BATCH, (long(1), long(2, "owl"))),
            (BATCH, (long(1), short(2))),
            (BATCH, (short(1), tombstone("a", version=2))),
            (REPLACE, (short(1), short(2))),
        ],
        ids=["first", "short-to-long", "long-to-long", "long-to-short", "tombstone", "short-to-short"],
    )
    def test_a_version_whose_answer_was_lost_is_written_and_whole(self, account, store, method, versions, arrives):
        before, after = versions
        if before:
            store.put([before], expected={key("a"): 0})
        expected = {key("a"): before.version if before else 0}

        written = self.unanswered(account, method, arrives=arrives).put([after], expected=expected)

        assert written == {key("a"): True}
        assert store.get([key("a")]) == {key("a"): after}
        assert bool(parts(account)) == (len(after.text) > 1_000_000)
        assert store.totals().documents == (0 if after.deleted else 1)

    @pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "never-arrived"])
    def test_a_version_that_somebody_has_replaced_meanwhile_takes_its_parts_along(self, account, store, arrives):
        store.put([short(1)], expected={key("a"): 0})
        other = long(3, "owl")

        def meanwhile():
            assert store.put([other], expected={key("a"): 2 if arrives else 1}) == {key("a"): True}

        late = self.unanswered(account, BATCH, arrives=arrives, meanwhile=meanwhile)
        written = late.put([long(2)], expected={key("a"): 1})

        assert written == {key("a"): False}
        assert store.get([key("a")]) == {key("a"): other}
        assert {name.split("-")[1] for name in parts(account)} == {"3"}

    def test_the_same_text_in_the_same_version_by_somebody_else_is_not_ours(self, account, store):
        store.put([long(1)], expected={key("a"): 0})
        ours, other = short(2), document("a", version=2, access=("board",))

        def meanwhile():
            assert store.put([other], expected={key("a"): 1}) == {key("a"): True}

        written = self.unanswered(account, BATCH, arrives=False, meanwhile=meanwhile).put(
            [ours], expected={key("a"): 1}
        )

        assert (written, store.get([key("a")])) == ({key("a"): False}, {key("a"): other})


class TestRegistry(OnCosmos):
    @pytest.mark.parametrize(("method", "revision"), [(CREATE, 0), (REPLACE, 1)])
    def test_somebody_elses_equal_value_is_a_conflict(self, account, method, revision):
        registry = CosmosRegistry(registry=account.open(REGISTRY))
        for n in range(revision):
            registry.put("counts", "x", {"n": n}, revision=n)

        def count():
            registry.put("counts", "x", {"n": revision}, revision=revision)

        late = CosmosRegistry(registry=lossy(account, REGISTRY, method, arrives=False, meanwhile=count))

        with pytest.raises(Conflict, match="x"):
            late.put("counts", "x", {"n": revision}, revision=revision)
        assert registry.get("counts", "x").revision == revision + 1

    @pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "never-arrived"])
    @pytest.mark.parametrize(("method", "revision"), [(CREATE, 0), (REPLACE, 1)])
    def test_our_own_value_is_none(self, account, method, revision, arrives):
        registry = CosmosRegistry(registry=account.open(REGISTRY))
        for n in range(revision):
            registry.put("counts", "x", {"n": n}, revision=n)
        late = CosmosRegistry(registry=lossy(account, REGISTRY, method, arrives=arrives))

        assert late.put("counts", "x", {"n": 7}, revision=revision) == registry.get("counts", "x")


class TestCrawlRuns(OnCosmos):
    def test_somebody_elses_equal_run_is_a_conflict(self, account):
        crawls = CosmosCrawlState(crawl_state=account.open(CRAWL_STATE))
        late = CosmosCrawlState(
            crawl_state=lossy(
                account, CRAWL_STATE, CREATE, arrives=False, meanwhile=lambda: crawls.save_run(crawl_run())
            )
        )

        with pytest.raises(Conflict, match="handbook"):
            late.save_run(crawl_run())

    @pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "never-arrived"])
    def test_our_own_run_is_none(self, account, arrives):
        late = CosmosCrawlState(crawl_state=lossy(account, CRAWL_STATE, CREATE, arrives=arrives))

        assert late.save_run(crawl_run()) == late.load_run("handbook")


class TestFeatures(OnCosmos):
    def test_a_flip_and_a_denial_that_meet_are_both_kept(self, account):
        heads = CosmosHeadStore(features=account.open(FEATURES))
        heads.deny({key("a"): 1}, source_id="handbook")
        late = CosmosHeadStore(
            features=lossy(
                account, FEATURES, REPLACE, meanwhile=lambda: heads.deny({key("a"): 9}, source_id="handbook")
            )
        )
        live = Live(version=2, chunks=1)

        assert late.flip(key("a"), SET_A, live, source_id="handbook", access=("everyone",))
        head = heads.heads([key("a")])[key("a")]
        assert (head.live[SET_A], head.denied_below) == (live, 9)

    def test_a_flip_that_a_newer_one_has_overtaken_says_so(self, account):
        heads = CosmosHeadStore(features=account.open(FEATURES))
        newer = Live(version=3, chunks=1)

        def overtake():
            assert heads.flip(key("a"), SET_A, newer, source_id="handbook", access=("everyone",))

        late = CosmosHeadStore(features=lossy(account, FEATURES, CREATE, meanwhile=overtake))

        flipped = late.flip(key("a"), SET_A, Live(version=2, chunks=1), source_id="handbook", access=("everyone",))
        assert (flipped, heads.heads([key("a")])[key("a")].live[SET_A]) == (False, newer)

    def test_saved_features_are_whole(self, account):
        wanted = features("a")
        late = CosmosFeatureStore(features=lossy(account, FEATURES, BATCH), clock=SystemClock(), snapshot_days=365)

        late.save(wanted)

        assert _same(features_in(account).read(key("a"), 1, SET_A), wanted)

    def test_a_drop_names_the_chunks_that_it_removed(self, account):
        store, wanted = features_in(account), features("a")
        store.save(wanted)
        late = CosmosFeatureStore(features=lossy(account, FEATURES, BATCH), clock=SystemClock(), snapshot_days=365)

        gone = late.drop(key("a"), SET_A, below=2, snapshots=True)

        assert gone == _ids("a", 1, SET_A, len(wanted.chunks))
        assert [item["type"] for item in account.items(FEATURES)] == ["guard"]


class TestLedger(OnCosmos):
    def test_a_fact_is_appended_once_and_erased_once(self, account):
        CosmosLedger(ledger=lossy(account, LEDGER, CREATE)).append([fact("f1"), fact("f2")])
        ledger = CosmosLedger(ledger=account.open(LEDGER))
        assert {found.id for found in ledger.read("d1")} == {"f1", "f2"}

        assert CosmosLedger(ledger=lossy(account, LEDGER, DELETE)).erase("d1", keep_kinds=[]) == 2
        assert ledger.read("d1") == []
