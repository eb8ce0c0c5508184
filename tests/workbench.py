"""The whole product over a temporary folder, driven step by step without a host."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from lib import composition
from lib.adapters.local.build import build_local
from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from lib.domain.answers import Answer, Hit
from lib.domain.callers import Caller
from lib.domain.messages import parse_build, parse_crawl
from lib.domain.source_file import parse_sources
from lib.domain.sources import Sources
from lib.errors import NotFound
from lib.pipelines.ask import ask
from lib.pipelines.build import build_or_put_off
from lib.pipelines.crawl import continue_crawl, crawl_now
from lib.pipelines.push import Receiver
from lib.pipelines.relay import relay
from lib.pipelines.retrieve import retrieve
from lib.ports.adapters import Adapters
from lib.ports.crawl_state import CrawlRun
from lib.settings import Settings

READER = Caller(id="tester", roles=frozenset({"Reader", "Operator", "Admin"}))


@lru_cache(maxsize=1)
def shared_embedder() -> MiniLmEmbedder:
    """The real model, loaded once for all tests of a process."""
    return MiniLmEmbedder()


class Workbench:
    """Everything a test needs of one installation: crawl, relay and build, search, ask."""

    def __init__(self, folder: Path, sources: str = "sources: []", **settings: object) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=str(folder / "data"), auth="loopback", **settings)  # type: ignore[arg-type]
        self.sources = parse_sources(sources, file="sources.yaml")
        self.cursor = ""
        self.open()

    def open(self) -> None:
        """Start (again) over the folder, as a new process would."""
        adapters = build_local(self.settings)
        model = shared_embedder()
        self.adapters: Adapters = replace(adapters, wanted_embedder=lambda: model, embedder_for=lambda _: model)
        composition.configure(self.settings, adapters=self.adapters)
        composition.wanted_feature_set()

    def close(self) -> None:
        self.adapters.close()

    def use(self, sources: str) -> Sources:
        """Change the sources file."""
        self.sources = parse_sources(sources, file="sources.yaml")
        return self.sources

    def crawl(self, source_id: str) -> CrawlRun:
        """Crawl a source to its end, slice by slice."""
        crawler = composition.crawler()
        run = crawl_now(source_id, self.sources, crawler=crawler)
        while run.outcome == "running":
            for message in self.adapters.queue.receive("crawl", limit=8, visibility_s=300):
                continue_crawl(parse_crawl(message.body), self.sources, crawler=crawler)
                self.adapters.queue.complete(message)
            loaded = self.adapters.state.load_run(source_id)
            assert loaded is not None
            run = loaded
        return run

    def receiver(self) -> Receiver:
        """Ports for taking documents."""
        a = self.adapters
        return Receiver(publisher=composition.publisher(), held=a.held, state=a.state, masker=a.masker)

    def relay(self) -> int:
        """Move the feed's changes to the queue; returns how many."""
        moved = 0
        while True:
            page = self.adapters.feed.read(self.cursor)
            if not page.changes:
                return moved
            a = self.adapters
            moved += relay(page.changes, queue=a.queue, queue_name="features", registry=a.registry, clock=a.clock)
            self.cursor = page.cursor

    def build(self) -> int:
        """Build what waits in the queue; returns how many messages."""
        builder, built = composition.builder(), 0
        while messages := self.adapters.queue.receive("features", limit=32, visibility_s=300):
            for message in messages:
                build_or_put_off(parse_build(message.body), builder=builder)
                self.adapters.queue.complete(message)
                built += 1
        return built

    def settle(self) -> None:
        """Relay and build until nothing is left."""
        while self.relay() + self.build():
            pass

    def search(self, query: str, *, top: int = 5, caller: Caller = READER) -> list[Hit]:
        return retrieve(query, top=top, caller=caller, source_ids=None, retriever=composition.retriever()).hits

    def ask(self, question: str, *, conversation_id: str = "", caller: Caller = READER) -> Answer:
        asked = ask(
            question, caller=caller, conversation_id=conversation_id, source_ids=None, asker=composition.asker()
        )
        *_, answer = asked
        assert isinstance(answer, Answer)
        return answer

    def chunks(self) -> int:
        """Chunks in the live index."""
        try:
            feature_set = composition.wanted_feature_set()
        except NotFound:
            return 0
        return self.adapters.index.count(f"chunks-{feature_set}").get(("", 0), 0)


def website(site_url: str, **extra: str) -> str:
    """A sources file with one website on loopback, crawled from its root."""
    lines = [f"    {key}: {value}" for key, value in extra.items()]
    return "\n".join(
        [
            "sources:",
            "  - id: site",
            "    kind: website",
            f'    start: ["{site_url}/"]',
            "    allow_private_network: true",
            *lines,
            "",
        ]
    )
