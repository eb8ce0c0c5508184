"""The whole product over a temporary folder, in this process: crawl, relay, build, search, by its own composition."""

import time
from dataclasses import dataclass
from pathlib import Path

from lib import composition
from lib.domain.answers import Hit
from lib.domain.callers import Caller
from lib.domain.messages import parse_build, parse_crawl
from lib.domain.retrieval import Candidate, SearchRequest
from lib.domain.source_file import parse_sources
from lib.domain.sources import Sources
from lib.pipelines.build import build_or_put_off
from lib.pipelines.crawl import continue_crawl, crawl_now
from lib.pipelines.feature_sets import live
from lib.pipelines.relay import relay
from lib.pipelines.retrieve import CANDIDATES, retrieve
from lib.settings import Settings

READER = Caller(id="evaluation", roles=frozenset({"Reader", "Operator", "Admin"}))
_SOURCES = """
sources:
  - id: site
    kind: website
    start: ["{url}/"]
    include: ["{url}/**"]
    allow_private_network: true
"""
_PATIENCE_S = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What filling cost."""

    documents: int
    chunks: int
    seconds: float
    embedding_tokens: int


class Installation:
    """Make it, fill it from a site, ask it, close it. One at a time: the composition is the process's own."""

    def __init__(self, folder: Path, **settings: object) -> None:
        composition.configure(Settings(data_dir=str(folder), auth="loopback", **settings))  # type: ignore[arg-type]
        self._adapters = composition.adapters()
        self._settings = composition.settings()
        composition.wanted_feature_set()

    def fill(self, url: str) -> Filled:
        """
        Crawl a site to its end and build what was found.

        Raises: TimeoutError after an hour; RuntimeError if the crawl does not complete.
        """
        a = self._adapters
        sources = parse_sources(_SOURCES.format(url=url), file="sources.yaml")
        started = time.perf_counter()
        self._crawl(sources)
        queue, cursor, tokens = self._settings.features_queue, "", 0
        while (page := a.feed.read(cursor)).changes:
            relay(page.changes, queue=a.queue, queue_name=queue, registry=a.registry, clock=a.clock)
            cursor = page.cursor
        builder = composition.builder()
        while messages := a.queue.receive(queue, limit=32, visibility_s=300):
            for message in messages:
                tokens += sum(
                    outcome.tokens for outcome in build_or_put_off(parse_build(message.body), builder=builder)
                )
                a.queue.complete(message)
        return Filled(
            documents=a.documents.totals().documents,
            chunks=a.index.count(live(a.registry).index)["", 0],
            seconds=time.perf_counter() - started,
            embedding_tokens=tokens,
        )

    def search(self, question: str, *, top: int = 10) -> list[Hit]:
        """What a reader gets."""
        return retrieve(question, top=top, caller=READER, source_ids=None, retriever=composition.retriever()).hits

    def candidates(self, question: str, *, limit: int = CANDIDATES) -> list[Candidate]:
        """What the index proposes, before heads and ranking."""
        feature_set = live(self._adapters.registry)
        embedding = self._adapters.embedder_for(feature_set.recipe).embed([question], purpose="query")
        request = SearchRequest(
            text=question, vector=embedding.vectors[0], groups=READER.groups, source_ids=None, limit=limit
        )
        return self._adapters.index.search(feature_set.index, request)

    def close(self) -> None:
        """Close all files."""
        self._adapters.close()

    def _crawl(self, sources: Sources) -> None:
        a, crawler = self._adapters, composition.crawler()
        deadline = time.monotonic() + _PATIENCE_S
        run = crawl_now("site", sources, crawler=crawler)
        while run.outcome == "running":
            if time.monotonic() > deadline:
                raise TimeoutError("the crawl takes longer than an hour")
            for message in a.queue.receive(self._settings.crawl_queue, limit=8, visibility_s=300):
                continue_crawl(parse_crawl(message.body), sources, crawler=crawler)
                a.queue.complete(message)
            run = a.state.load_run("site") or run
        if run.outcome != "complete":
            raise RuntimeError(f"the crawl ended as {run.outcome!r}")
