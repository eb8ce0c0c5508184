import logging
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lib.adapters.local import sqlite_index_file
from lib.adapters.local.sqlite_search_index import SqliteSearchIndex
from lib.errors import BadInput, StorageFull
from tests.contracts.search_examples import DIMENSIONS, INDEX, direction, names, piece, question
from tests.contracts.search_index import SearchIndexContract

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def index(tmp_path):
    index = SqliteSearchIndex(tmp_path / "index")
    yield index
    index.close()


class TestSqliteSearchIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, tmp_path):
        index = SqliteSearchIndex(tmp_path / "index")
        yield index
        index.close()


def test_nothing_is_opened_before_first_use(tmp_path):
    SqliteSearchIndex(tmp_path / "index")

    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_there_after_a_restart(tmp_path, index):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece("a", "zebra"), piece("b", "lion", access=("staff",))])
    index.delete(INDEX, [piece("a").id])
    index.close()

    again = SqliteSearchIndex(tmp_path / "index")
    assert names(again.search(INDEX, question("zebra lion", direction(1), groups=("staff",)))) == {"b"}
    assert again.count(INDEX) == {("", 0): 1}
    again.close()


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "A", "a b", "x" * 200, "con\x00"])
def test_a_name_that_could_leave_the_folder_is_refused(index, name):
    with pytest.raises(BadInput):
        index.ensure(name, dimensions=DIMENSIONS)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("the zebras were running", "zebra runs"),
        ("Café à Zürich", "cafe ZURICH"),
        ("한국어 문서", "한국어"),
        ("x" * 300, "x" * 300),
    ],
)
def test_words_are_found_in_their_other_forms(index, text, asked):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece("a", text), piece("b", "something else")])

    assert names(index.search(INDEX, question(asked))) == {"a"}


def test_the_cosine_of_what_only_the_text_arm_found_is_known(index):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    others = [piece(f"p{n}", vector=direction(1, n / 100)) for n in range(20)]
    index.upsert(INDEX, [piece("text", "zebra", vector=direction(-1)), *others])

    found = index.search(INDEX, question("zebra", direction(1), limit=3))

    assert [c.cosine for c in found if c.vector_rank is None] == [pytest.approx(-1, abs=2e-3)]


def test_two_openings_of_one_folder_see_each_others_writes(tmp_path, index):
    other = SqliteSearchIndex(tmp_path / "index")
    index.ensure(INDEX, dimensions=DIMENSIONS)
    for turn in range(4):
        index.upsert(INDEX, [piece("a", f"zebra {turn}", vector=direction(1, turn)), piece(f"b{turn}", "zebra")])
        other.delete(INDEX, [piece(f"b{turn - 1}").id])
        for one in (index, other):
            found = {c.url.rsplit("/", 1)[1]: c for c in one.search(INDEX, question("zebra", direction(1, turn)))}
            assert sorted(found) == ["a", f"b{turn}"]
            assert found["a"].cosine == pytest.approx(1, abs=2e-3)
    other.close()


def test_a_reader_that_slept_while_the_log_was_pruned_starts_afresh(tmp_path, index, monkeypatch):
    monkeypatch.setattr(sqlite_index_file, "REMOVALS_KEPT", 2)
    sleeper = SqliteSearchIndex(tmp_path / "index")
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece(f"p{n}", "zebra") for n in range(12)])
    assert len(sleeper.search(INDEX, question(vector=direction(1), limit=50))) == 12

    for n in range(10):
        index.delete(INDEX, [piece(f"p{n}").id])

    assert names(sleeper.search(INDEX, question(vector=direction(1), limit=50))) == {"p10", "p11"}
    with sqlite3.connect(tmp_path / "index" / f"{INDEX}.db") as database:
        assert database.execute("SELECT count(*) FROM removals").fetchone() == (2,)
    database.close()
    sleeper.close()


def test_any_history_ends_as_a_plain_scan_would(index, monkeypatch):
    """Inserts, replacements and deletions at random, compared with a dictionary after every step."""
    monkeypatch.setattr("lib.adapters.local.vector_matrix._SLACK", 4)  # so that growing and compacting happen
    dice, numbers = random.Random(7), np.random.default_rng(7)
    index.ensure(INDEX, dimensions=DIMENSIONS)
    held = {}
    groups = ["g1", "g2", "g3", "g4"]
    for _ in range(150):
        if dice.random() < 0.6:
            batch = [
                piece(
                    f"p{dice.randrange(60)}",
                    " ".join(dice.choices(["zebra", "lion", "ox", "cow", "hen"], k=4)),
                    vector=direction(*numbers.standard_normal(DIMENSIONS)),
                    access=tuple(sorted(dice.sample(groups, dice.randint(1, 3)))),
                    source_id=dice.choice(["s1", "s2"]),
                )
                for _ in range(dice.randrange(8))
            ]
            index.upsert(INDEX, batch)
            held.update({chunk.id: chunk for chunk in batch})
        elif held:
            gone = dice.sample(sorted(held), min(len(held), dice.randrange(12)))
            index.delete(INDEX, gone)
            for chunk in gone:
                del held[chunk]
        asked = tuple(dice.sample(groups, dice.randint(1, 2))) if dice.random() < 0.7 else None
        sources = ("s1",) if dice.random() < 0.4 else None
        word, vector = dice.choice(["zebra", "lion"]), direction(*numbers.standard_normal(DIMENSIONS))
        found = index.search(INDEX, question(word, vector, groups=asked, source_ids=sources, limit=100))
        visible = {
            chunk.id: chunk
            for chunk in held.values()
            if (asked is None or set(asked) & set(chunk.access)) and (sources is None or chunk.source_id in sources)
        }
        assert {c.id for c in found} == set(visible)
        assert {c.id for c in found if c.text_rank} == {i for i, c in visible.items() if word in c.text}
        by_cosine = sorted(visible.values(), key=lambda c: -float(c.vector @ vector))
        ranked = sorted(found, key=lambda c: c.vector_rank)
        assert [c.cosine for c in ranked] == pytest.approx([float(c.vector @ vector) for c in by_cosine], abs=2e-3)
        assert index.count(INDEX) == {("", 0): len(held)}


