"""The FastAPI app of this process, its functions bound to the composition's ports; built at first use."""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from fastapi import FastAPI

from lib import composition
from lib.api.api import Admin, Api
from lib.api.app import create_app
from lib.domain.callers import Caller
from lib.domain.sources import Source
from lib.errors import BadSources
from lib.pipelines import admin, answers, documents, held, push
from lib.pipelines.ask import ask
from lib.pipelines.crawl import crawl_now
from lib.pipelines.crawl_reports import list_crawls
from lib.pipelines.feature_sets import live
from lib.pipelines.lineage import lineage
from lib.pipelines.plan import plan_source
from lib.pipelines.retrieve import retrieve
from lib.pipelines.status import status


@lru_cache(maxsize=1)
def app() -> FastAPI:
    """The app of this process."""
    return create_app(bind())


def bind() -> Api:
    """Bind every function of the API to its ports."""
    a, settings = composition.adapters(), composition.settings()

    def receiver() -> push.Receiver:
        return push.Receiver(publisher=composition.publisher(), held=a.held, state=a.state, masker=a.masker)

    return Api(
        settings=settings,
        platform_auth=settings.website_auth_enabled,
        docs_dir=composition.ROOT / "docs",
        web_dir=composition.ROOT / "web",
        sources=composition.sources,
        retrieve=lambda query, **given: retrieve(query, retriever=composition.retriever(), **given).hits,
        ask=lambda question, **given: ask(question, asker=composition.asker(), **given),
        read_snapshot=lambda document, **given: documents.read_snapshot(
            document, library=composition.library(), **given
        ),
        publish=lambda document, **given: push.publish(document, receiver=receiver(), **given),
        withdraw=lambda source, key: push.withdraw(source, key, receiver=receiver()),
        extract_html=a.extract_html,
        read_answer=lambda answer_id, **given: answers.read_answer(
            answer_id, ledger=a.ledger, documents=a.documents, **given
        ),
        give_feedback=lambda answer_id, **given: answers.give_feedback(
            answer_id, conversations=a.conversations, ledger=a.ledger, clock=a.clock, **given
        ),
        status=_kept(status_report, settings.status_cache_s),
        ready={
            "documents": lambda: _check(a.documents.totals),
            "queue": lambda: _check(lambda: a.queue.depth(settings.features_queue)),
            "index": lambda: _check(lambda: a.index.count(live(a.registry).index)),
            "embedder": lambda: _check(lambda: a.wanted_embedder().embed(["ready"], purpose="query")),
            "sources": _check_sources,
        },
        admin=_admin(),
    )


def status_report() -> dict[str, Any]:
    """The status of this process's stores, made now."""
    a, settings = composition.adapters(), composition.settings()
    queues = [queue + end for queue in (settings.features_queue, settings.crawl_queue) for end in ("", "-poison")]
    report = status(
        composition.sources(),
        documents=a.documents,
        state=a.state,
        index=a.index,
        queue=a.queue,
        queues=tuple(queues),
        letters=a.dead_letters,
        held=a.held,
        registry=a.registry,
        meter=a.meter,
        clock=a.clock,
    )
    return {**report, "sources_error": composition.sources_error()}


def _admin() -> Admin:
    a = composition.adapters()

    def administrator() -> admin.Administrator:
        return admin.Administrator(builder=composition.builder(), publisher=composition.publisher(), held=a.held)

    def start_crawl(source_id: str, caller: Caller) -> dict[str, Any]:
        run = crawl_now(source_id, composition.sources(), crawler=composition.crawler())
        return {"source_id": source_id, "crawl_id": run.crawl_id, "outcome": run.outcome, "by": caller.id}

    def custodian() -> held.Custodian:
        return held.Custodian(
            held=a.held,
            state=a.state,
            publisher=composition.publisher(),
            queue=composition.adapters().queue,  # a local host replaces it
            queue_name=composition.settings().crawl_queue,
            ledger=a.ledger,
            clock=a.clock,
        )

    return Admin(
        list_sources=_sources_report,
        keep_sources=lambda yaml, caller: [source.id for source in composition.keep_sources(yaml, caller).items],
        crawl_now=start_crawl,
        forget_source=lambda name, caller: admin.forget_source(
            name, composition.sources(), caller=caller, administrator=administrator()
        ),
        dead_letters=lambda queue, after, limit: a.dead_letters.list(queue=queue, after=after, limit=limit),
        replay=lambda ids, caller: admin.replay_dead_letters(list(ids), caller=caller, administrator=administrator()),
        discard=lambda ids, caller: admin.discard_dead_letters(list(ids), caller=caller, administrator=administrator()),
        plan=lambda name, sample: plan_source(
            name, composition.sources(), sample=sample, planner=composition.planner()
        ),
        crawls=lambda name, limit: list_crawls(name, composition.sources(), limit=limit, ledger=a.ledger),
        held=lambda name, after, limit: held.list_held(name, after=after, limit=limit, custodian=custodian()),
        show_held=lambda id: held.show_held(id, custodian=custodian()),
        release_held=lambda ids, caller: held.release_held(
            ids, composition.sources(), caller=caller, custodian=custodian()
        ),
        discard_held=lambda ids, caller: held.discard_held(ids, caller=caller, custodian=custodian()),
        lineage=lambda document: lineage(document, documents=a.documents, ledger=a.ledger),
        feature_sets=lambda: admin.list_feature_sets(administrator=administrator()),
        promote=lambda name, caller: admin.promote_feature_set(name, caller=caller, administrator=administrator()),
        registry=lambda kind: admin.list_registry(kind, administrator=administrator()),
        erase=lambda name, caller: admin.erase(name, caller=caller, administrator=administrator()),
    )


def _sources_report() -> list[dict[str, Any]]:
    report = {entry["id"]: entry for entry in status_report()["sources"]}
    return [{**_settings_of(source), **report[source.id]} for source in composition.sources().items]


def _settings_of(source: Source) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(source).items()}


def _check_sources() -> None:
    if error := composition.sources_error():
        raise BadSources(error)


def _check(call: Callable[[], object]) -> None:
    call()


def _kept(make: Callable[[], dict[str, Any]], seconds: float) -> Callable[[], dict[str, Any]]:
    """Reuse a report for some seconds."""
    lock = threading.Lock()
    kept: list[tuple[float, dict[str, Any]]] = []

    def get() -> dict[str, Any]:
        with lock:
            if not kept or time.monotonic() - kept[0][0] >= seconds:
                kept[:] = [(time.monotonic(), make())]
            return kept[0][1]

    return get
