"""Building: idempotent, in any order, atomic for readers, and nothing is paid for twice."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from lib import composition
from lib.domain.documents import DocumentId, document_id
from lib.domain.messages import BuildMessage
from lib.errors import NotYet, Throttled, Unreachable
from lib.pipelines.build import build_features, build_or_put_off
from lib.pipelines.push import PushedDocument, publish, withdraw
from lib.pipelines.sweep import sweep
from tests.doubles import failing
from tests.workbench import READER, Workbench, shared_embedder

PUSH = "sources:\n  - id: notes\n    kind: push\n"
FOX = "# Foxes\n\nThe red fox weighs about six kilograms and lives across the northern hemisphere."
OWL = "# Owls\n\nThe barn owl hears a mouse under snow and flies without any sound at night."


@pytest.fixture
def bench(tmp_path):
    workbench = Workbench(tmp_path, PUSH)
    yield workbench
    workbench.close()


def push(bench: Workbench, key: str, text: str, **more: object) -> DocumentId:
    source = bench.sources.get("notes")
    assert source
    document = PushedDocument(title=key, text=text, **more)  # type: ignore[arg-type]
    return publish(document, source=source, key=key, receiver=bench.receiver()).document_id


def pull(bench: Workbench, key: str) -> None:
    source = bench.sources.get("notes")
    assert source
    withdraw(source, key, receiver=bench.receiver())


def versions(bench: Workbench, name: DocumentId) -> dict[int, int]:
    """Chunks in the index by version."""
    index = f"chunks-{composition.wanted_feature_set()}"
    return {version: count for (_, version), count in bench.adapters.index.count(index, [name]).items() if count}


def test_a_pushed_document_is_found_and_opens_at_its_span(bench: Workbench) -> None:
    name = push(bench, "fox", FOX)
    bench.settle()

    [hit, *_] = bench.search("how heavy is a red fox")

    assert hit.document_id == name
    head = bench.adapters.heads.heads([name])[name]
    snapshot = bench.adapters.features.snapshot(name, version=hit.document_version)
    assert snapshot is not None
    assert snapshot.text[hit.start : hit.end] == hit.text
    assert [live.version for live in head.live.values()] == [hit.document_version]


def test_building_twice_changes_nothing(bench: Workbench) -> None:
    name = push(bench, "fox", FOX)
    bench.settle()
    before = versions(bench, name)
    [change] = bench.adapters.documents.scan().changes

    [outcome] = build_features(BuildMessage(document_id=name, version=change.version), builder=composition.builder())

    assert outcome.result == "current"
    assert versions(bench, name) == before


def test_a_change_embeds_only_the_chunks_that_are_new(bench: Workbench) -> None:
    sections = [f"## Part {n}\n\n" + f"Sentence {n} tells of subject {n} at some length. " * 12 for n in range(8)]
    name = push(bench, "long", "\n\n".join(sections))
    bench.settle()
    sections[3] = sections[3].replace("subject", "matter")
    push(bench, "long", "\n\n".join(sections))
    [change] = bench.adapters.documents.scan().changes

    [outcome] = build_features(BuildMessage(document_id=name, version=change.version), builder=composition.builder())

    assert outcome.result == "built"
    assert 0 < outcome.embedded < outcome.chunks / 2


def test_narrower_access_is_not_embedded_again_and_hides_at_once(bench: Workbench) -> None:
    name = push(bench, "fox", FOX)
    bench.settle()
    push(bench, "fox", FOX, access=("staff",))

    hidden_before_the_build = bench.search("red fox")
    [change] = bench.adapters.documents.scan().changes
    [outcome] = build_features(BuildMessage(document_id=name, version=change.version), builder=composition.builder())

    assert hidden_before_the_build == []
    assert (outcome.result, outcome.embedded) == ("built", 0)
    assert bench.search("red fox") == []
    assert bench.search("red fox", caller=replace(READER, groups=("everyone", "staff")))


def test_a_deleted_document_is_hidden_before_anything_is_built_and_forgotten_after(bench: Workbench) -> None:
    name = push(bench, "fox", FOX)
    bench.settle()
    pull(bench, "fox")

    assert bench.search("red fox") == []
    bench.settle()
    assert versions(bench, name) == {}
    assert bench.adapters.features.snapshot(name) is None
    kinds = [fact.kind for fact in bench.adapters.ledger.read(name)]
    assert kinds == ["forgotten", "built"]


def test_messages_in_any_order_and_number_end_in_the_same_state(bench: Workbench) -> None:
    name = push(bench, "fox", FOX)
    bench.relay()
    push(bench, "fox", OWL)
    bench.relay()
    pull(bench, "fox")
    bench.relay()
    push(bench, "fox", FOX + " It eats berries.")
    bench.relay()
    messages = bench.adapters.queue.receive("features", limit=32, visibility_s=60)
    shuffled = messages * 3
    random.Random(7).shuffle(shuffled)
    builder = composition.builder()

    for message in shuffled:
        build_or_put_off(BuildMessage.model_validate_json(message.body), builder=builder)

    [change] = bench.adapters.documents.scan().changes
    assert list(versions(bench, name)) == [change.version]
    assert "berries" in bench.search("what does the fox eat")[0].text


def test_a_message_ahead_of_the_store_waits(bench: Workbench) -> None:
    message = BuildMessage(document_id=document_id("notes", "later"), version=5)

    with pytest.raises(NotYet):
        build_features(message, builder=composition.builder())
    build_or_put_off(message, builder=composition.builder())

    assert bench.adapters.queue.depth("features").messages == 1


def test_throttling_sends_a_delayed_copy_and_is_no_failure(bench: Workbench) -> None:
    name = push(bench, "fox", FOX)
    [change] = bench.adapters.documents.scan().changes
    slow = failing(shared_embedder(), "embed", error=Throttled("slow down", retry_after_s=120))
    builder = replace(composition.builder(), embedder_for=lambda _: slow)

    outcomes = build_or_put_off(BuildMessage(document_id=name, version=change.version), builder=builder)

    assert outcomes == []
    assert bench.adapters.queue.depth("features").messages == 1
    assert bench.adapters.queue.receive("features", limit=1, visibility_s=60) == []


STEPS = "features.save index.upsert heads.flip features.stale index.delete features.drop ledger.append".split()


@pytest.mark.parametrize("step", STEPS)
def test_a_build_that_breaks_at_any_step_leaves_the_old_version_answering_or_the_new_one_and_is_finished_later(
    bench: Workbench, step: str
) -> None:
    name = push(bench, "fox", FOX)
    bench.settle()
    push(bench, "fox", FOX + "\n\nIts brush is long.")
    [change] = bench.adapters.documents.scan().changes
    message = BuildMessage(document_id=name, version=change.version)
    port, method = step.split(".")
    healthy = composition.builder()
    broken = replace(healthy, **{port: failing(getattr(healthy, port), method, error=Unreachable("gone"))})

    with pytest.raises(Unreachable):
        build_features(message, builder=broken)
    between = bench.search("red fox")
    build_features(message, builder=healthy)

    assert between[0].document_id == name
    assert len({hit.document_version for hit in between}) == 1
    assert list(versions(bench, name)) == [change.version]
    assert "brush" in bench.search("fox brush")[0].text


def test_the_sweep_finds_what_was_never_built(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    push(bench, "fox", FOX)
    monkeypatch.setattr("lib.pipelines.sweep.GRACE", timedelta(0))

    swept = sweep(builder=composition.builder())
    bench.build()

    assert swept.requeued == 1
    assert bench.search("red fox")


def test_the_sweep_refills_an_index_that_was_lost_without_embedding_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = push(bench, "fox", FOX)
    bench.settle()
    index = f"chunks-{composition.wanted_feature_set()}"
    [(_, version)] = bench.adapters.index.count(index, [name])
    features = bench.adapters.features.read(name, version, composition.wanted_feature_set())  # type: ignore[arg-type]
    assert features
    bench.adapters.index.delete(index, [chunk.id for chunk in features.chunks])
    tokens = bench.adapters.meter.read(("embedding_tokens",))["embedding_tokens"].total
    monkeypatch.setattr("lib.pipelines.sweep.GRACE", timedelta(0))
    assert bench.search("red fox") == []

    sweep(builder=composition.builder())
    bench.build()

    assert bench.search("red fox")
    assert bench.adapters.meter.read(("embedding_tokens",))["embedding_tokens"].total == tokens


def test_the_sweep_leaves_a_settled_store_alone(bench: Workbench) -> None:
    push(bench, "fox", FOX)
    bench.settle()

    assert sweep(builder=composition.builder()).requeued == 0