def test_commits_wait_for_the_disk(index, tmp_path):
    index.ensure(INDEX, dimensions=DIMENSIONS)

    with index._file(INDEX)._database.transaction() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(0)
        file.write(os.urandom(path.stat().st_size))


def test_a_file_damaged_while_closed_is_moved_aside(tmp_path, index, caplog):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece("a", "zebra")])
    index.close()
    damage(tmp_path / "index" / f"{INDEX}.db")

    with caplog.at_level(logging.ERROR):
        index.ensure(INDEX, dimensions=DIMENSIONS)

    assert "begins again empty" in caplog.text
    assert (tmp_path / "index" / f"{INDEX}.db.corrupt-1").exists()
    assert index.count(INDEX) == {("", 0): 0}
    index.upsert(INDEX, [piece("b", "zebra")])
    assert names(index.search(INDEX, question("zebra"))) == {"b"}


@pytest.mark.parametrize("damaged_table", ["chunks", "words_data", "vectors"])
def test_a_file_damaged_in_use_begins_again_empty_with_its_dimensions(tmp_path, index, damaged_table):
    path = tmp_path / "index" / f"{INDEX}.db"
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece(f"p{n}", "zebra " * 200) for n in range(300)])
    index.close()
    with sqlite3.connect(path) as database:
        (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (damaged_table,)).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(os.urandom(size))

    found = index.search(INDEX, question("zebra", direction(1), limit=300))
    index.upsert(INDEX, [piece("new", "zebra")])
    found += index.search(INDEX, question("zebra", direction(1)))

    assert names(found) == {"new"}
    assert (tmp_path / "index" / f"{INDEX}.db.corrupt-1").exists()
    assert index.count(INDEX) == {("", 0): 1}


def test_a_second_damage_keeps_the_first_file(tmp_path, index):
    for _ in range(2):
        index.ensure(INDEX, dimensions=DIMENSIONS)
        index.close()
        damage(tmp_path / "index" / f"{INDEX}.db")
    index.ensure(INDEX, dimensions=DIMENSIONS)

    assert sorted(p.name for p in (tmp_path / "index").glob("*.corrupt-?")) == [
        f"{INDEX}.db.corrupt-1", f"{INDEX}.db.corrupt-2"
    ]  # fmt: skip


def test_a_full_disk_is_said_and_nothing_is_written(index):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece("a", "zebra")])
    with index._file(INDEX)._database.transaction() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(StorageFull):
        index.upsert(INDEX, [piece(f"p{n}", "word " * 500) for n in range(100)])

    assert names(index.search(INDEX, question("zebra word", direction(1)))) == {"a"}


WRITER = """
import sys
from pathlib import Path
from lib.adapters.local.sqlite_search_index import SqliteSearchIndex
from tests.contracts.search_examples import DIMENSIONS, INDEX, direction, piece

index = SqliteSearchIndex(Path(sys.argv[1]))
index.ensure(INDEX, dimensions=DIMENSIONS)
turn = int(sys.argv[2])
while True:
    turn += 1
    same = {"text": f"zebra turn {turn}", "vector": direction(1, turn % 9)}
    index.upsert(INDEX, [piece(f"t{turn}", ordinal=n, **same) for n in range(6)])
    print(f"+{turn}", flush=True)
    if turn % 3 == 0:
        index.delete(INDEX, [piece(f"t{turn}", ordinal=n).id for n in range(6)])
        print(f"-{turn}", flush=True)
"""


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path):
    """Every acknowledged turn is whole in all tables, every acknowledged deletion is done, and none is half there."""
    acknowledged: dict[int, bool] = {}
    begun = 0
    for delay in (0.05, 0.12, 0.2):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(begun)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        first = writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        lines = [first, *writer.stdout.read().splitlines()]
        writer.wait()
        writer.stdout.close()
        for line in lines:
            acknowledged[int(line[1:])] = line[0] == "+"
        begun = max(acknowledged) + 1

        index = SqliteSearchIndex(tmp_path)
        found = index.search(INDEX, question("zebra", direction(1), limit=100_000))
        by_turn: dict[int, int] = {}
        for c in found:
            turn = int(c.text.rsplit(" ", 1)[1])
            by_turn[turn] = by_turn.get(turn, 0) + 1
            assert c.text_rank is not None
            assert c.cosine == pytest.approx(float(direction(1) @ direction(1, turn % 9)), abs=2e-3)
        unacknowledged = max(acknowledged)
        for turn, is_there in acknowledged.items():
            if turn < unacknowledged:
                assert by_turn.get(turn, 0) == (6 if is_there else 0)
        acknowledged[unacknowledged] = unacknowledged in by_turn  # its deletion may be done or not, and stays so
        assert set(by_turn.values()) <= {6}
        assert index.count(INDEX) == {("", 0): len(found)}
        with index._file(INDEX)._database.transaction() as connection:
            connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            begun = max(begun, *by_turn)
        index.close()
    assert len(acknowledged) > 5
