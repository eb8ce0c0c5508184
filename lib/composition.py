"""The composition root: the one place that chooses adapters and hands them to pipelines. Nothing happens at import."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from lib.domain import chunking, cleaning
from lib.domain.callers import Caller
from lib.domain.features import Recipe
from lib.domain.sources import Sources
from lib.pipelines.admin import Administrator
from lib.pipelines.ask import Asker
from lib.pipelines.build import Builder
from lib.pipelines.crawler import Crawler
from lib.pipelines.dead_letters import clear_failure, record_failure
from lib.pipelines.documents import Library, Publisher
from lib.pipelines.feature_sets import ensure_feature_set
from lib.pipelines.plan import Planner
from lib.pipelines.retention import Retention
from lib.pipelines.retrieve import Retriever
from lib.pipelines.trial import Prober
from lib.ports.adapters import Adapters
from lib.ports.embedder import Embedder
from lib.ports.event_queue import EventQueue
from lib.settings import Settings
from lib.sources_in_use import SourcesInUse
from lib.telemetry.setup import configure as configure_telemetry
from lib.telemetry.setup import finish as finish_telemetry

ROOT = Path(__file__).resolve().parent.parent


class _Process:
    """What this process has built so far."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.settings: Settings | None = None
        self.adapters: Adapters | None = None
        self.feature_set_ready = False
        self.sources: SourcesInUse | None = None
        self.worker = uuid.uuid4().hex


_process = _Process()


def configure(settings: Settings, *, adapters: Adapters | None = None) -> None:
    """Give this process its settings (and adapters) before first use, or start afresh: for hosts and tests."""
    global _process  # noqa: PLW0603  # the one place that holds process state
    _process = _Process()
    _process.settings = settings
    _process.adapters = adapters


def settings() -> Settings:
    """The settings, read from the environment at first use."""
    with _process.lock:
        if _process.settings is None:
            _process.settings = Settings()
        return _process.settings


def adapters() -> Adapters:
    """All adapters, built at first use."""
    with _process.lock:
        if _process.adapters is None:
            _process.adapters = _observed(_build(settings()), settings())
        return _process.adapters


def _observed(built: Adapters, settings: Settings) -> Adapters:
    """The adapters with telemetry around them, if it goes anywhere."""
    connection = settings.applicationinsights_connection_string.get_secret_value()
    if not (connection or settings.otel_exporter_otlp_endpoint):
        return built
    credential = None
    if connection and settings.backend == "azure":
        from lib.adapters.azure.identity import credential_for

        credential = credential_for(settings)
    if not configure_telemetry(
        connection_string=connection, credential=credential, otlp=bool(settings.otel_exporter_otlp_endpoint)
    ):
        return built
    from lib.adapters.observed.build import observed
    from lib.adapters.observed.models import Prices

    def close() -> None:
        finish_telemetry()
        built.close()

    prices = Prices(
        embedding=settings.embedding_price,
        prompt=settings.chat_prompt_price,
        completion=settings.chat_completion_price,
    )
    provider = "azure.ai.openai" if settings.backend == "azure" else "openai"
    watched = observed(built, provider=provider, prices=prices, keep_content=settings.trace_content)
    return replace(watched, close=close)


def _build(settings: Settings) -> Adapters:
    """The adapters that the settings ask for. Their libraries load here, at first use."""
    if settings.backend == "azure":
        from lib.adapters.azure.build import build_azure

        return build_azure(settings)
    from lib.adapters.local.build import build_local

    built = build_local(settings)
    if settings.queue_backend == "azure":
        from lib.adapters.azure.identity import credential_for
        from lib.adapters.azure.queues import build_queue

        return replace(built, queue=build_queue(settings, credential_for(settings), clock=built.clock))
    return built


def replace_queue(queue: EventQueue) -> None:
    """Let pipelines send through this queue: a local host that wants to know when something was sent."""
    with _process.lock:
        _process.adapters = replace(adapters(), queue=queue)


def sources() -> Sources:
    """The sources now. Raises: BadSources with file, line and fix if the file is wrong from the start."""
    return _sources().now()


def sources_error() -> str:
    """What is wrong with the list of sources as it is now; empty if nothing is."""
    return _sources().error()


def keep_sources(yaml: str, caller: Caller) -> Sources:
    """Keep a list of sources in the registry. Raises: BadInput if a file is in use, BadSources, Conflict."""
    who = Administrator(builder=builder(), publisher=publisher(), held=adapters().held)
    return _sources().keep(yaml, caller=caller, administrator=who)


def _sources() -> SourcesInUse:
    with _process.lock:
        if _process.sources is None:
            s = settings()
            _process.sources = SourcesInUse(
                s.sources_file, base_url=s.base_url, root=ROOT, registry=lambda: adapters().registry
            )
        return _process.sources


