"""All ports with telemetry around them."""

from dataclasses import replace
from typing import Any

from lib.adapters.observed.models import Habits, ObservedChatModel, ObservedEmbedder, Prices
from lib.adapters.observed.ports import ObservedMeter, ObservedPort
from lib.ports.adapters import Adapters
from lib.ports.change_feed import ChangeFeed
from lib.ports.conversations import Conversations
from lib.ports.crawl_state import CrawlState
from lib.ports.dead_letters import DeadLetters
from lib.ports.document_store import DocumentStore
from lib.ports.event_queue import EventQueue
from lib.ports.feature_store import FeatureStore, HeadStore, VectorStore
from lib.ports.held_items import HeldItems
from lib.ports.ledger import Ledger
from lib.ports.registry import Registry
from lib.ports.search_index import SearchIndex

PORTS: dict[str, type] = {
    "documents": DocumentStore,
    "feed": ChangeFeed,
    "state": CrawlState,
    "held": HeldItems,
    "heads": HeadStore,
    "features": FeatureStore,
    "vectors": VectorStore,
    "index": SearchIndex,
    "queue": EventQueue,
    "ledger": Ledger,
    "registry": Registry,
    "dead_letters": DeadLetters,
    "conversations": Conversations,
}
"""Ports whose operations get a span each, by their field of Adapters."""


def observed(
    adapters: Adapters, *, provider: str = "openai", prices: Prices | None = None, keep_content: bool = False
) -> Adapters:
    """
    The same adapters, observed: spans inside invocations, metrics, and traces handed on through documents and messages.

    Wrap them only where telemetry is exported: it costs some ten microseconds an operation.
    provider: see Habits. keep_content: questions and answers go on spans (the content switch).
    """
    habits = Habits(prices=prices or Prices(), keep_content=keep_content, provider=provider)
    ports: dict[str, Any] = {
        name: ObservedPort(name, protocol, getattr(adapters, name)) for name, protocol in PORTS.items()
    }
    return replace(
        adapters,
        **ports,
        meter=ObservedMeter(adapters.meter),
        chat=ObservedChatModel(adapters.chat, habits),
        wanted_embedder=lambda: ObservedEmbedder(adapters.wanted_embedder(), habits),
        embedder_for=lambda recipe: ObservedEmbedder(adapters.embedder_for(recipe), habits),
    )
