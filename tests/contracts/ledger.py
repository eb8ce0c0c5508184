"""What every Ledger keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.ports.ledger import Ledger
from tests.examples import fact


class LedgerContract:
    @pytest.fixture
    def ledger(self) -> Ledger:
        """An empty ledger."""
        raise NotImplementedError

    def test_a_fact_reads_back_as_it_was_appended(self, ledger):
        written = fact("f1", version=1_700_000_000_000, ratio=0.5, sources=["a", "ü"], nested={"yes": True, "no": None})
        ledger.append([written])

        assert ledger.read("d1") == [written]

    def test_an_unknown_subject_has_no_facts(self, ledger):
        ledger.append([fact("f1")])

        assert ledger.read("d2") == []

    def test_the_newest_come_first_whatever_the_order_of_writing(self, ledger):
        ledger.append([fact("b", 2), fact("d", 4)])
        ledger.append([fact("a", 1), fact("c", 3)])

        assert [f.id for f in ledger.read("d1")] == ["d", "c", "b", "a"]
        assert [f.id for f in ledger.read("d1", limit=2)] == ["d", "c"]

    def test_the_first_fact_with_an_id_stays(self, ledger):
        ledger.append([fact("f1", n=1)])
        ledger.append([fact("f1", n=2), fact("f2", n=3)])

        assert {f.id: f.facts["n"] for f in ledger.read("d1")} == {"f1": 1, "f2": 3}

    def test_the_same_id_may_be_used_for_another_subject(self, ledger):
        ledger.append([fact("f1", n=1), fact("f1", subject="d2", n=2)])

        assert ledger.read("d2")[0].facts == {"n": 2}

    def test_appending_nothing_is_no_error(self, ledger):
        ledger.append([])

    def test_an_erasure_keeps_the_receipts(self, ledger):
        ledger.append([fact("f1"), fact("f2", kind="forgotten"), fact("f3", kind="answered"), fact("f4", subject="d2")])

        assert ledger.erase("d1", keep_kinds=["forgotten"]) == 2
        assert [f.id for f in ledger.read("d1")] == ["f2"]
        assert len(ledger.read("d2")) == 1
        assert ledger.erase("d1", keep_kinds=[]) == 1
        assert ledger.erase("d1", keep_kinds=[]) == 0

    def test_writers_side_by_side_lose_nothing(self, ledger):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: ledger.append([fact(f"f{n}", n % 60)]), range(64)))

        assert len(ledger.read("d1", limit=100)) == 64
