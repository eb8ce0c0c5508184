"""A host over temporary databases and an app written for one test."""

import json
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_document_store import SqliteDocumentStore
from lib.adapters.local.sqlite_event_queue import SqliteEventQueue
from lib.adapters.local.sqlite_registry import SqliteRegistry
from lib.adapters.local.sqlite_schema import QUEUES, STORE
from lib.adapters.local.system_clock import SystemClock
from lib.domain.documents import Document, Provenance, document_id
from local.host.host import FunctionsHost

SOON_S = 40
"""Longest wait for something that takes milliseconds on an idle machine."""

PRELUDE = """
import asyncio, threading, time, typing
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
calls, gate, entered = [], threading.Event(), threading.Event()
"""

QUEUE = '@app.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")\n'
BLOCK = QUEUE + "def f(message: str) -> None:\n    calls.append(message)\n    entered.set()\n    gate.wait(60)\n"
FEED = """@app.cosmos_db_trigger(arg_name="items", connection="COSMOS", database_name="db", container_name="documents",
    feed_poll_delay=50, max_items_per_invocation=2, start_from_beginning=True)
"""


class SetClock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Rig:
    """Adapters of one temporary data folder, and hosts over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self._databases = [
            SqliteDatabase(folder / "store.db", migrations=STORE),
            SqliteDatabase(folder / "queues.db", migrations=QUEUES),
        ]
        store, queues = self._databases
        self.documents = SqliteDocumentStore(database=store, clock=self.clock)
        self.leases = SqliteRegistry(database=store)
        self.queue = SqliteEventQueue(database=queues, clock=self.clock)
        self.hosts: list[FunctionsHost] = []

    def write(self, source: str, *, prelude: str = PRELUDE, queues: dict | None = None, **host_json: object) -> Path:
        """Write function_app.py and host.json."""
        app = self.folder / "app"
        app.mkdir(exist_ok=True)
        (app / "function_app.py").write_text(prelude + textwrap.dedent(source), encoding="utf-8")
        extensions = {"http": {"routePrefix": ""}, "queues": {"visibilityTimeout": "00:00:00", **(queues or {})}}
        (app / "host.json").write_text(json.dumps({"version": "2.0", "extensions": extensions, **host_json}))
        return app

    def host(self, source: str | None = None, *, settings: dict | None = None, **options) -> FunctionsHost:
        """A host that is not started yet; without source, over the app written last."""
        queues = options.pop("queues", None)
        app = self.write(source, queues=queues) if source is not None else self.folder / "app"
        given = {"queue": self.queue, "feed": self.documents, "leases": self.leases, "clock": self.clock, "port": 0}
        host = FunctionsHost(app, settings=settings or {}, **{**given, **options})
        self.hosts.append(host)
        return host

    def started(self, source: str | None = None, **options) -> FunctionsHost:
        host = self.host(source, **options)
        host.start()
        return host

    def put(self, *keys: str, version: int = 1) -> None:
        """Write a document for each key."""
        documents = [
            Document(
                id=document_id("s", key),
                source_id="s",
                url=f"http://x/{key}",
                title=key,
                text=key,
                content_hash=key,
                version=version,
                provenance=Provenance(fetched_at=datetime.now(UTC).isoformat()),
            )
            for key in keys
        ]
        self.documents.put(documents, expected={document.id: version - 1 for document in documents})

    def close(self) -> None:
        for host in self.hosts:
            gate = app_of(host).get("gate") if host.functions else None
            if gate:
                gate.set()
            host.stop()
        for database in self._databases:
            database.close()
        sys.path[:] = [entry for entry in sys.path if entry != str((self.folder / "app").resolve())]
        sys.modules.pop("function_app", None)


def app_of(host: FunctionsHost) -> dict:
    """What the app's module holds."""
    return host.functions[0].call.__globals__


def until(claim: Callable[[], object], what: str = "") -> None:
    """Wait until something holds; fail if it does not soon."""
    deadline = time.monotonic() + SOON_S
    while not claim():
        assert time.monotonic() < deadline, what or "it did not happen in time"
        threading.Event().wait(0.005)


def bodies(rig: Rig, queue: str) -> list[str]:
    """What is visible in a queue."""
    return [message.body for message in rig.queue.peek(queue, limit=32)]
