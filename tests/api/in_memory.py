"""An Api over a handful of made-up documents: real HTTP behaviour without pipelines."""

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib.api.api import Admin, Api
from lib.domain.answers import Answer, Hit
from lib.domain.callers import Caller
from lib.domain.documents import document_id
from lib.domain.features import Snapshot
from lib.domain.pages import Page
from lib.domain.sources import Source, Sources
from lib.errors import BadInput, Conflict, Gone, NotFound, Throttled, Unreachable
from lib.pipelines.push import Received
from lib.ports.dead_letters import DeadLetter
from lib.settings import Settings
from tests.api.held_in_memory import HeldInMemory
from tests.api.lineage_in_memory import lineage_in_memory
from tests.api.made_up import (
    ANSWER,
    DELETES,
    DENIAL,
    FETCHED,
    GONE,
    REFUSED,
    STATUS,
    TEXTS,
    TOMBSTONE,
    VERSION,
    hit,
    snapshot,
)
from tests.api.plan_in_memory import plan_in_memory

ROOT = Path(__file__).resolve().parents[2]


class InMemory:
    """State that a test can look at and change."""

    def __init__(self) -> None:
        self.letters = {
            "1f" * 16: DeadLetter(
                id="1f" * 16,
                queue="features",
                body=f'{{"schema":1,"document_id":"{DELETES}","version":{VERSION}}}',
                reason="DimensionMismatch: embedder gave 3 values, index 'chunks-fs0123456789' expects 384: rebuild it",
                attempts=5,
                first_at="2026-11-22T09:00:00Z",
                last_at="2026-11-22T09:04:10Z",
                set_aside=True,
            )
        }
        self.published: dict[tuple[str, str], Any] = {}
        self.feedback: list[tuple[str, str, str, str]] = []
        self.crawled: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.pause_s = 0.0
        """Between two pieces of an answer."""
        self.busy = 0
        """So many questions find the model throttled."""
        self.status: dict[str, Any] = deepcopy(STATUS)
        self.held = HeldInMemory()

    def sources(self) -> Sources:
        return Sources(
            items=(
                Source(id="manual", kind="website", start=("http://localhost:7071/manual/",)),
                Source(id="handbook", kind="sitemap", start=("https://handbook.example/sitemap.xml",)),
                Source(id="intranet", kind="push"),
            )
        )

    def retrieve(self, query: str, *, top: int, caller: Caller, source_ids: tuple[str, ...] | None) -> list[Hit]:
        if "nothing" in query:
            return []
        if "broken" in query:
            raise ValueError("a secret of the inside")
        hits = [
            hit(DELETES, TOMBSTONE),
            hit(DELETES, DENIAL, score=0.61, ordinal=1),
            hit(document_id("manual", "/sources"), "Each has an id.", heading="", score=0.2),
        ]
        return hits[:top]

    def ask(
        self, question: str, *, caller: Caller, conversation_id: str, source_ids: tuple[str, ...] | None
    ) -> Iterator[str | Answer]:
        self.asked.append({"question": question, "conversation_id": conversation_id, "source_ids": source_ids})
        if self.busy:
            self.busy -= 1
            raise Throttled("the model asks for a pause: try again in 7 s", retry_after_s=7)
        if "broken" in question:
            yield "Some words, and then"
            raise ValueError("a secret of the inside")
        if "silent" in question:
            time.sleep(self.pause_s)
        answer = REFUSED if "moon" in question else ANSWER
        words = answer.text.split(" ")
        for n, word in enumerate(words):
            yield word if n == 0 else " " + word
            time.sleep(self.pause_s)
        yield replace(answer, conversation_id=conversation_id)

    def read_snapshot(self, document: str, *, version: int | None, cleaner: str | None, caller: Caller) -> Snapshot:
        if document == GONE:
            raise Gone(f"document {document!r} was deleted at its source")
        if document not in TEXTS or version not in (None, VERSION) or cleaner not in (None, "c1"):
            raise NotFound(f"there is no document {document!r} that you may read")
        return snapshot(document, version)

    def publish(self, document: Any, *, source: Source, key: str) -> Received:
        changed = self.published.get((source.id, key)) != document
        self.published[source.id, key] = document
        return Received(document_id=document_id(source.id, key), version=VERSION, changed=changed)

    def withdraw(self, source: Source, key: str) -> Received:
        if self.published.pop((source.id, key), None) is None:
            raise NotFound(f"source {source.id!r} has no document {key!r}")
        return Received(document_id=document_id(source.id, key), version=VERSION + 1, changed=True)

    def read_answer(self, answer_id: str, *, caller: Caller) -> dict[str, Any]:
        if answer_id != ANSWER.answer_id:
            raise NotFound(f"there is no answer {answer_id!r} of yours")
        return {"answer_id": answer_id, "model": ANSWER.model, "lineage": [], "feedback": []}

    def give_feedback(self, answer_id: str, *, feedback: Any, comment: str, caller: Caller) -> None:
        if answer_id not in (ANSWER.answer_id, REFUSED.answer_id):
            raise NotFound(f"there is no answer {answer_id!r} of yours")
        self.feedback.append((answer_id, feedback, comment, caller.id))

    def crawl_now(self, source_id: str, caller: Caller) -> dict[str, Any]:
        source = self.sources().get(source_id)
        if source is None:
            raise NotFound(f"there is no source {source_id!r}")
        if source.kind == "push":
            raise BadInput(f"source {source_id!r} is a push source: nothing to crawl")
        if source_id in self.crawled:
            raise Conflict(f"source {source_id!r} is being crawled already: see its status")
        self.crawled.append(source_id)
        return {"source_id": source_id, "crawl_id": "20261122", "outcome": "running"}

    def forget_source(self, source_id: str, caller: Caller) -> dict[str, Any]:
        if self.sources().get(source_id):
            raise BadInput(f"source {source_id!r} is still in the sources file: remove it there first")
        return {"source_id": source_id, "documents": 0}

    def dead_letters(self, queue: str | None, after: str, limit: int) -> list[DeadLetter]:
        found = sorted(self.letters.values(), key=lambda letter: letter.id)
        return [x for x in found if x.id > after and queue in (None, x.queue)][:limit]

    def take(self, ids: tuple[str, ...], caller: Caller) -> int:
        for key in ids:
            if key not in self.letters:
                raise NotFound(f"there is no dead letter {key!r}")
        gone = ids or tuple(self.letters)
        for key in gone:
            del self.letters[key]
        return len(gone)

    def promote(self, feature_set: str, caller: Caller) -> dict[str, Any]:
        if feature_set != "fs0123456789":
            raise NotFound(f"there is no feature set {feature_set!r}")
        return {"id": feature_set, "state": "live"}

    def registry(self, kind: str) -> list[dict[str, Any]]:
        if kind != "live":
            raise NotFound(f"there is no registry kind {kind!r}")
        return [{"id": "feature_set", "value": {"id": "fs0123456789"}, "revision": 1}]

    def erase(self, name: str, caller: Caller) -> dict[str, Any]:
        if name not in TEXTS:
            raise NotFound(f"there is no document {name!r}")
        return {"document_id": name, "version": VERSION + 1, "at": FETCHED}


