"""What lies in the containers: kinds of items, times to live, sizes, request units."""

import pytest

from lib.adapters.azure.cosmos_change_feed import CosmosChangeFeed
from lib.adapters.azure.cosmos_client import connect
from lib.adapters.azure.cosmos_containers import CONTAINERS, CONVERSATIONS, DOCUMENTS, FEATURES, LEDGER, REGISTRY
from lib.adapters.azure.cosmos_conversations import CosmosConversations
from lib.adapters.azure.cosmos_head_store import CosmosHeadStore
from lib.adapters.azure.cosmos_ledger import CosmosLedger
from lib.adapters.azure.cosmos_meter import KEPT, SHARDS, CosmosMeter
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from lib.errors import BadInput
from tests.adapters.azure.cosmos_account import Account, OnCosmos, make_database
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.adapters.azure.test_cosmos_features import store_in as features_in
from tests.doubles import SettableClock
from tests.examples import NOON, SET_A, document, exchange, fact, features, key, tombstone, vector

DAY_S = 86_400


def test_the_containers_are_those_of_the_design():
    assert {c.name: c.partition_key for c in CONTAINERS} == {
        "documents": "/document_id",
        "crawl_state": "/source_id",
        "features": "/document_id",
        "ledger": "/subject_id",
        "dead_letters": "/queue",
        "registry": "/kind",
        "conversations": "/owner_id",
        "leases": "/id",
    }
    assert {c.name for c in CONTAINERS if c.default_ttl == -1} == {"documents", "features", "conversations"}


