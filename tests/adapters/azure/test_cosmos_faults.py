"""Writes to Cosmos DB that fail in the middle leave nothing half."""

import random

import pytest

from lib.adapters.azure.cosmos_containers import CRAWL_STATE, DOCUMENTS, FEATURES, REGISTRY
from lib.adapters.azure.cosmos_crawl_state import CosmosCrawlState
from lib.adapters.azure.cosmos_feature_store import CosmosFeatureStore
from lib.adapters.azure.cosmos_head_store import CosmosHeadStore
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from lib.adapters.local.system_clock import SystemClock
from lib.domain.features import Live
from lib.errors import NotYet, Transient, Unreachable
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.adapters.azure.test_cosmos_features import store_in as features_in
from tests.contracts.feature_store import _ids, _same
from tests.doubles import failing
from tests.examples import SET_A, document, features, hash_of, key, url_state, vector

KINDS = ["reset", "unavailable", "lost_answer"]
ITEMS = {"match": "/docs"}
"""Where requests for items go."""
MANY = tuple(f"paragraph {n}" for n in range(450))
"""More chunks and vectors than one batch takes, in three items."""


def until_it_works(work, tries=200):
    """How often it failed; each failure must be one that passes by itself."""
    for failures in range(tries):
        try:
            work()
        except Transient:
            continue
        return failures
    raise AssertionError("it never worked")


class TestFaults(OnCosmos):
    @pytest.mark.parametrize("kind", KINDS)
    def test_features_are_there_whole_or_not_at_all(self, stand_ins, account, kind):
        store, wanted = features_in(account), features("a", paragraphs=MANY)
        failures, was_saved = 0, False
        for seed in range(100):
            stand_ins.set_faults([{"service": "cosmos", "kind": kind, "share": 0.7, "seed": seed, **ITEMS}])
            try:
                store.save(wanted)
                was_saved = True
            except Transient:
                failures += 1
            stand_ins.set_faults([])
            found = store.read(key("a"), 1, SET_A)
            assert (found is None and not was_saved) or _same(found, wanted)
            if was_saved and failures >= 3:
                break

        assert was_saved
        assert failures >= 3

    def test_a_conditional_write_whose_answer_was_lost_counts_as_written(self, stand_ins, account):
        registry = CosmosRegistry(registry=account.open(REGISTRY))
        fault = {"service": "cosmos", "kind": "lost_answer", "times": 1}
        stand_ins.set_faults([{**fault, "match": "POST"}])
        first = registry.put("status", "it", {"at": 1}, revision=0)
        stand_ins.set_faults([{**fault, "match": "PUT"}])
        second = registry.put("status", "it", {"at": 2}, revision=first.revision)
        hits = [fault["hits"] for fault in stand_ins.faults()]

        assert hits == [1]
        assert registry.get("status", "it") == second

    @pytest.mark.parametrize("on_call", range(1, 7))
    def test_a_drop_that_was_cut_short_is_finished_by_the_next(self, account, on_call):
        store = features_in(account)
        store.save(features("a", paragraphs=MANY))
        store.save(features("a", version=2, paragraphs=("kept", MANY[0])))
        container = failing(account.open(FEATURES), "batch", error=Unreachable("killed"), on_call=on_call)
        cut = CosmosFeatureStore(features=container, clock=SystemClock(), snapshot_days=365)

        if on_call < 6:
            with pytest.raises(Unreachable):
                cut.drop(key("a"), SET_A, below=2, snapshots=True)
        gone = store.drop(key("a"), SET_A, below=2, snapshots=True)

        assert gone == (_ids("a", 1, SET_A, len(MANY)) if on_call in {1, 6} else [])
        assert store.stale(key("a"), SET_A, below=2) == []
        assert set(store.vectors(key("a"), [hash_of(p) for p in (*MANY, "kept")])) == {
            hash_of("kept"),
            hash_of(MANY[0]),
        }

    def test_a_save_that_relied_on_a_vector_that_a_drop_takes_meanwhile_starts_over(self, account):
        store = features_in(account)
        store.save_vectors(key("a"), {hash_of("one"): vector("one")})
        reused = features("a", version=2, paragraphs=("one",), with_vectors=False)
        container = _Between(
            account.open(FEATURES), "query", lambda: store.drop(key("a"), SET_A, below=9, snapshots=True)
        )
        late = CosmosFeatureStore(features=container, clock=SystemClock(), snapshot_days=365)

        with pytest.raises(NotYet):
            late.save(reused)
        assert store.read(key("a"), 2, SET_A) is None

    @pytest.mark.parametrize("kind", KINDS)
    def test_documents_are_written_once_whatever_fails(self, stand_ins, account, kind):
        store = store_in(account)
        stand_ins.set_faults([{"service": "cosmos", "kind": kind, "share": 0.8, "seed": 3, **ITEMS}])

        def write() -> None:
            for n in range(4):
                stored = store.get([key(str(n))]).get(key(str(n)))
                if stored is None:
                    store.put([document(str(n))], expected={key(str(n)): 0})

        assert until_it_works(write)
        stand_ins.set_faults([])
        assert len(store.get([key(str(n)) for n in range(4)])) == 4
        assert len(account.items(DOCUMENTS)) == 4

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_denial_that_was_acknowledged_holds_whatever_fails(self, stand_ins, account, kind):
        heads = CosmosHeadStore(features=account.open(FEATURES))
        stand_ins.set_faults([{"service": "cosmos", "kind": kind, "share": 0.2, "seed": 5, **ITEMS}])
        for version in range(1, 9):
            until_it_works(lambda version=version: heads.deny({key("a"): version, key("b"): 7}, source_id="handbook"))
            live = Live(version=version, chunks=1)
            until_it_works(lambda live=live: heads.flip(key("a"), SET_A, live, source_id="handbook", access=("staff",)))
        stand_ins.set_faults([])

        found = heads.heads([key("a"), key("b")])
        assert (found[key("a")].denied_below, found[key("a")].live[SET_A].version) == (8, 8)
        assert found[key("b")].denied_below == 7

    def test_heads_are_never_read_from_a_replica_that_lags(self, stand_ins, account):
        heads = CosmosHeadStore(features=account.open(FEATURES))
        stand_ins.set_faults([{"service": "cosmos", "kind": "stale", "delay_s": 60}])
        heads.deny({key("a"): 3, key("b"): 4}, source_id="handbook")

        assert {head.denied_below for head in heads.heads([key("a"), key("b")]).values()} == {3, 4}


