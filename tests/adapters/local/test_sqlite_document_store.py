from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_document_store import SqliteDocumentStore
from lib.adapters.local.sqlite_schema import STORE
from lib.domain.times import iso
from tests.adapters.local.query_plans import plan, reads_only_what_it_returns
from tests.contracts.change_feed import ChangeFeedContract, Fed
from tests.contracts.document_store import DocumentStoreContract
from tests.examples import NOON, document, key, tombstone


@pytest.fixture
def store(store_db, clock):
    return SqliteDocumentStore(database=store_db, clock=clock)


class TestSqliteDocumentStore(DocumentStoreContract):
    @pytest.fixture
    def store(self, store_db, clock):
        return SqliteDocumentStore(database=store_db, clock=clock)


class TestSqliteChangeFeed(ChangeFeedContract):
    @pytest.fixture
    def fed(self, store_db, clock):
        store = SqliteDocumentStore(database=store_db, clock=clock)
        return Fed(documents=store, feed=store)


def put(store, *names, version=1, expected=0):
    store.put([document(name, version=version) for name in names], expected={key(name): expected for name in names})


def feed(store, cursor=""):
    return [change.document_id for change in store.read(cursor).changes]


def test_changes_come_in_the_order_they_were_acknowledged(store):
    put(store, "c", "a")
    put(store, "b")
    put(store, "c", version=2, expected=1)

    assert feed(store) == [key("a"), key("b"), key("c")]


def test_the_feed_goes_on_after_a_restart_and_never_uses_a_number_twice(store, store_db, clock):
    put(store, "a", "b")
    cursor = store.read("").cursor
    put(store, "b", version=2, expected=1)
    store.put([tombstone("b", version=3)], expected={key("b"): 2})
    clock.advance(1)
    assert store.purge(deleted_before=iso(clock.now())) == 1  # the newest row is gone
    store_db.close()

    again = SqliteDatabase(store_db.path, migrations=STORE)
    restarted = SqliteDocumentStore(database=again, clock=clock)
    later = restarted.read(cursor).cursor
    put(restarted, "c")

    assert feed(restarted, later) == feed(restarted, cursor) == [key("c")]
    again.close()


def test_a_cursor_of_another_file_starts_from_the_beginning(store, tmp_path, clock):
    put(store, *"abcdefgh")
    cursor = store.read("").cursor
    new = SqliteDatabase(tmp_path / "new.db", migrations=STORE)
    made_anew = SqliteDocumentStore(database=new, clock=clock)
    put(made_anew, "a")

    assert feed(made_anew, cursor) == [key("a")]
    assert feed(made_anew, "nonsense") == [key("a")]
    new.close()


def test_old_tombstones_are_purged_and_nothing_else(store, clock):
    put(store, "a", "b", "c")
    store.put([tombstone("a", version=2)], expected={key("a"): 1})
    clock.advance(timedelta(days=90).total_seconds())
    store.put([tombstone("b", version=2)], expected={key("b"): 1})

    assert store.purge(deleted_before=iso(clock.now())) == 1
    assert set(store.get([key(name) for name in "abc"])) == {key("b"), key("c")}
    assert store.totals().documents == 1


def test_more_tombstones_than_fit_one_transaction_are_purged(store, clock):
    names = [f"page-{n}" for n in range(1_100)]
    store.put([tombstone(name, version=1) for name in names], expected={key(name): 0 for name in names})
    clock.advance(1)

    assert store.purge(deleted_before=iso(clock.now())) == 1_100


def test_half_surrogate_pairs_in_a_text_survive(store):
    odd = document("odd", text="half \ud83d a pair, and \x00", title="\udc00")
    store.put([odd], expected={odd.id: 0})

    assert store.get([odd.id])[odd.id] == odd


def test_counters_agree_with_a_scan_after_many_writers(store):
    def write(n):
        name = f"page-{n % 7}"
        before = store.get([key(name)]).get(key(name))
        version = before.version if before else 0
        made = tombstone(name, version=version + 1) if n % 3 == 0 else document(name, version=version + 1)
        store.put([made], expected={key(name): version})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))

    live = [change for change in store.scan().changes if not change.deleted]
    assert store.totals().documents == len(live)


def test_feed_scan_and_totals_read_only_what_they_return_and_never_text(store, store_db):
    put(store, *"abc")
    cursor = store.read("", limit=1).cursor
    calls = [
        lambda: store.read(cursor, limit=10),
        lambda: store.scan(cursor=key("a")),
        lambda: store.scan(source_id="handbook"),
    ]
    for call in calls:
        steps = [step for step in plan(store_db, call) if step != "SCAN feed"]
        assert reads_only_what_it_returns(steps)
        assert not any("bodies" in step for step in steps)
    assert any("INTEGER PRIMARY KEY (rowid>?)" in step for step in plan(store_db, calls[0]))
    assert not any("documents " in step for step in plan(store_db, store.totals))


def test_the_heartbeat_keeps_one_row(store, store_db):
    for _ in range(5):
        store.heartbeat(NOON)

    assert len(store.read("").changes) == 1
    assert store.get([change.document_id for change in store.read("").changes]) == {}
