"""Pushes, deletes, builds and sweeps in any order, breaking at any call, end where the truth says."""

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lib import composition
from lib.domain.messages import parse_build
from lib.errors import NotFound, Throttled, Unreachable
from lib.pipelines.build import Builder, build_or_put_off
from lib.pipelines.feature_sets import ensure_feature_set, in_use, live
from lib.pipelines.push import PushedDocument, publish, withdraw
from lib.pipelines.sweep import sweep
from tests.doubles import failing
from tests.workbench import READER, Workbench

PUSH = "sources:\n  - id: notes\n    kind: push\n"
STEPS = [
    "documents.get",
    "features.save",
    "features.stale",
    "features.drop",
    "vectors.vectors",
    "index.upsert",
    "index.delete",
    "index.count",
    "heads.flip",
    "heads.heads",
    "heads.deny",
    "ledger.append",
    "queue.send",
]


def broken(healthy: Builder, chance: random.Random) -> Builder:
    """A builder that breaks at one call, before or after it did its work."""
    port, method = chance.choice(STEPS).split(".")
    error = chance.choice([Unreachable("gone"), Throttled("slow down", retry_after_s=0), RuntimeError("killed")])
    double = failing(
        getattr(healthy, port), method, error=error, on_call=chance.randint(1, 3), after=chance.random() < 0.5
    )
    return replace(healthy, **{port: double})


def change(bench: Workbench, key: str, chance: random.Random) -> None:
    """Push or delete a document; the caller of either may be killed half-way too."""
    [source] = bench.sources.items
    receiver = bench.receiver()
    if chance.random() < 0.2:
        port, method = chance.choice(["documents.put", "heads.deny"]).split(".")
        broken = failing(getattr(receiver.publisher, port), method, error=Unreachable("gone"))
        receiver = replace(receiver, publisher=replace(receiver.publisher, **{port: broken}))
    try:
        if chance.random() < 0.3:
            withdraw(source, key, receiver=receiver)
        else:
            text = f"Subject {key} has the number {chance.randint(100, 999)}."
            access = chance.choice([(), ("staff",)])
            publish(PushedDocument(title=key, text=text, access=access), source=source, key=key, receiver=receiver)
    except (Unreachable, NotFound):
        pass


def never_leaks(bench: Workbench) -> None:
    """Whoever is not staff sees nothing of what is deleted or for staff only, at any time."""
    for hit in bench.search("subject number", top=20):
        [document] = bench.adapters.documents.get([hit.document_id]).values()  # type: ignore[list-item]
        assert not document.deleted
        assert "everyone" in document.access


@pytest.mark.parametrize("seed", range(25))
def test_any_interleaving_ends_where_the_truth_says_and_leaks_nothing_on_the_way(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.pipelines.sweep.GRACE", timedelta(0))
    chance = random.Random(seed)
    bench = Workbench(tmp_path, PUSH)
    a = bench.adapters
    ensure_feature_set(replace(live(a.registry).recipe, chunk_tokens=60), registry=a.registry, index=a.index)
    healthy = composition.builder()
    waiting: list[str] = []
    for _ in range(30):
        act = chance.random()
        if act < 0.4:
            change(bench, chance.choice("abc"), chance)
        elif act < 0.55:
            bench.relay()
        else:
            waiting += [m.body for m in a.queue.receive("features", limit=8, visibility_s=300) if a.queue.complete(m)]
            if waiting:
                body = chance.choice(waiting)  # in no order, and more than once
                builder = broken(healthy, chance) if chance.random() < 0.6 else healthy
                try:
                    build_or_put_off(parse_build(body), builder=builder)
                except (Unreachable, RuntimeError):
                    continue
                if chance.random() < 0.7:
                    waiting.remove(body)
        never_leaks(bench)
    a.queue.send("features", waiting)
    for key in "abc":  # who was cut short tries again
        publish(
            PushedDocument(title=key, text=f"Subject {key} has the number 7."),
            source=bench.sources.items[0],
            key=key,
            receiver=bench.receiver(),
        )

    bench.settle()
    sweep(builder=healthy)
    bench.settle()

    assert sweep(builder=healthy).requeued == 0
    assert len(bench.search("subject number", top=20)) == 3
    current = {(c.document_id, c.version) for c in a.documents.scan().changes}
    for feature_set in in_use(a.registry):
        held = a.index.count(feature_set.index, [name for name, _ in current])
        assert {key for key, count in held.items() if count} == current
    assert READER.groups == ("everyone",)
    bench.close()
