"""The embedded default: all adapters over one data folder."""

from pathlib import Path

from lib.adapters.local.embedders import Embedders, chat_model
from lib.adapters.local.sqlite_conversations import SqliteConversations
from lib.adapters.local.sqlite_crawl_state import SqliteCrawlState
from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_dead_letters import SqliteDeadLetters
from lib.adapters.local.sqlite_document_store import SqliteDocumentStore
from lib.adapters.local.sqlite_event_queue import SqliteEventQueue
from lib.adapters.local.sqlite_feature_store import SqliteFeatureStore
from lib.adapters.local.sqlite_held_items import SqliteHeldItems
from lib.adapters.local.sqlite_ledger import SqliteLedger
from lib.adapters.local.sqlite_meter import SqliteMeter
from lib.adapters.local.sqlite_registry import SqliteRegistry
from lib.adapters.local.sqlite_schema import QUEUES, STORE
from lib.adapters.local.sqlite_search_index import SqliteSearchIndex
from lib.adapters.local.system_clock import SystemClock
from lib.adapters.privacy.personal_data import PatternMasker
from lib.adapters.sources.build import Readers
from lib.adapters.web.build import extract_html
from lib.ports.adapters import Adapters
from lib.settings import Settings


def build_local(settings: Settings) -> Adapters:
    """
    Open (or make) the databases below `settings.data_dir`.

    `store.db` stands for Cosmos DB, `queues.db` for Queue Storage, `index/` for AI Search.
    Models load at their first use. Raises: StoreCorrupt, StorageFull, Unreachable.
    """
    folder = Path(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    store = SqliteDatabase(folder / "store.db", migrations=STORE)
    queues = SqliteDatabase(folder / "queues.db", migrations=QUEUES)
    documents = SqliteDocumentStore(database=store, clock=clock)
    features = SqliteFeatureStore(database=store, clock=clock)
    index = SqliteSearchIndex(folder / "index")
    embedders = Embedders(settings)
    readers = Readers(settings, clock=clock)

    def close() -> None:
        for opened in (readers, index, queues, store):
            opened.close()

    return Adapters(
        documents=documents,
        feed=documents,
        state=SqliteCrawlState(database=store),
        held=SqliteHeldItems(database=store),
        heads=features,
        features=features,
        vectors=features,
        index=index,
        queue=SqliteEventQueue(database=queues, clock=clock),
        ledger=SqliteLedger(database=store),
        registry=SqliteRegistry(database=store),
        dead_letters=SqliteDeadLetters(database=store),
        conversations=SqliteConversations(database=store),
        meter=SqliteMeter(database=store),
        clock=clock,
        masker=PatternMasker(regions=settings.regions),
        reader_for=readers.for_source,
        extract_html=extract_html,
        wanted_embedder=embedders.wanted,
        embedder_for=embedders.for_recipe,
        chat=chat_model(settings, embedders),
        close=close,
    )
