"""Another embedder means another feature set: filled beside the live one, promoted when it is whole."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lib import composition
from lib.domain.features import Recipe
from lib.errors import BadInput, NotConfigured
from lib.pipelines.feature_sets import list_all, live, promote
from lib.pipelines.push import PushedDocument, publish
from lib.pipelines.sweep import behind, sweep
from lib.ports.embedder import Embedder, Embedding, Purpose
from tests.workbench import Workbench, shared_embedder

PUSH = "sources:\n  - id: notes\n    kind: push\n"


class Renamed:
    """The same model under another name: what a new embedder looks like from outside."""

    model, dimensions, max_tokens = "other-model", 384, 254

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Embedding:
        return shared_embedder().embed(texts, purpose=purpose)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return shared_embedder().count_tokens(texts)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setattr("lib.pipelines.sweep.GRACE", timedelta(0))
    workbench = Workbench(tmp_path, PUSH)
    source = workbench.sources.get("notes")
    assert source
    for key in ("fox", "owl"):
        document = PushedDocument(title=key, text=f"The {key} hunts at night in the old forest.")
        publish(document, source=source, key=key, receiver=workbench.receiver())
    workbench.settle()
    yield workbench
    workbench.close()


def switch(bench: Workbench, *, old_is_there: bool) -> str:
    """Start again with other settings; returns the wanted set."""
    embedders: dict[str, Embedder] = {"other-model": Renamed()}
    if old_is_there:
        embedders[shared_embedder().model] = shared_embedder()

    def embedder_for(recipe: Recipe) -> Embedder:
        if recipe.embedder not in embedders:
            raise NotConfigured(f"no {recipe.embedder}")
        return embedders[recipe.embedder]

    bench.adapters = replace(bench.adapters, wanted_embedder=Renamed, embedder_for=embedder_for)
    composition.configure(bench.settings, adapters=bench.adapters)
    return composition.wanted_feature_set()


@pytest.mark.parametrize("old_is_there", [True, False])
def test_the_old_set_answers_until_the_new_one_is_whole(bench: Workbench, old_is_there: bool) -> None:
    before = live(bench.adapters.registry).id
    wanted = switch(bench, old_is_there=old_is_there)
    assert live(bench.adapters.registry).id == before
    assert len(bench.search("what hunts at night")) == 2

    sweep(builder=composition.builder(), wanted=wanted)
    bench.settle()
    sweep(builder=composition.builder(), wanted=wanted)

    assert live(bench.adapters.registry).id == wanted
    assert len(bench.search("what hunts at night")) == 2
    assert {found.id: found.state for found in list_all(bench.adapters.registry)} == {before: "standby", wanted: "live"}


def test_a_change_reaches_every_set_in_use(bench: Workbench) -> None:
    wanted = switch(bench, old_is_there=True)
    sweep(builder=composition.builder(), wanted=wanted)
    bench.settle()
    source = bench.sources.get("notes")
    assert source
    publish(PushedDocument(title="elk", text="The elk swims."), source=source, key="elk", receiver=bench.receiver())

    bench.settle()

    counts = [bench.adapters.index.count(found.index)[("", 0)] for found in list_all(bench.adapters.registry)]
    assert counts == [3, 3]


def test_promotion_is_refused_while_documents_are_missing(bench: Workbench) -> None:
    wanted = switch(bench, old_is_there=True)

    missing = behind(wanted, builder=composition.builder())

    assert missing == 2
    with pytest.raises(BadInput, match="2 documents"):
        promote(wanted, registry=bench.adapters.registry, behind=missing)


def test_going_back_is_at_once(bench: Workbench) -> None:
    before = live(bench.adapters.registry).id
    wanted = switch(bench, old_is_there=True)
    sweep(builder=composition.builder(), wanted=wanted)
    bench.settle()
    promote(wanted, registry=bench.adapters.registry, behind=behind(wanted, builder=composition.builder()))

    promote(before, registry=bench.adapters.registry, behind=behind(before, builder=composition.builder()))

    assert live(bench.adapters.registry).id == before
