"""Retrieval asks for more only within reason, and keeps the grace."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lib import composition
from lib.domain.messages import BuildMessage
from lib.pipelines.build import build_features
from lib.pipelines.retrieve import MOST_CANDIDATES, retrieve
from tests.pipelines.test_build import FOX, PUSH, push
from tests.workbench import READER, Workbench


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Workbench]:
    workbench = Workbench(tmp_path, PUSH)
    yield workbench
    workbench.close()


class LateIndex:
    """Shows what was written a minute late."""

    visibility_delay_s = 60.0

    def __init__(self, index: Any) -> None:
        self.real = index
        self.hidden: set[str] = set()

    def upsert(self, index: str, chunks: Any) -> None:
        self.hidden |= {c.id for c in chunks}
        self.real.upsert(index, chunks)

    def search(self, index: str, request: Any) -> Any:
        return [c for c in self.real.search(index, request) if c.id not in self.hidden]

    def count(self, index: str, ids: Any = None) -> Any:
        found = self.real.count(index, ids)
        for chunk in self.hidden:
            d, v, *_ = chunk.split("-")
            if (d, int(v)) in found:
                found[d, int(v)] -= 1
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_no_more_than_the_most_candidates_are_asked_for(notes: Workbench) -> None:
    asked = []

    class Index:
        visibility_delay_s = 0.0

        def search(self, index: str, request: Any) -> list[Any]:
            asked.append(request.limit)
            real = notes.adapters.index.search(index, replace(request, limit=1))
            return real * request.limit

    push(notes, "fox", FOX)
    notes.settle()
    push(notes, "fox", FOX, access=("staff",))
    retrieve("fox", top=5, caller=READER, source_ids=None, retriever=replace(composition.retriever(), index=Index()))  # type: ignore[arg-type]
    assert max(asked) <= MOST_CANDIDATES


def test_the_old_version_answers_in_its_grace_though_a_message_came_twice(notes: Workbench) -> None:
    name = push(notes, "fox", FOX)
    notes.settle()
    late = LateIndex(notes.adapters.index)
    builder = replace(composition.builder(), index=late)  # type: ignore[arg-type]
    retriever = replace(composition.retriever(), index=late)  # type: ignore[arg-type]
    push(notes, "fox", FOX + " New.")
    [change] = notes.adapters.documents.scan().changes
    m = BuildMessage(document_id=name, version=change.version)
    build_features(m, builder=builder)
    assert retrieve("red fox", top=5, caller=READER, source_ids=None, retriever=retriever).hits
    build_features(m, builder=builder)
    assert retrieve("red fox", top=5, caller=READER, source_ids=None, retriever=retriever).hits
