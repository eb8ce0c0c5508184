import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from lib.adapters.local import sqlite_head_store
from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_feature_store import SqliteFeatureStore
from lib.adapters.local.sqlite_schema import STORE
from lib.domain.features import Live
from lib.domain.times import iso
from tests.adapters.local.query_plans import plan, reads_only_what_it_returns
from tests.contracts.feature_store import FeatureStoreContract
from tests.contracts.head_store import HeadStoreContract
from tests.examples import SET_A, features, hash_of, key, vector

DAY_S = 86_400


@pytest.fixture
def store(store_db, clock):
    return SqliteFeatureStore(database=store_db, clock=clock)


class TestSqliteFeatureStore(FeatureStoreContract):
    @pytest.fixture
    def store(self, store_db, clock):
        return SqliteFeatureStore(database=store_db, clock=clock)


class TestSqliteHeadStore(HeadStoreContract):
    @pytest.fixture
    def heads(self, store_db, clock):
        return SqliteFeatureStore(database=store_db, clock=clock)


@pytest.fixture
def other(store_db, clock):
    """Another process: its own connections, its own cache."""
    database = SqliteDatabase(store_db.path, migrations=STORE)
    yield SqliteFeatureStore(database=database, clock=clock)
    database.close()


def flip(store, version, name="a"):
    return store.flip(key(name), SET_A, Live(version=version, chunks=1), source_id="s", access=("everyone",))


def test_a_denial_by_another_process_is_seen_at_once(store, other):
    flip(store, 1)
    for version in range(2, 20):
        store.heads([key("a")])
        other.deny({key("a"): version}, source_id="s")

        assert store.heads([key("a")])[key("a")].denied_below == version


def test_readers_beside_writers_never_see_a_head_go_back(store, other):
    names = [f"page-{n}" for n in range(12)]
    ids = [key(name) for name in names]
    stop = threading.Event()

    def write(writer):
        rng = random.Random(writer)
        for version in range(1, 60):
            store_of_this = store if writer % 2 else other
            store_of_this.deny({key(rng.choice(names)): version * 10 + writer}, source_id="s")

    def read(reader):
        store_of_this = store if reader % 2 else other
        last, done = {}, False
        while not done:
            done = stop.is_set()
            found = store_of_this.heads(ids)
            for document, head in found.items():
                assert head.denied_below >= last.get(document, 0)
                last[document] = head.denied_below
        return last

    with ThreadPoolExecutor(7) as pool:
        readers = [pool.submit(read, n) for n in range(4)]
        list(pool.map(write, range(3)))
        stop.set()
        results = [reader.result() for reader in readers]

    assert all(result == results[0] for result in results)


def test_a_cache_that_fell_far_behind_starts_anew(store, other, monkeypatch):
    monkeypatch.setattr(sqlite_head_store, "_MANY_CHANGES", 5)
    flip(store, 1)
    store.heads([key("a")])
    flip(other, 2)
    for n in range(20):
        flip(other, 1, f"page-{n}")

    assert store.heads([key("a")])[key("a")].live[SET_A].version == 2


def test_the_cache_stays_small(store, monkeypatch):
    monkeypatch.setattr(sqlite_head_store, "CACHED_HEADS", 10)
    names = [f"page-{n}" for n in range(50)]
    for name in names:
        flip(store, 1, name)

    assert len(store.heads([key(name) for name in names])) == 50
    assert len(store._cache._heads) == 10
    assert len(store.heads([key(name) for name in names])) == 50


def test_heads_are_read_by_key(store, store_db):
    flip(store, 1)

    assert reads_only_what_it_returns(plan(store_db, lambda: store.heads([key("a"), key("b")])))


def test_a_vector_that_no_chunk_uses_goes_once_it_is_a_day_old(store, clock):
    store.save(features("a", version=1, paragraphs=("same", "old")))
    clock.advance(DAY_S + 1)
    store.save_vectors(key("a"), {"ahead": vector("x")})
    store.save(features("a", version=2, paragraphs=("same", "new")))
    store.drop(key("a"), SET_A, below=2)

    kept = store.vectors(key("a"), [hash_of("same"), hash_of("old"), hash_of("new"), "ahead"])
    assert set(kept) == {hash_of("same"), hash_of("new"), "ahead"}


def test_a_vector_saved_again_is_young_again(store, clock):
    store.save_vectors(key("a"), {"h": vector("x")})
    clock.advance(DAY_S + 1)
    store.save_vectors(key("a"), {"h": vector("x")})
    store.drop(key("a"), SET_A, below=2)

    assert set(store.vectors(key("a"), ["h"])) == {"h"}


def test_an_erasure_takes_young_vectors_too(store, store_db):
    store.save(features("a"))
    store.drop(key("a"), SET_A, below=2, snapshots=True)

    with store_db.reading() as connection:
        for table in ("vectors", "chunks", "builds", "snapshots", "snapshot_texts"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_snapshots_are_purged_when_they_were_superseded_long_enough_ago(store, clock):
    store.save(features("a", version=1))
    clock.advance(DAY_S)
    store.save(features("a", version=2))
    store.drop(key("a"), SET_A, below=2)
    superseded = iso(clock.now())
    clock.advance(DAY_S)
    store.save(features("a", version=3))
    store.drop(key("a"), SET_A, below=3)

    assert store.purge(superseded_before=superseded) == 0
    clock.advance(DAY_S)
    assert store.purge(superseded_before=iso(clock.now())) == 2
    assert store.snapshot(key("a"), version=1) is None
    assert store.snapshot(key("a")).version == 3
    assert store.purge(superseded_before=iso(clock.now())) == 0


def test_a_snapshot_that_still_answers_is_not_purged(store, clock):
    store.save(features("a", version=1))
    store.save(features("a", version=2))  # saved, and then the build died: version 1 is still live
    clock.advance(DAY_S)

    assert store.purge(superseded_before=iso(clock.now())) == 0
    assert store.read(key("a"), 1, SET_A) is not None


def test_a_version_built_late_is_superseded_from_the_start(store, clock):
    store.save(features("a", version=2))
    store.save(features("a", version=1))
    store.drop(key("a"), SET_A, below=2)
    clock.advance(1)

    assert store.purge(superseded_before=iso(clock.now())) == 1
    assert store.snapshot(key("a")).version == 2


def test_an_empty_old_version_is_purged_with_its_build(store, clock):
    store.save(features("a", version=1, paragraphs=()))
    store.save(features("a", version=2))
    clock.advance(1)

    assert store.purge(superseded_before=iso(clock.now())) == 1
    assert store.read(key("a"), 1, SET_A) is None


@pytest.mark.parametrize(
    "wrong",
    [
        replace(features(), version=2),
        replace(features(), chunks=(replace(features().chunks[0], text="something else"),)),
        replace(features(), chunks=(replace(features().chunks[0], id="d0-1-fs-0"),)),
    ],
    ids=["another version", "text that is not the snapshot's", "a foreign id"],
)
def test_features_that_contradict_themselves_are_refused(store, wrong):
    with pytest.raises(ValueError, match=key("a")[:2]):
        store.save(wrong)
