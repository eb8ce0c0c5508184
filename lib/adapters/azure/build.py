"""All adapters over Azure services: Cosmos DB, Queue Storage, AI Search and models by the OpenAI protocol."""

from dataclasses import replace

from azure.core.credentials import TokenCredential

from lib.adapters.azure import cosmos_containers as facts
from lib.adapters.azure.cosmos_change_feed import CosmosChangeFeed
from lib.adapters.azure.cosmos_client import connect as connect_to_cosmos
from lib.adapters.azure.cosmos_client import open_container
from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_containers import ContainerFacts
from lib.adapters.azure.cosmos_conversations import CosmosConversations
from lib.adapters.azure.cosmos_crawl_state import CosmosCrawlState
from lib.adapters.azure.cosmos_dead_letters import CosmosDeadLetters
from lib.adapters.azure.cosmos_document_store import CosmosDocumentStore
from lib.adapters.azure.cosmos_feature_store import CosmosFeatureStore
from lib.adapters.azure.cosmos_head_store import CosmosHeadStore
from lib.adapters.azure.cosmos_held_items import CosmosHeldItems
from lib.adapters.azure.cosmos_ledger import CosmosLedger
from lib.adapters.azure.cosmos_meter import CosmosMeter
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from lib.adapters.azure.cosmos_units import RequestUnits
from lib.adapters.azure.identity import credential_for, token_provider
from lib.adapters.azure.queues import build_queue
from lib.adapters.azure.search_clients import SearchClients
from lib.adapters.azure.search_fields import WORDS, IndexOptions
from lib.adapters.azure.search_index import AzureSearchIndex
from lib.adapters.local.embedders import Embedders, chat_model
from lib.adapters.local.system_clock import SystemClock
from lib.adapters.privacy.personal_data import PatternMasker
from lib.adapters.sources.build import Readers
from lib.adapters.web.build import extract_html
from lib.ports.adapters import Adapters
from lib.settings import Settings


def build_index(settings: Settings, credential: TokenCredential) -> tuple[SearchClients, AzureSearchIndex]:
    """The search index and its clients; asks nobody before the first use."""
    clients = SearchClients(settings.search_endpoint, credential, timeout_s=settings.model_timeout_s)
    options = IndexOptions(analyzer=settings.search_analyzer or WORDS, quantization=settings.search_quantization)
    index = AzureSearchIndex(
        clients,
        options=options,
        visibility_delay_s=settings.search_visibility_s,
        semantic=settings.search_semantic,
    )
    return clients, index


def build_azure(settings: Settings) -> Adapters:
    """
    Connect to the services that the settings name, with one identity and no key.

    Raises: BadInput, Unreachable, Forbidden: Cosmos DB is asked where its regions are, the others not before first use.
    """
    clock = SystemClock()
    credential = credential_for(settings)
    cosmos = connect_to_cosmos(settings.cosmos_endpoint, credential)
    units = RequestUnits()

    def container(found: ContainerFacts) -> CosmosContainer:
        return open_container(cosmos, found, units=units, database=settings.cosmos_database)

    documents = container(replace(facts.DOCUMENTS, name=settings.documents_container))
    features, registry = container(facts.FEATURES), container(facts.REGISTRY)
    crawl_state = container(facts.CRAWL_STATE)
    search, index = build_index(settings, credential)
    queue = build_queue(settings, credential, clock=clock)
    embedders = Embedders(settings, token=token_provider(credential, scope=settings.model_token_scope))
    feature_store = CosmosFeatureStore(features=features, clock=clock, snapshot_days=settings.snapshot_ttl_days)
    readers = Readers(settings, clock=clock)

    def close() -> None:
        for opened in (readers, index, search, queue, cosmos, credential):
            opened.close()

    return Adapters(
        documents=CosmosDocumentStore(
            documents=documents, registry=registry, clock=clock, tombstone_days=settings.tombstone_ttl_days
        ),
        feed=CosmosChangeFeed(documents=documents),
        state=CosmosCrawlState(crawl_state=crawl_state),
        held=CosmosHeldItems(crawl_state=crawl_state),
        heads=CosmosHeadStore(features=features),
        features=feature_store,
        vectors=feature_store,
        index=index,
        queue=queue,
        ledger=CosmosLedger(ledger=container(facts.LEDGER)),
        registry=CosmosRegistry(registry=registry),
        dead_letters=CosmosDeadLetters(dead_letters=container(facts.DEAD_LETTERS)),
        conversations=CosmosConversations(
            conversations=container(facts.CONVERSATIONS), conversation_days=settings.conversation_ttl_days
        ),
        meter=CosmosMeter(registry=registry),
        clock=clock,
        masker=PatternMasker(regions=settings.regions),
        reader_for=readers.for_source,
        extract_html=extract_html,
        wanted_embedder=embedders.wanted,
        embedder_for=embedders.for_recipe,
        chat=chat_model(settings, embedders),
        close=close,
    )
