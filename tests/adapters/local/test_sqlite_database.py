import gc
import sqlite3
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.adapters.local import sqlite_database
from lib.adapters.local.sqlite_database import SqliteDatabase, translated
from lib.adapters.local.sqlite_schema import STORE
from lib.errors import BadInput, PlumblineError, StorageFull, StoreCorrupt, Unreachable

ONE = (("CREATE TABLE numbers (n INTEGER)",),)


@pytest.fixture
def database(tmp_path):
    database = SqliteDatabase(tmp_path / "a b#c?d%20ü.db", migrations=ONE)
    yield database
    database.close()


def add(database, n=1):
    with database.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (?)", (n,))


def count(database):
    with database.reading() as connection:
        return connection.execute("SELECT count(*) FROM numbers").fetchone()[0]


def test_any_file_name_will_do(database, tmp_path):
    add(database)

    assert database.path.stat().st_size > 0
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} == {database.path.name}


def test_a_block_that_raises_writes_nothing(database):
    with pytest.raises(KeyError), database.transaction() as connection:
        connection.execute("INSERT INTO numbers VALUES (1)")
        raise KeyError
    add(database)

    assert count(database) == 1


def test_a_reader_sees_one_state_throughout(database):
    with database.reading() as connection:
        before = connection.execute("SELECT count(*) FROM numbers").fetchone()[0]
        thread = threading.Thread(target=add, args=(database,))
        thread.start()
        thread.join()
        after = connection.execute("SELECT count(*) FROM numbers").fetchone()[0]

    assert (before, after, count(database)) == (0, 0, 1)


def test_transactions_do_not_nest(database):
    with database.transaction(), pytest.raises(RuntimeError, match="nest"), database.reading():
        pass
    add(database)

    assert count(database) == 1


def test_eight_threads_write_two_hundred_times_each_and_lose_nothing(database):
    def work(writer):
        for n in range(200):
            add(database, writer * 1_000 + n)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert count(database) == 1_600


def test_two_databases_on_one_file_share_it(database):
    other = SqliteDatabase(database.path, migrations=ONE)

    def work(where):
        for n in range(100):
            add(where, n)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [database, other, database, other]))

    assert count(other) == count(database) == 400
    other.close()


def test_a_thread_that_dies_closes_its_connection(database):
    for _ in range(20):
        thread = threading.Thread(target=add, args=(database,))
        thread.start()
        thread.join()
    gc.collect()

    assert len(database._all) <= 1


def test_a_closed_database_says_so_in_every_thread(database):
    add(database)
    database.close()
    database.close()

    with pytest.raises(Unreachable, match="shutting down"):
        add(database)
    with ThreadPoolExecutor(1) as pool, pytest.raises(Unreachable, match="shutting down"):
        pool.submit(count, database).result()


def test_closing_waits_for_a_transaction_in_progress(database):
    begun, go_on = threading.Event(), threading.Event()

    def work():
        with database.transaction() as connection:
            begun.set()
            go_on.wait(5)
            connection.execute("INSERT INTO numbers VALUES (1)")

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(5)
    closing = threading.Thread(target=database.close)
    closing.start()
    go_on.set()
    thread.join()
    closing.join()

    again = SqliteDatabase(database.path, migrations=ONE)
    assert count(again) == 1
    again.close()


def test_closing_leaves_one_file(database, tmp_path):
    add(database)
    database.close()

    assert list(tmp_path.iterdir()) == [database.path]


def test_migrations_are_applied_once_and_in_order(tmp_path):
    path = tmp_path / "m.db"
    SqliteDatabase(path, migrations=ONE).close()
    two = (*ONE, ("ALTER TABLE numbers ADD COLUMN word TEXT", "INSERT INTO numbers VALUES (1, 'one')"))
    for _ in range(2):
        database = SqliteDatabase(path, migrations=two)
        with database.reading() as connection:
            assert connection.execute("SELECT n, word FROM numbers").fetchall() == [(1, "one")]
        database.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "m.db"
    SqliteDatabase(path, migrations=ONE).close()
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        SqliteDatabase(path, migrations=(*ONE, ("DROP TABLE numbers", "no SQL at all")))
    monkeypatch.setattr(sqlite_database, "_tables", lambda migrations: [])
    with pytest.raises(StoreCorrupt, match="syntax error"):
        SqliteDatabase(path, migrations=(*ONE, ("DROP TABLE numbers", "no SQL at all")))
    monkeypatch.undo()
    database = SqliteDatabase(path, migrations=ONE)

    assert count(database) == 0
    database.close()