class TestItems(OnCosmos):
    def test_tombstones_expire_and_documents_do_not(self, account):
        store = store_in(account)
        store.put([document("a"), tombstone("b", version=2)], expected={key("a"): 0, key("b"): 0})
        store.heartbeat(NOON)

        assert {item["document_id"]: item.get("ttl") for item in account.items(DOCUMENTS)} == {
            key("a"): None,
            key("b"): 90 * DAY_S,
            "heartbeat": None,
        }
        assert store.purge(deleted_before="9999") == 0

    def test_a_document_that_comes_back_does_not_expire(self, account):
        store = store_in(account)
        store.put([tombstone("a", version=2)], expected={key("a"): 0})
        store.put([document("a", version=3)], expected={key("a"): 2})

        assert ["ttl" in item for item in account.items(DOCUMENTS)] == [False]

    def test_superseded_snapshots_expire_in_whatever_order_they_are_saved(self, account):
        store = features_in(account)
        for version in (2, 1, 3):
            store.save(features("a", version=version))
        ttl = {i["version"]: i.get("ttl") for i in account.items(FEATURES) if i["type"] == "snapshot"}

        assert ttl == {1: 365 * DAY_S, 2: 365 * DAY_S, 3: None}
        assert store.purge(superseded_before="9999") == 0

    def test_exchanges_expire(self, account):
        conversations = CosmosConversations(conversations=account.open(CONVERSATIONS), conversation_days=30)
        conversations.append(exchange("a1"))
        conversations.give_feedback("ada", "a1", feedback="up", comment="\ud800")

        assert [(item["ttl"], item["comment"]) for item in account.items(CONVERSATIONS)] == [(30 * DAY_S, "?")]
        assert conversations.purge(before="9999") == 0

    def test_every_item_carries_its_schema(self, account):
        store_in(account).put([document("a")], expected={key("a"): 0})
        features_in(account).save(features("a"))
        CosmosHeadStore(features=account.open(FEATURES)).deny({key("a"): 1}, source_id="handbook")
        CosmosMeter(registry=account.open(REGISTRY)).record({"tokens": 1})
        CosmosRegistry(registry=account.open(REGISTRY)).put("live", "x", {}, revision=0)

        for facts in CONTAINERS:
            assert all(item["schema"] == 1 for item in account.items(facts))

    def test_equal_features_are_written_once(self, account):
        store = features_in(account)
        store.save(features("a"))
        before = {item["id"]: item["_etag"] for item in account.items(FEATURES)}
        store.save(features("a"))
        after = {item["id"]: item["_etag"] for item in account.items(FEATURES)}

        assert {name.split("-")[0] for name in before if before[name] != after[name]} == {"chunk", "guard"}

    def test_a_drop_takes_unused_vectors_after_a_day(self, account):
        clock = SettableClock()
        store = features_in(account, clock=clock)
        store.save_vectors(key("a"), {"h": vector("x")})
        clock.advance(DAY_S - 1)
        store.drop(key("a"), SET_A, below=2)
        assert set(store.vectors(key("a"), ["h"])) == {"h"}
        clock.advance(2)
        store.drop(key("a"), SET_A, below=2)

        assert store.vectors(key("a"), ["h"]) == {}

    def test_ids_that_cosmos_does_not_take_are_kept_beside_the_item(self, account):
        registry = CosmosRegistry(registry=account.open(REGISTRY))
        ledger = CosmosLedger(ledger=account.open(LEDGER))
        for name in ("a/b", "a?b", "ü" * 300, "~x"):
            registry.put("prompts", name, {"n": name}, revision=0)
            ledger.append([fact(name, subject="a/b#c")])

        assert registry.get("prompts", "a?b").value == {"n": "a?b"}
        assert {item.id for item in registry.list("prompts")} == {"a/b", "a?b", "ü" * 300, "~x"}
        assert {f.id for f in ledger.read("a/b#c")} == {"a/b", "a?b", "ü" * 300, "~x"}

    def test_facts_of_the_same_time_keep_their_order(self, account):
        ledger = CosmosLedger(ledger=account.open(LEDGER))
        ledger.append([fact(f"f{n}") for n in (3, 1, 2)])

        assert [f.id for f in ledger.read("d1")] == ["f2", "f1", "f3"]

    def test_a_meter_keeps_its_newest_samples_and_all_counts(self, account):
        registry = account.open(REGISTRY)
        meter = CosmosMeter(registry=registry)
        for shard in range(SHARDS):
            samples = [1e6] * KEPT + [1.0] * (KEPT - 1)
            item = {"type": "meter", "kind": "meters", "series": "s", "count": 249, "total": 0.0, "samples": samples}
            registry.upsert("x", {"id": f"s-{shard}", "schema": 1, **item})
        meter.record({"s": 1.0})

        found = meter.read(("s",))["s"]
        assert (found.count, found.total, found.p50) == (249 * SHARDS + 1, 1.0, 1.0)
        assert sorted({len(i["samples"]) for i in account.items(REGISTRY)}) == [KEPT, 2 * KEPT - 1]

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_a_sample_that_is_no_number_is_refused(self, account, value):
        meter = CosmosMeter(registry=account.open(REGISTRY))
        with pytest.raises(BadInput, match="tokens"):
            meter.record({"seconds": 1, "tokens": value})
        assert meter.read(("seconds",))["seconds"].count == 0

    def test_a_cursor_of_another_container_starts_at_the_beginning(self, account, stand_ins, credential):
        other = f"{account.database}-old"
        make_database(stand_ins, other)
        with connect(stand_ins.url, credential) as client:
            old = Account(client=client, database=other)
            store_in(old).put([document("old")], expected={key("old"): 0})
            cursor = CosmosChangeFeed(documents=old.open(DOCUMENTS)).read("").cursor
        store_in(account).put([document("a")], expected={key("a"): 0})
        feed = CosmosChangeFeed(documents=account.open(DOCUMENTS))

        for wrong in (cursor, "{}", "nonsense"):
            assert [change.document_id for change in feed.read(wrong).changes] == [key("a")]

    def test_request_units_are_counted_by_operation(self, account):
        store = store_in(account)
        store.put([document("a")], expected={key("a"): 0})
        store.get([key("a")])
        store.get([key("a"), key("b")])
        CosmosHeadStore(features=account.open(FEATURES)).heads([key(str(n)) for n in range(200)])
        CosmosChangeFeed(documents=account.open(DOCUMENTS)).read("")
        store.scan()
        units = account.units.read()

        assert {"documents.put", "documents.get", "heads.read", "documents.feed", "documents.scan"} <= set(units)
        assert all(charge.requests and charge.units > 0 for name, charge in units.items())
        assert units["documents.put"].units > units["documents.get"].units / units["documents.get"].requests

    def test_heads_of_200_documents_cost_one_call(self, account):
        heads = CosmosHeadStore(features=account.open(FEATURES))
        ids = [key(f"page-{n}") for n in range(200)]
        heads.heads(ids)  # the client learns where the container is
        before = account.units.read()["heads.read"].requests
        heads.heads(ids)

        assert account.units.read()["heads.read"].requests == before + 1