def recipe_of(embedder: Embedder) -> Recipe:
    """The recipe of features that the settings ask for, with this embedder."""
    return Recipe(
        cleaner=cleaning.VERSION,
        chunker=chunking.VERSION,
        chunk_tokens=settings().chunk_tokens,
        embedder=embedder.model,
        dimensions=embedder.dimensions,
    )


def wanted_feature_set() -> str:
    """Id of the feature set that the settings ask for; it is made at first use."""
    a = adapters()
    with _process.lock:
        feature_set = ensure_feature_set(recipe_of(a.wanted_embedder()), registry=a.registry, index=a.index)
        _process.feature_set_ready = True
        return feature_set.id


def publisher() -> Publisher:
    """Ports for writing documents."""
    a = adapters()
    return Publisher(documents=a.documents, heads=a.heads, clock=a.clock)


def crawler() -> Crawler:
    """Ports for crawling."""
    a, s = adapters(), settings()
    return Crawler(
        publisher=publisher(),
        state=a.state,
        reader_for=a.reader_for,
        queue=a.queue,
        queue_name=s.crawl_queue,
        ledger=a.ledger,
        registry=a.registry,
        held=a.held,
        masker=a.masker,
        clock=a.clock,
        worker=_process.worker,
        slice_pages=s.crawl_slice_pages,
        slice_s=s.crawl_slice_s,
    )


@contextmanager
def prober(folder: Path) -> Iterator[Prober]:
    """Ports for trying a source, without any store; what readers must keep goes below `folder`."""
    from lib.adapters.local.minilm_embedder import MiniLmEmbedder
    from lib.adapters.local.system_clock import SystemClock
    from lib.adapters.privacy.personal_data import PatternMasker
    from lib.adapters.sources.build import Readers
    from lib.adapters.web.selector_matches import count_matches

    s = settings()
    with closing(Readers(s.model_copy(update={"data_dir": str(folder)}), clock=SystemClock())) as readers:
        yield Prober(
            reader_for=readers.for_source,
            masker=PatternMasker(regions=s.regions),
            embedder=None if s.embedding_endpoint else MiniLmEmbedder(),
            chunk_tokens=s.chunk_tokens,
            count_matches=count_matches,
        )


def planner() -> Planner:
    """Ports for planning a crawl."""
    return Planner(crawler=crawler(), price=settings().embedding_price, is_free=not settings().embedding_endpoint)


def builder() -> Builder:
    """Ports for building features; makes the feature set that the settings ask for."""
    a, s = adapters(), settings()
    if not _process.feature_set_ready:
        wanted_feature_set()
    return Builder(
        documents=a.documents,
        heads=a.heads,
        features=a.features,
        vectors=a.vectors,
        index=a.index,
        embedder_for=a.embedder_for,
        registry=a.registry,
        queue=a.queue,
        queue_name=s.features_queue,
        letters=a.dead_letters,
        ledger=a.ledger,
        meter=a.meter,
        clock=a.clock,
    )


def retriever() -> Retriever:
    """Ports for retrieval."""
    a = adapters()
    return Retriever(index=a.index, heads=a.heads, registry=a.registry, embedder_for=a.embedder_for, clock=a.clock)


def asker() -> Asker:
    """Ports for answering."""
    a, s = adapters(), settings()
    return Asker(
        retriever=retriever(),
        chat=a.chat,
        conversations=a.conversations,
        ledger=a.ledger,
        meter=a.meter,
        clock=a.clock,
        passages=s.top_passages,
        keep_content=s.trace_content,
    )


def retention() -> Retention:
    """Ports for what expires."""
    a, s = adapters(), settings()
    return Retention(
        documents=a.documents,
        features=a.features,
        conversations=a.conversations,
        clock=a.clock,
        tombstone_days=s.tombstone_ttl_days,
        snapshot_days=s.snapshot_ttl_days,
        conversation_days=s.conversation_ttl_days,
    )


def library() -> Library:
    """Ports for reading stored versions."""
    a = adapters()
    return Library(documents=a.documents, heads=a.heads, features=a.features)


@contextmanager
def failures(*, queue: str, body: bytes, attempt: int = 1) -> Iterator[None]:
    """Record why a queue message failed before the error goes on to the host; forget it when a later try works."""
    a = adapters()
    try:
        yield
    except Exception as error:
        record_failure(body, error, queue=queue, attempt=attempt, letters=a.dead_letters, clock=a.clock)
        raise
    if attempt > 1:
        clear_failure(body, queue=queue, letters=a.dead_letters)
