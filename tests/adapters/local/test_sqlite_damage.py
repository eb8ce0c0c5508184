"""Damaged files and full disks: a clear error of ours, nothing half-written, and work goes on once it is put right."""

import random
import shutil
from contextlib import contextmanager

import pytest

from lib.errors import PlumblineError, StorageFull, StoreCorrupt
from tests.adapters.local.crash_writer import Stores
from tests.examples import (
    SET_A,
    crawl_run,
    dead_letter,
    document,
    exchange,
    fact,
    features,
    key,
    url_state,
)

NAMES = [f"page-{n}" for n in range(60)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A folder of databases with something in every table, closed."""
    folder = tmp_path_factory.mktemp("filled")
    stores = Stores(folder)
    rng = random.Random(1)
    texts = ["".join(rng.choices("abcdefgh \n", k=6_000)) for _ in NAMES]
    stores.documents.put(
        [document(name, text=text) for name, text in zip(NAMES, texts, strict=True)],
        expected={key(name): 0 for name in NAMES},
    )
    for name in NAMES:
        stores.features.save(features(name))
        stores.features.deny({key(name): 1}, source_id="handbook")
        stores.ledger.append([fact(name)])
        stores.registry.put("live", name, {}, revision=0)
        stores.letters.save([dead_letter(name)])
        stores.conversations.append(exchange(name))
        stores.queue.send("features", [name * 20])
    stores.meter.record({"tokens": 1})
    stores.crawls.save([url_state(name, pending=True) for name in NAMES])
    stores.crawls.save_run(crawl_run())
    stores.close()
    return folder


def everything(stores):
    """Calls that between them read and write every table."""
    yield lambda: stores.documents.get([key(name) for name in NAMES])
    yield lambda: stores.documents.read("", limit=1_000)
    yield lambda: stores.documents.scan(limit=1_000)
    yield stores.documents.totals
    yield lambda: stores.documents.put([document("new")], expected={key("new"): 0})
    yield lambda: stores.features.heads([key(name) for name in NAMES])
    yield lambda: [stores.features.read(key(name), 1, SET_A) for name in NAMES]
    yield lambda: stores.features.save(features("new"))
    yield lambda: stores.features.drop(key("page-1"), SET_A, below=9, snapshots=True)
    yield lambda: stores.crawls.load_run("handbook")
    yield lambda: stores.crawls.pending("handbook", "c1", limit=1_000)
    yield lambda: stores.crawls.save([url_state("new")])
    yield lambda: stores.ledger.read("d1")
    yield lambda: stores.ledger.append([fact("new")])
    yield lambda: stores.registry.list("live")
    yield lambda: stores.letters.list(limit=1_000)
    yield lambda: stores.conversations.read("ada", "c1", limit=1_000)
    yield lambda: stores.meter.read(("tokens",))
    yield lambda: stores.meter.record({"tokens": 1})
    yield lambda: stores.queue.peek("features", limit=1_000)
    yield lambda: [stores.queue.complete(m) for m in stores.queue.receive("features", limit=5, visibility_s=60)]
    yield lambda: stores.queue.send("features", ["new"])
    yield lambda: stores.queue.depth("features")


def errors_of_use(folder):
    """Open the databases and use everything; lists what was raised."""
    try:
        stores = Stores(folder)
    except PlumblineError as error:
        return [error]
    raised = []
    for call in everything(stores):
        try:
            call()
        except PlumblineError as error:
            raised.append(error)
    stores.close()
    return raised


@pytest.fixture
def folder(filled, tmp_path):
    return shutil.copytree(filled, tmp_path / "data folder")


def overwrite(path, start, garbage):
    with path.open("r+b") as file:
        file.seek(start)
        file.write(garbage)


def test_undamaged_everything_works(folder):
    assert errors_of_use(folder) == []


@pytest.mark.parametrize("name", ["store.db", "queues.db"])
@pytest.mark.parametrize(
    ("start", "length"),
    [(0, 100), (0, 4096), (16, 8), (100, 200), (None, 30_000)],
    ids=["header", "first page", "page size", "schema", "middle"],
)
def test_damage_is_named_with_the_file_and_the_fix(folder, name, start, length):
    path = folder / name
    overwrite(path, path.stat().st_size // 3 if start is None else start, random.Random(3).randbytes(length))

    raised = errors_of_use(folder)

    assert raised
    for error in raised:
        assert type(error) is StoreCorrupt
        assert str(path) in str(error)
        assert "move this file" in str(error)
        assert error.__cause__ is not None


@pytest.mark.parametrize("name", ["store.db", "queues.db"])
def test_a_file_that_is_none_of_ours_is_named(folder, name):
    (folder / name).write_bytes(b"%PDF-1.7 certainly no database" * 1_000)

    [error] = errors_of_use(folder)
    assert type(error) is StoreCorrupt
    assert name in str(error)


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.02])
def test_a_truncated_file_is_damaged(folder, kept):
    path = folder / "store.db"
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * kept))

    raised = errors_of_use(folder)
    assert {type(error) for error in raised} == {StoreCorrupt}


@pytest.mark.parametrize("seed", range(12))
def test_whatever_bytes_are_damaged_no_error_of_sqlite_gets_out(folder, seed):
    rng = random.Random(seed)
    for name in ("store.db", "queues.db"):
        path = folder / name
        for _ in range(rng.choice([1, 3, 20])):
            overwrite(path, rng.randrange(path.stat().st_size), rng.randbytes(rng.choice([1, 16, 500, 9_000])))

    assert {type(error) for error in errors_of_use(folder)} <= {StoreCorrupt}


def test_after_the_fix_it_starts_again(folder):
    overwrite(folder / "store.db", 0, b"garbage!" * 20)
    assert errors_of_use(folder)
    for path in folder.glob("store.db*"):
        path.rename(path.with_suffix(".damaged"))

    stores = Stores(folder)
    assert stores.documents.totals().documents == 0
    assert stores.queue.depth("features").messages == len(NAMES)
    stores.close()


@contextmanager
def no_room(database):
    """Let the file of this thread's connection grow no more."""
    with database.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    yield
    with database.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1073741823")


def test_a_full_disk_writes_nothing_by_halves_and_hurts_no_reader(folder):
    stores = Stores(folder)
    big = [document(f"big-{n}", text=random.Random(n).randbytes(20_000).hex()) for n in range(20)]
    with no_room(stores.store), no_room(stores.queues):
        with pytest.raises(StorageFull, match=r"store\.db.*free some disk space"):
            stores.documents.put(big, expected={d.id: 0 for d in big})
        with pytest.raises(StorageFull):
            stores.features.save(features("big", paragraphs=tuple(f"{n}" for n in range(200))))
        with pytest.raises(StorageFull, match=r"queues\.db"):
            stores.queue.send("features", ["x" * 40_000] * 10)
        assert stores.documents.get([d.id for d in big]) == {}
        assert stores.documents.totals().documents == len(NAMES)
        assert stores.features.read(key("big"), 1, SET_A) is None
        assert stores.features.vectors(key("big"), list(features("big").vectors)) == {}
        assert stores.queue.depth("features").messages == len(NAMES)

    assert all(stores.documents.put(big, expected={d.id: 0 for d in big}).values())
    stores.queue.send("features", ["x" * 40_000] * 10)
    assert stores.documents.totals().documents == len(NAMES) + 20
    assert stores.queue.depth("features").messages == len(NAMES) + 10
    stores.close()


def test_a_file_size_limit_counts_as_a_full_disk(folder):
    resource = pytest.importorskip("resource", reason="only POSIX limits file sizes")
    stores = Stores(folder)
    written = 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = (folder / "store.db").stat().st_size + 200_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(StorageFull):
            for n in range(100_000):
                stores.documents.put([document(f"new-{n}")], expected={key(f"new-{n}"): 0})
                written += 1
        assert stores.documents.totals().documents == len(NAMES) + written
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    stores.documents.put([document("after")], expected={key("after"): 0})
    stores.close()

    stores = Stores(folder)
    assert stores.documents.totals().documents == len(NAMES) + written + 1
    with stores.store.reading() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stores.close()