class TestCrawlFaults(OnCosmos):
    @pytest.mark.parametrize("on_call", range(1, 8))
    def test_a_kill_in_a_large_save_loses_no_link_and_no_document(self, account, on_call):
        crawls = CosmosCrawlState(crawl_state=account.open(CRAWL_STATE))
        pages = [url_state(f"page-{n}", pending=True, document_id=key(f"page-{n}"), crawl_id="c2") for n in range(128)]
        crawls.save(pages)
        container = failing(account.open(CRAWL_STATE), "batch", error=Unreachable("killed"), on_call=on_call)
        links = {page.url: (f"{page.url}/a", f"{page.url}/b") for page in pages}
        fetched = [
            url_state(
                f"page-{n}",
                crawl_id="c2",
                links=links[page.url],
                document_id=page.document_id if n % 2 else "",
                canonical="" if n % 2 else f"{page.url}/a",
            )
            for n, page in enumerate(pages)
        ]
        opened = [url_state(f"page-{n}/b", pending=True, depth=1, crawl_id="c2") for n in range(128)]
        opened += [
            url_state(
                f"page-{n}/a",
                pending=True,
                depth=1,
                crawl_id="c2",
                aliases=() if n % 2 else (page.url,),
                document_id="" if n % 2 else page.document_id,
            )
            for n, page in enumerate(pages)
        ]
        states = [*fetched, *opened]
        random.Random(7).shuffle(states)

        try:
            CosmosCrawlState(crawl_state=container).save(states)
            assert on_call > 4
        except Unreachable:
            pass
        stored = crawls.read("handbook", [state.url for state in states])
        for page in pages:
            if not stored[page.url].pending:
                assert all(link in stored for link in links[page.url])
            holders = [s.url for s in stored.values() if s.document_id == page.document_id]
            assert len(holders) == 1


class _Between:
    """A container before whose second-to-next step something else happens, once."""

    def __init__(self, container, method, happens):
        self._container, self._method, self._happens = container, method, happens

    def __getattr__(self, name):
        found = getattr(self._container, name)
        if name != self._method or self._happens is None:
            return found

        def call(*args, **kwargs):
            result = found(*args, **kwargs)
            happens, self._happens = self._happens, None
            if happens:
                happens()
            return result

        return call
