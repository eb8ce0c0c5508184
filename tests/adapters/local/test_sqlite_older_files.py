"""A store.db that an older Plumbline wrote keeps working."""

import sqlite3

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_feature_store import SqliteFeatureStore
from lib.adapters.local.sqlite_schema import STORE
from tests.examples import SET_A, features, key


def test_chunks_from_before_pages_were_kept_read_without_one(tmp_path, store_db, clock):
    SqliteFeatureStore(database=store_db, clock=clock).save(features("a"))
    path = tmp_path / "older.db"
    SqliteDatabase(path, migrations=STORE[:1]).close()
    with sqlite3.connect(path, isolation_level=None) as older:
        older.execute("ATTACH ? AS newer", (str(store_db.path),))
        for table in ("snapshots", "snapshot_texts", "builds", "vectors"):
            older.execute(f"INSERT INTO {table} SELECT * FROM newer.{table}")
        older.execute(
            'INSERT INTO chunks SELECT build_id, ordinal, start, "end", heading, input_hash FROM newer.chunks'
        )
    older.close()

    database = SqliteDatabase(path, migrations=STORE)
    store = SqliteFeatureStore(database=database, clock=clock)
    found = store.read(key("a"), 1, SET_A)
    store.save(features("b"))
    again = SqliteDatabase(path, migrations=STORE)
    again.close()
    database.close()

    assert found is not None
    assert found.chunks == features("a").chunks
    assert {chunk.fragment for chunk in found.chunks} == {""}
