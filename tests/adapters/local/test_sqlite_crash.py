"""Kill a process that writes to every store, again and again: nothing that was acknowledged is ever lost."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lib.ports.document_store import DocumentStore
from tests.adapters.local.crash_writer import THREADS, Stores
from tests.examples import SET_A, key, url_state

ROOT = Path(__file__).parents[3]
KILLS = 12


@pytest.mark.crash
def test_what_was_acknowledged_survives_kills_at_random_moments(tmp_path):
    rng = random.Random(2026)
    said: list[list] = []
    for run in range(KILLS):
        said += _run_and_kill(tmp_path, f"run{run}", rng)
        stores = Stores(tmp_path)
        try:
            _check(stores, said)
        finally:
            stores.close()

    kinds = {line[0] for line in said}
    assert kinds >= {"document", "urls", "features", "live", "denied", "sent", "completed", "fact", "sample"}
    print(f"{len(said)} acknowledgements, {KILLS} kills")


def _run_and_kill(folder: Path, run: str, rng: random.Random) -> list[list]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.local.crash_writer", folder, run],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        lines = [process.stdout.readline() for _ in range(THREADS)]
        moment = time.monotonic() + rng.uniform(0.01, 0.4)
        while time.monotonic() < moment:
            lines.append(process.stdout.readline())
        assert process.poll() is None, "the writer ended by itself"
    finally:
        process.kill()
        rest = process.communicate()[0]
    lines += rest.splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]  # the last line may be half of one


def _check(stores: Stores, said: list[list]) -> None:
    by_kind: dict[str, list[list]] = {}
    for kind, *what in said:
        by_kind.setdefault(kind, []).append(what)

    for database in (stores.store, stores.queues):
        with database.reading() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    _check_documents(stores.documents, by_kind)
    _check_features(stores, by_kind)
    _check_queue(stores, by_kind)
    for name, count in by_kind.get("urls", []):
        urls = [url_state(f"{name}/{n}").url for n in range(count)]
        assert len(stores.crawls.read("handbook", urls)) == count
    _check_records(stores, by_kind)


def _check_documents(documents: DocumentStore, by_kind: dict[str, list[list]]) -> None:
    newest: dict[str, int] = {}
    for document, version in by_kind.get("document", []):
        newest[document] = max(version, newest.get(document, 0))
    found = documents.get(list(newest))
    assert all(found[document].version >= version for document, version in newest.items())

    fed, cursor = {}, ""
    while (page := documents.read(cursor)).changes:
        fed.update({change.document_id: change.version for change in page.changes})
        cursor = page.cursor
    scanned = documents.scan(limit=100_000).changes
    assert fed == {change.document_id: change.version for change in scanned}
    assert documents.totals().documents == sum(not change.deleted for change in scanned)


def _check_features(stores: Stores, by_kind: dict[str, list[list]]) -> None:
    dropped = {name for name, _ in by_kind.get("dropped", [])}
    for name, version, count in by_kind.get("features", []):
        found = stores.features.read(key(name), version, SET_A)
        if version == 1 and (name in dropped or found is None):
            assert stores.features.heads([key(name)])[key(name)].live[SET_A].version == 2
            assert stores.features.snapshot(key(name), version=1)
        else:
            assert len(found.chunks) == count
            assert set(found.vectors) == {chunk.input_hash for chunk in found.chunks}
    heads = stores.features.heads([key(name) for name, *_ in by_kind.get("features", [])])
    assert all(heads[document].live[SET_A].version >= version for document, version in by_kind.get("live", []))
    assert all(heads[document].denied_below == below for document, below in by_kind.get("denied", []))


def _check_queue(stores: Stores, by_kind: dict[str, list[list]]) -> None:
    def bodies(kind: str) -> set[str]:
        return {body for line in by_kind.get(kind, []) for body in line}

    stores.queue.recover()
    waiting = [message.body for message in stores.queue.peek("features", limit=1_000_000)]
    assert len(waiting) == len(set(waiting)) == stores.queue.depth("features").messages
    assert bodies("sent") - bodies("completing") <= set(waiting)
    assert not bodies("completed") & set(waiting)
    assert set(waiting) <= bodies("sending")


def _check_records(stores: Stores, by_kind: dict[str, list[list]]) -> None:
    def names(kind: str) -> set[str]:
        return {name for (name,) in by_kind.get(kind, [])}

    assert names("fact") <= {fact.id for fact in stores.ledger.read("crash", limit=1_000_000)}
    assert names("item") <= {item.id for item in stores.registry.list("crash")}
    assert names("letter") == set(stores.letters.get(list(names("letter"))))
    assert names("exchange") <= {x.answer_id for x in stores.conversations.read("ada", "c1", limit=1_000_000)}
    assert stores.meter.read(("crash",))["crash"].count >= len(names("sample"))
