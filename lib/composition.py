"""The composition root: the one place that chooses adapters and hands them to pipelines. Nothing happens at import."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from lib.domain import chunking, cleaning
from lib.domain.callers import Caller
from lib.domain.features import Recipe
from lib.domain.sources import Sources, parse_sources
from lib.errors import BadInput, BadSources
from lib.pipelines import source_list
from lib.pipelines.admin import Administrator
from lib.pipelines.ask import Asker
from lib.pipelines.build import Builder
from lib.pipelines.crawl_slice import Crawler
from lib.pipelines.dead_letters import clear_failure, record_failure
from lib.pipelines.documents import Library, Publisher
from lib.pipelines.feature_sets import ensure_feature_set
from lib.pipelines.retention import Retention
from lib.pipelines.retrieve import Retriever
from lib.ports.adapters import Adapters
from lib.ports.embedder import Embedder
from lib.ports.event_queue import EventQueue
from lib.ports.registry import Item
from lib.settings import Settings

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent

REGISTRY = "registry"
"""The value of SOURCES_FILE that stands for the list in the registry."""
REGISTRY_LOOK_S = 10
"""How long a list from the registry is used before the registry is asked again."""


class _Process:
    """What this process has built so far."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.settings: Settings | None = None
        self.adapters: Adapters | None = None
        self.feature_set_ready = False
        self.sources: Sources | None = None
        self.sources_read: tuple[float, str] | None = None
        """When the list of sources that was read last had changed, and what is wrong with it."""
        self.kept_sources: tuple[float, Item] | None = None
        """When the registry was asked for its list of sources, and what it said."""
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
            from lib.adapters.local.build import build_local  # numpy and SQLite load at first use

            _process.adapters = build_local(settings())
        return _process.adapters


def replace_queue(queue: EventQueue) -> None:
    """Let pipelines send through this queue: a local host that wants to know when something was sent."""
    with _process.lock:
        _process.adapters = replace(adapters(), queue=queue)


def sources() -> Sources:
    """
    The sources file (or the kept list), read again when it changed; while it is wrong, what it said before.

    Empty: none, while no list is kept yet.
    Raises: BadSources with file, line and fix if a file is wrong from the start.
    """
    error = sources_error()
    with _process.lock:
        if _process.sources is None and settings().sources_file == REGISTRY:
            return Sources(items=())
        if _process.sources is None:
            raise BadSources(error)
        return _process.sources


def sources_error() -> str:
    """What is wrong with the sources file (or the kept list) as it is now; empty if nothing is."""
    with _process.lock:
        try:
            changed, name, read = _from_registry() if settings().sources_file == REGISTRY else _from_file()
            if _process.sources_read is None or _process.sources_read[0] != changed:
                _process.sources_read = (changed, _take_over(read(), name))
        except BadSources as error:
            return str(error)
        return _process.sources_read[1]


def sources_variables() -> dict[str, str]:
    """What `${NAME}` stands for in a sources file."""
    return {"BASE_URL": settings().base_url.rstrip("/")}


def _from_file() -> tuple[float, str, Callable[[], str]]:
    """When the file changed, its name, and how to read it. Raises: BadSources."""
    path = Path(settings().sources_file)
    path = path if path.is_absolute() or path.exists() else ROOT / path

    def read() -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadSources(f"{path}: cannot be read as UTF-8 text: {error}") from error

    try:
        return path.stat().st_mtime_ns, str(path), read
    except OSError as error:
        raise BadSources(f"{path}: there is no such file: write one, or name another with --sources") from error


def _from_registry() -> tuple[float, str, Callable[[], str]]:
    """Revision of the kept list, looked up every few seconds; its name, and how to read it. Raises: BadSources."""
    if _process.kept_sources is None or time.monotonic() - _process.kept_sources[0] > REGISTRY_LOOK_S:
        _process.kept_sources = (time.monotonic(), source_list.kept(adapters().registry))
    item = _process.kept_sources[1]
    return item.revision, source_list.NAME, lambda: str(item.value["yaml"])


def _take_over(text: str, name: str) -> str:
    """Take over what the list says; returns what is wrong with it instead."""
    try:
        _process.sources = parse_sources(text, file=name, variables=sources_variables())
    except BadSources as error:
        logger.error("sources not read, the last good ones stay: %s", error)  # noqa: TRY400 - the message says it all
        return str(error)
    return ""


def keep_sources(yaml: str, caller: Caller) -> Sources:
    """Keep a list of sources in the registry. Raises: BadInput if a file is in use, BadSources, Conflict."""
    if settings().sources_file != REGISTRY:
        raise BadInput(
            f"the sources are read from {settings().sources_file}: edit that file, or set SOURCES_FILE=registry"
        )
    who = Administrator(builder=builder(), publisher=publisher())
    kept = source_list.keep(yaml, variables=sources_variables(), caller=caller, administrator=who)
    with _process.lock:
        _process.kept_sources = None
    return kept


def wanted_feature_set() -> str:
    """Id of the feature set that the settings ask for; it is made at first use."""
    a = adapters()
    with _process.lock:
        feature_set = ensure_feature_set(_recipe(a.wanted_embedder()), registry=a.registry, index=a.index)
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
        clock=a.clock,
        worker=_process.worker,
        slice_pages=s.crawl_slice_pages,
        slice_s=s.crawl_slice_s,
        extractor=a.extractor,
    )


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


def _recipe(embedder: Embedder) -> Recipe:
    return Recipe(
        cleaner=cleaning.VERSION,
        chunker=chunking.VERSION,
        chunk_tokens=settings().chunk_tokens,
        embedder=embedder.model,
        dimensions=embedder.dimensions,
    )
