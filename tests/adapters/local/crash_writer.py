"""
Write to every store as fast as it goes, and say on stdout what was acknowledged: a process made to be killed.

Started by test_sqlite_crash.py. Each line is one JSON list: what was done, and the key it was done to.
"""

import json
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib.adapters.local.sqlite_conversations import SqliteConversations
from lib.adapters.local.sqlite_crawl_state import SqliteCrawlState
from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_dead_letters import SqliteDeadLetters
from lib.adapters.local.sqlite_document_store import SqliteDocumentStore
from lib.adapters.local.sqlite_event_queue import SqliteEventQueue
from lib.adapters.local.sqlite_feature_store import SqliteFeatureStore
from lib.adapters.local.sqlite_ledger import SqliteLedger
from lib.adapters.local.sqlite_meter import SqliteMeter
from lib.adapters.local.sqlite_registry import SqliteRegistry
from lib.adapters.local.sqlite_schema import QUEUES, STORE
from lib.adapters.local.system_clock import SystemClock
from lib.domain.features import Live
from tests.examples import (
    SET_A,
    dead_letter,
    document,
    exchange,
    fact,
    features,
    key,
    tombstone,
    url_state,
)

THREADS = 3


class Stores:
    """All stores over one folder."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.store = SqliteDatabase(folder / "store.db", migrations=STORE)
        try:
            self.queues = SqliteDatabase(folder / "queues.db", migrations=QUEUES)
        except BaseException:
            self.store.close()
            raise
        self.documents = SqliteDocumentStore(database=self.store, clock=clock)
        self.crawls = SqliteCrawlState(database=self.store)
        self.features = SqliteFeatureStore(database=self.store, clock=clock)
        self.ledger = SqliteLedger(database=self.store)
        self.registry = SqliteRegistry(database=self.store)
        self.letters = SqliteDeadLetters(database=self.store)
        self.conversations = SqliteConversations(database=self.store)
        self.meter = SqliteMeter(database=self.store)
        self.queue = SqliteEventQueue(database=self.queues, clock=clock)

    def close(self) -> None:
        self.store.close()
        self.queues.close()


def main(folder: str, run: str) -> None:
    stores = Stores(Path(folder))
    lock = threading.Lock()

    def say(*what: Any) -> None:
        with lock:
            sys.stdout.write(json.dumps(what) + "\n")
            sys.stdout.flush()

    for n in range(THREADS):
        threading.Thread(target=_write_for_ever, args=(stores, f"{run}-{n}", say)).start()


def _write_for_ever(stores: Stores, writer: str, say: Callable[..., None]) -> None:
    rng = random.Random(writer)
    steps = [_put, _replace, _crawl, _build, _send, _receive, _records]
    say("ready", writer)
    n = 0
    while True:
        n += 1
        rng.choice(steps)(stores, f"{writer}-{n}", say, rng)


def _put(stores: Stores, name: str, say: Callable[..., None], rng: random.Random) -> None:
    text = "".join(rng.choices("abc \n", k=rng.randrange(20_000)))
    stores.documents.put([document(name, text=text)], expected={key(name): 0})
    say("document", key(name), 1)


def _replace(stores: Stores, name: str, say: Callable[..., None], rng: random.Random) -> None:
    shared = f"shared-{rng.randrange(5)}"
    before = stores.documents.get([key(shared)]).get(key(shared))
    version = before.version if before else 0
    make = tombstone if rng.random() < 0.3 else document
    if stores.documents.put([make(shared, version=version + 1)], expected={key(shared): version})[key(shared)]:
        say("document", key(shared), version + 1)


def _crawl(stores: Stores, name: str, say: Callable[..., None], rng: random.Random) -> None:
    urls = [url_state(f"{name}/{n}", pending=True, links=("x",) * 50) for n in range(rng.randrange(1, 40))]
    stores.crawls.save(urls)
    say("urls", name, len(urls))


def _build(stores: Stores, name: str, say: Callable[..., None], rng: random.Random) -> None:
    for version in (1, 2):
        paragraphs = tuple(f"paragraph {n} of {version}" for n in range(rng.randrange(1, 8)))
        stores.features.save(features(name, version=version, paragraphs=paragraphs))
        say("features", name, version, len(paragraphs))
        live = Live(version=version, chunks=len(paragraphs))
        stores.features.flip(key(name), SET_A, live, source_id="s", access=("everyone",))
        say("live", key(name), version)
    stores.features.drop(key(name), SET_A, below=2)
    say("dropped", name, 2)
    stores.features.deny({key(name): 3}, source_id="s")
    say("denied", key(name), 3)


def _send(stores: Stores, name: str, say: Callable[..., None], rng: random.Random) -> None:
    bodies = [f"{name}/{n}" for n in range(rng.randrange(1, 10))]
    say("sending", *bodies)
    stores.queue.send("features", bodies)
    say("sent", *bodies)


def _receive(stores: Stores, name: str, say: Callable[..., None], rng: random.Random) -> None:
    for message in stores.queue.receive("features", limit=4, visibility_s=600):
        say("completing", message.body)
        if stores.queue.complete(message):
            say("completed", message.body)


def _records(stores: Stores, name: str, say: Callable[..., None], rng: random.Random) -> None:
    stores.ledger.append([fact(name, subject="crash")])
    say("fact", name)
    stores.registry.put("crash", name, {"n": name}, revision=0)
    say("item", name)
    stores.letters.save([dead_letter(name)])
    say("letter", name)
    stores.conversations.append(exchange(name))
    say("exchange", name)
    stores.meter.record({"crash": 1})
    say("sample", name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
