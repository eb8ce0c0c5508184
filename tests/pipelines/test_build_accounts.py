"""What a build leaves in ledger and meters, and in several feature sets, though it breaks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lib import composition
from lib.domain.features import FeatureSet, feature_set_id
from lib.domain.messages import BuildMessage, parse_build
from lib.errors import NotFound, Unreachable
from lib.pipelines.admin import Administrator, erase
from lib.pipelines.build import build_features, build_or_put_off
from lib.pipelines.documents import read_snapshot
from lib.pipelines.feature_sets import ensure_feature_set, live, promote
from lib.pipelines.push import withdraw
from lib.pipelines.sweep import sweep
from tests.doubles import failing
from tests.pipelines.test_build import FOX, OWL, PUSH, push
from tests.workbench import READER, Workbench, shared_embedder


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Workbench]:
    workbench = Workbench(tmp_path, PUSH)
    yield workbench
    workbench.close()


def other_set(notes: Workbench, tokens: int = 60) -> FeatureSet:
    a = notes.adapters
    recipe = replace(live(a.registry).recipe, chunk_tokens=tokens)
    return ensure_feature_set(recipe, registry=a.registry, index=a.index)


def test_the_receipt_of_a_delete_is_written_by_the_repeated_build(notes: Workbench) -> None:
    name = push(notes, "fox", FOX)
    notes.settle()
    withdraw(notes.sources.items[0], "fox", receiver=notes.receiver())
    [change] = notes.adapters.documents.scan().changes
    m = BuildMessage(document_id=name, version=change.version)
    healthy = composition.builder()
    with pytest.raises(Unreachable):
        build_features(m, builder=replace(healthy, ledger=failing(healthy.ledger, "append", error=Unreachable("x"))))
    build_features(m, builder=healthy)
    assert [f.kind for f in notes.adapters.ledger.read(name)] == ["forgotten", "built"]


def test_the_fact_of_a_build_is_written_by_the_repeated_build(notes: Workbench) -> None:
    name = push(notes, "fox", FOX)
    [change] = notes.adapters.documents.scan().changes
    m = BuildMessage(document_id=name, version=change.version)
    healthy = composition.builder()
    with pytest.raises(Unreachable):
        build_features(m, builder=replace(healthy, ledger=failing(healthy.ledger, "append", error=Unreachable("x"))))
    build_features(m, builder=healthy)
    assert [f.kind for f in notes.adapters.ledger.read(name)] == ["built"]


@pytest.mark.parametrize("step", ["features.save", "index.upsert", "heads.flip", "ledger.append"])
def test_tokens_are_counted_and_paid_once_though_the_build_breaks(notes: Workbench, step: str) -> None:
    name = push(notes, "fox", FOX)
    [change] = notes.adapters.documents.scan().changes
    m = BuildMessage(document_id=name, version=change.version)
    healthy = composition.builder()
    port, method = step.split(".")
    with pytest.raises(Unreachable):
        build_features(
            m, builder=replace(healthy, **{port: failing(getattr(healthy, port), method, error=Unreachable("x"))})
        )
    paid = notes.adapters.meter.read(("embedding_tokens",))["embedding_tokens"].total
    build_features(m, builder=healthy)
    assert notes.adapters.meter.read(("embedding_tokens",))["embedding_tokens"].total == paid > 0


def test_a_feature_set_that_cannot_be_built_does_not_stop_the_others(notes: Workbench) -> None:
    a = notes.adapters
    tokens = next(
        n
        for n in range(50, 500)
        if feature_set_id(replace(live(a.registry).recipe, chunk_tokens=n)) < live(a.registry).id
    )
    other = other_set(notes, tokens)
    push(notes, "fox", FOX)
    notes.relay()

    def embedder_for(recipe: Any) -> Any:
        if recipe.chunk_tokens == tokens:
            raise NotFound("no such model")
        return shared_embedder()

    builder = replace(composition.builder(), embedder_for=embedder_for)
    [message] = notes.adapters.queue.receive("features", limit=5, visibility_s=60)
    with pytest.raises(NotFound):
        build_or_put_off(parse_build(message.body), builder=builder)
    assert notes.search("red fox")
    assert other.state == "building"


def test_an_operator_may_go_back_to_another_set_and_the_settings_may_change_back(notes: Workbench) -> None:
    a = notes.adapters
    first = live(a.registry).id
    other = other_set(notes)
    sweep(builder=composition.builder(), wanted=other.id)
    assert live(a.registry).id == other.id
    promote(first, registry=a.registry, behind=0)
    sweep(builder=composition.builder(), wanted=other.id)
    assert live(a.registry).id == first
    # and settings back and forth
    sweep(builder=composition.builder(), wanted=first)
    sweep(builder=composition.builder(), wanted=other.id)
    assert live(a.registry).id == other.id


def test_a_delete_reaches_a_retired_set_too(notes: Workbench) -> None:
    a = notes.adapters
    name = push(notes, "fox", FOX)
    notes.settle()
    item = a.registry.get("feature_sets", live(a.registry).id)
    other = other_set(notes)
    sweep(builder=composition.builder(), wanted=other.id)
    notes.settle()
    sweep(builder=composition.builder(), wanted=other.id)
    assert item
    now = a.registry.get("feature_sets", item.id)
    assert now
    a.registry.put("feature_sets", item.id, {**now.value, "state": "retired"}, revision=now.revision)

    withdraw(notes.sources.items[0], "fox", receiver=notes.receiver())
    notes.settle()

    assert not any(a.index.count(f"chunks-{item.id}", [name]).values())


def test_an_erased_text_stays_erased_though_the_document_is_sent_anew_at_once(notes: Workbench) -> None:
    name = push(notes, "fox", FOX)
    notes.settle()
    [before] = notes.adapters.documents.scan().changes
    erase(
        name,
        caller=READER,
        administrator=Administrator(
            builder=composition.builder(), publisher=composition.publisher(), held=notes.adapters.held
        ),
    )
    push(notes, "fox", OWL)
    notes.settle()

    with pytest.raises(NotFound):
        read_snapshot(name, version=before.version, cleaner=None, caller=READER, library=composition.library())


def test_the_sweep_works_though_a_message_is_put_off(notes: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.pipelines.sweep.GRACE", timedelta(0))
    push(notes, "fox", FOX)
    late = BuildMessage(document_id="d" + "0" * 32, version=3).to_json()
    notes.adapters.queue.send("features", [late], delay_s=900)

    assert sweep(builder=composition.builder()).requeued == 1