def test_a_file_of_a_newer_plumbline_is_left_alone(tmp_path):
    path = tmp_path / "m.db"
    SqliteDatabase(path, migrations=(*ONE, ("CREATE TABLE later (n)",))).close()

    with pytest.raises(BadInput, match="update Plumbline"):
        SqliteDatabase(path, migrations=ONE)


def test_a_database_of_somebody_else_is_refused(tmp_path):
    path = tmp_path / "m.db"
    SqliteDatabase(path, migrations=(("CREATE TABLE numbers (n TEXT)",),)).close()

    with pytest.raises(StoreCorrupt, match="not Plumbline's"):
        SqliteDatabase(path, migrations=ONE)


def test_processes_may_open_a_new_file_at_the_same_time(tmp_path):
    path = tmp_path / "store.db"
    code = (
        "import sys; from pathlib import Path\n"
        "from lib.adapters.local.sqlite_database import SqliteDatabase\n"
        "from lib.adapters.local.sqlite_schema import STORE\n"
        "sys.stdin.readline(); SqliteDatabase(Path(sys.argv[1]), migrations=STORE).close()"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        process.stdin.write(b"go\n")
        process.stdin.flush()

    assert [process.wait(30) for process in processes] == [0] * 4
    for process in processes:
        process.stdin.close()
    SqliteDatabase(path, migrations=STORE).close()


def test_a_file_moved_away_is_not_made_anew_by_the_next_thread(database):
    add(database)
    database.path.rename(database.path.with_suffix(".moved"))

    with ThreadPoolExecutor(1) as pool, pytest.raises(Unreachable, match="cannot be used"):
        pool.submit(count, database).result()
    assert not database.path.exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unreachable, match=r"nowhere.*check that its folder exists"):
        SqliteDatabase(tmp_path / "nowhere" / "store.db", migrations=ONE)


def test_a_writer_that_another_process_blocks_gives_up_as_unreachable(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_database, "BUSY_S", 0.1)
    database = SqliteDatabase(tmp_path / "m.db", migrations=ONE)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unreachable, match="another process kept"):
        add(database)
    other.execute("ROLLBACK")
    other.close()
    add(database)

    assert count(database) == 1
    database.close()


def test_a_writer_that_another_thread_blocks_gives_up_as_unreachable(database, monkeypatch):
    monkeypatch.setattr(sqlite_database, "BUSY_S", 0.1)
    with database.transaction(), ThreadPoolExecutor(1) as pool, pytest.raises(Unreachable, match="another thread"):
        pool.submit(add, database).result()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_IOERR_WRITE, StorageFull),
        (sqlite3.SQLITE_IOERR_SHMSIZE, StorageFull),
        (sqlite3.SQLITE_CORRUPT, StoreCorrupt),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreCorrupt),
        (sqlite3.SQLITE_NOTADB, StoreCorrupt),
        (sqlite3.SQLITE_IOERR_SHORT_READ, StoreCorrupt),
        (sqlite3.SQLITE_BUSY, Unreachable),
        (sqlite3.SQLITE_BUSY_RECOVERY, Unreachable),
        (sqlite3.SQLITE_LOCKED, Unreachable),
        (sqlite3.SQLITE_CANTOPEN, Unreachable),
        (sqlite3.SQLITE_READONLY_DBMOVED, Unreachable),
        (sqlite3.SQLITE_IOERR_FSYNC, Unreachable),
        (sqlite3.SQLITE_TOOBIG, BadInput),
    ],
)
def test_errors_of_sqlite_become_ours_with_file_fix_and_cause(tmp_path, code, expected):
    cause = sqlite3.OperationalError("it hurts")
    cause.sqlite_errorcode = code

    with pytest.raises(PlumblineError) as caught, translated(tmp_path / "x.db"):
        raise cause
    assert type(caught.value) is expected
    assert str(tmp_path / "x.db") in str(caught.value)
    assert "it hurts" in str(caught.value)
    assert caught.value.__cause__ is cause


def test_mistakes_of_ours_stay_what_they_are(database):
    with pytest.raises(sqlite3.OperationalError, match="no such table"), database.reading() as connection:
        connection.execute("SELECT * FROM nowhere")


def test_what_cannot_be_unpacked_is_damage(tmp_path):
    with pytest.raises(StoreCorrupt, match=r"x\.db"), translated(tmp_path / "x.db"):
        zlib.decompress(b"not compressed")


def test_half_a_surrogate_pair_is_bad_input(database):
    with pytest.raises(BadInput, match="surrogate"):
        add(database, "\ud800")
