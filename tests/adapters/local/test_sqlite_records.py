"""Ledger, registry, dead letters, conversations and meter: small stores with little of their own to test."""

import pytest

from lib.adapters.local.sqlite_conversations import SqliteConversations
from lib.adapters.local.sqlite_dead_letters import SqliteDeadLetters
from lib.adapters.local.sqlite_ledger import SqliteLedger
from lib.adapters.local.sqlite_meter import NEWEST, SqliteMeter
from lib.adapters.local.sqlite_registry import SqliteRegistry
from lib.errors import BadInput
from tests.adapters.local.query_plans import plan, reads_only_what_it_returns
from tests.contracts.conversations import ConversationsContract
from tests.contracts.dead_letters import DeadLettersContract
from tests.contracts.ledger import LedgerContract
from tests.contracts.meter import MeterContract
from tests.contracts.registry import RegistryContract
from tests.examples import dead_letter, exchange, fact


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, store_db):
        return SqliteLedger(database=store_db)


class TestSqliteRegistry(RegistryContract):
    @pytest.fixture
    def registry(self, store_db):
        return SqliteRegistry(database=store_db)


class TestSqliteDeadLetters(DeadLettersContract):
    @pytest.fixture
    def letters(self, store_db):
        return SqliteDeadLetters(database=store_db)


class TestSqliteConversations(ConversationsContract):
    @pytest.fixture
    def conversations(self, store_db):
        return SqliteConversations(database=store_db)


class TestSqliteMeter(MeterContract):
    @pytest.fixture
    def meter(self, store_db):
        return SqliteMeter(database=store_db)


def test_old_exchanges_are_purged(store_db):
    conversations = SqliteConversations(database=store_db)
    for minute in range(5):
        conversations.append(exchange(f"a{minute}", minute))

    assert conversations.purge(before="2026-11-22T10:03:00.000Z") == 3
    assert [x.answer_id for x in conversations.read("ada", "c1", limit=10)] == ["a3", "a4"]


def test_facts_of_the_same_time_keep_their_order(store_db):
    ledger = SqliteLedger(database=store_db)
    ledger.append([fact(f"f{n}") for n in (3, 1, 2)])

    assert [f.id for f in ledger.read("d1")] == ["f2", "f1", "f3"]


def test_percentiles_are_of_the_newest_samples_only(store_db):
    meter = SqliteMeter(database=store_db)
    meter.record({"seconds": 1e6})
    for n in range(NEWEST):
        meter.record({"seconds": n})

    found = meter.read(("seconds",))["seconds"]
    assert (found.count, found.p50, found.p95) == (NEWEST + 1, 499.5, 949)
    assert found.total == 1e6 + sum(range(NEWEST))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_sample_that_is_no_number_is_refused(store_db, value):
    meter = SqliteMeter(database=store_db)
    with pytest.raises(BadInput, match="tokens"):
        meter.record({"good": 1, "tokens": value})
    assert meter.read(("good",))["good"].count == 0


def test_a_reason_with_half_a_surrogate_pair_is_kept_readable(store_db):
    letters = SqliteDeadLetters(database=store_db)
    letters.save([dead_letter("a", reason="no file 'caf\udce9'")])

    assert letters.get(["a"])["a"].reason == "no file 'caf?'"


def test_reading_never_scans_or_sorts(store_db):
    ledger, registry = SqliteLedger(database=store_db), SqliteRegistry(database=store_db)
    letters, conversations = SqliteDeadLetters(database=store_db), SqliteConversations(database=store_db)
    for call in (
        lambda: ledger.read("d1"),
        lambda: registry.list("live"),
        lambda: letters.list(after="a"),
        lambda: letters.list(queue="features", after="a"),
        lambda: conversations.read("ada", "c1", limit=10),
        lambda: conversations.purge(before="2001"),
    ):
        assert reads_only_what_it_returns(plan(store_db, call))
    assert plan(store_db, letters.count) == ["SCAN dead_letters USING COVERING INDEX dead_letters_set_aside"]