def page_of(html: str, url: str) -> Page:
    """A stand-in for the extractor: the text between tags."""
    inside = html.partition("<body>")[2] or html
    return Page(title="From HTML", text=inside.replace("<p>", "").replace("</p>", "").replace("<br>", ""))


def make_api(state: InMemory, **changes: Any) -> Api:
    """An Api over the state; `changes` replace its fields."""
    values: dict[str, Any] = {
        "settings": Settings(auth="loopback", base_url="http://localhost:7071"),
        "docs_dir": ROOT / "docs",
        "web_dir": ROOT / "web",
        "sources": state.sources,
        "retrieve": state.retrieve,
        "ask": state.ask,
        "read_snapshot": state.read_snapshot,
        "publish": state.publish,
        "withdraw": state.withdraw,
        "extract_html": page_of,
        "read_answer": state.read_answer,
        "give_feedback": state.give_feedback,
        "status": lambda: state.status,
        "ready": {"documents": lambda: None, "index": lambda: None},
        "admin": Admin(
            list_sources=lambda: state.status["sources"],
            keep_sources=lambda yaml, caller: [line.split()[-1] for line in yaml.splitlines() if "id:" in line],
            crawl_now=state.crawl_now,
            forget_source=state.forget_source,
            dead_letters=state.dead_letters,
            replay=state.take,
            discard=state.take,
            plan=plan_in_memory,
            crawls=state.held.crawls,
            held=state.held.list,
            show_held=state.held.show,
            release_held=state.held.release,
            discard_held=state.held.discard,
            feature_sets=lambda: [{"id": "fs0123456789", "state": "live", "recipe": {"chunk_tokens": 200}}],
            promote=state.promote,
            registry=state.registry,
            lineage=lineage_in_memory,
            erase=state.erase,
        ),
    }
    return Api(**{**values, **changes})


def raising(error: Exception) -> Callable[..., Any]:
    """A function that raises, whatever it is given."""

    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


UNREACHABLE = Unreachable("the index at https://internal.example did not answer: is it running?")
