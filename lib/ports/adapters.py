"""All ports of one process, as one record."""

from collections.abc import Callable
from dataclasses import dataclass

from lib.domain.features import Recipe
from lib.domain.pages import Page
from lib.domain.sources import Source
from lib.ports.change_feed import ChangeFeed
from lib.ports.chat_model import ChatModel
from lib.ports.clock import Clock
from lib.ports.conversations import Conversations
from lib.ports.crawl_state import CrawlState
from lib.ports.dead_letters import DeadLetters
from lib.ports.document_store import DocumentStore
from lib.ports.embedder import Embedder
from lib.ports.event_queue import EventQueue
from lib.ports.feature_store import FeatureStore, HeadStore, VectorStore
from lib.ports.held_items import HeldItems
from lib.ports.ledger import Ledger
from lib.ports.masking import Masker
from lib.ports.meter import Meter
from lib.ports.registry import Registry
from lib.ports.search_index import SearchIndex
from lib.ports.source_reader import SourceReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapters:
    """One adapter for every port."""

    documents: DocumentStore
    feed: ChangeFeed
    state: CrawlState
    held: HeldItems
    masker: Masker
    heads: HeadStore
    features: FeatureStore
    vectors: VectorStore
    index: SearchIndex
    queue: EventQueue
    ledger: Ledger
    registry: Registry
    dead_letters: DeadLetters
    conversations: Conversations
    meter: Meter
    clock: Clock
    reader_for: Callable[[Source], SourceReader]
    extract_html: Callable[[str, str], Page]
    """Main text of an HTML page as Markdown, from HTML and URL."""
    wanted_embedder: Callable[[], Embedder]
    """The embedder that the settings ask for."""
    embedder_for: Callable[[Recipe], Embedder]
    chat: ChatModel
    close: Callable[[], None]
