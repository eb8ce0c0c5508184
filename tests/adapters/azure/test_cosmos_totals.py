"""Totals in Cosmos DB: counted by patches, set right by scans; and scans themselves."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.adapters.azure.cosmos_containers import DOCUMENTS, REGISTRY
from lib.adapters.azure.cosmos_document_store import CosmosDocumentStore
from lib.adapters.local.system_clock import SystemClock
from lib.errors import Unreachable
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.doubles import failing
from tests.examples import document, key, tombstone


def scan_all(store, *, limit=4, source_id=None):
    seen, cursor = [], None
    while True:
        page = store.scan(cursor=cursor, limit=limit, source_id=source_id)
        seen += [change.document_id for change in page.changes]
        cursor = page.cursor
        if cursor is None:
            return seen


class TestTotals(OnCosmos):
    @pytest.fixture
    def store(self, account):
        store = store_in(account)
        names = [f"page-{n}" for n in range(10)]
        store.put([document(name) for name in names], expected={key(name): 0 for name in names})
        return store

    def uncounted(self, account):
        """A store that never gets to count, as one that is killed each time."""
        registry = failing(account.open(REGISTRY), "patch", error=Unreachable("killed"))
        return CosmosDocumentStore(
            documents=account.open(DOCUMENTS), registry=registry, clock=SystemClock(), tombstone_days=90
        )

    def test_documents_are_written_though_counting_fails_and_are_counted_with_the_next(self, account, store):
        other = self.uncounted(account)
        assert other.put([document("x")], expected={key("x"): 0}) == {key("x"): True}
        assert store.totals().documents == 10
        other.put([document("y")], expected={key("y"): 0})

        assert store.totals().documents == 12

    def test_a_whole_scan_sets_a_wrong_total_right(self, account, store):
        self.uncounted(account).put([document("x")], expected={key("x"): 0})
        self.uncounted(account).put([tombstone("page-1", version=2)], expected={key("page-1"): 1})
        self.uncounted(account).put([tombstone("page-2", version=2)], expected={key("page-2"): 1})
        assert store.totals().documents == 10
        scan_all(store)

        assert store.totals().by_source == {"handbook": 9}

    def test_a_scan_of_one_source_sets_nothing_right(self, account, store):
        self.uncounted(account).put([document("x")], expected={key("x"): 0})
        scan_all(store, source_id="handbook")

        assert store.totals().documents == 10

    def test_a_scan_beside_writers_does_not_spoil_a_right_total(self, store):
        cursor, step = None, 0
        while True:
            page = store.scan(cursor=cursor, limit=3)
            cursor, step = page.cursor, step + 1
            if cursor is None:
                break
            store.put([document(f"new-{step}")], expected={key(f"new-{step}"): 0})

        assert store.totals().documents == 10 + step - 1

    def test_scans_side_by_side_do_not_take_each_others_place(self, store):
        with ThreadPoolExecutor(6) as pool:
            seen = list(pool.map(lambda limit: scan_all(store, limit=limit), [1, 2, 3, 1, 2, 3]))

        assert all(sorted(ids) == sorted(key(f"page-{n}") for n in range(10)) for ids in seen)

    def test_a_scan_reads_cheaper_than_strong_and_may_be_stale(self, stand_ins, store):
        stand_ins.set_faults([{"service": "cosmos", "kind": "stale", "delay_s": 60}])
        store.put([document("late")], expected={key("late"): 0})

        assert key("late") not in scan_all(store)
        assert store.get([key("late")])
        stand_ins.set_faults([])
        scan_all(store)
        assert store.totals().documents == 11
