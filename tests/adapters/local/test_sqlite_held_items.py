import pytest

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_held_items import SqliteHeldItems
from lib.adapters.local.sqlite_schema import STORE
from tests.adapters.local.query_plans import plan, reads_only_what_it_returns
from tests.contracts.held_items import HeldItemsContract, held_item


class TestSqliteHeldItems(HeldItemsContract):
    @pytest.fixture
    def held(self, store_db):
        return SqliteHeldItems(database=store_db)


def test_reading_never_scans_or_sorts(store_db):
    held = SqliteHeldItems(database=store_db)
    held.put([held_item(f"page-{n}", source=f"source-{n % 3}") for n in range(60)])

    for call in (
        lambda: held.get([held_item("page-1").id]),
        lambda: held.list(after="h5", limit=5),
        lambda: held.list(source_id="source-1", after="h5", limit=5),
        lambda: held.remove([held_item("page-1", source="source-1").id]),
    ):
        assert reads_only_what_it_returns(plan(store_db, call))
    assert plan(store_db, held.count) == ["SCAN held_items USING COVERING INDEX held_items_by_source"]


def test_of_a_call_that_fails_nothing_is_written(store_db):
    held = SqliteHeldItems(database=store_db)
    with pytest.raises(AttributeError):
        held.put([held_item("fine"), None])

    assert held.count() == {}


def test_an_older_file_gets_a_place_for_held_items(tmp_path):
    SqliteDatabase(tmp_path / "older.db", migrations=STORE[:2]).close()

    database = SqliteDatabase(tmp_path / "older.db", migrations=STORE)
    SqliteHeldItems(database=database).put([held_item()])
    found = SqliteHeldItems(database=database).list()
    database.close()

    assert found == [held_item(draft=None)]
