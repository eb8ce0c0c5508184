"""The suites of the Cosmos DB adapters once more, on the referee: not only our own stand-in vouches for them."""

from tests.adapters.azure import test_cosmos_crawl_state as crawl_state
from tests.adapters.azure import test_cosmos_documents as documents
from tests.adapters.azure import test_cosmos_features as features
from tests.adapters.azure import test_cosmos_held_items as held_items
from tests.adapters.azure import test_cosmos_records as records
from tests.adapters.azure.referee import OnReferee, referee

__all__ = ["referee"]


class TestDocumentStore(OnReferee, documents.TestCosmosDocumentStore):
    pass


class TestHeadStore(OnReferee, features.TestCosmosHeadStore):
    pass


class TestFeatureStore(OnReferee, features.TestCosmosFeatureStore):
    pass


class TestCrawlState(OnReferee, crawl_state.TestCosmosCrawlState):
    pass


class TestHeldItems(OnReferee, held_items.TestCosmosHeldItems):
    pass


class TestLedger(OnReferee, records.TestCosmosLedger):
    pass


class TestRegistry(OnReferee, records.TestCosmosRegistry):
    pass


class TestDeadLetters(OnReferee, records.TestCosmosDeadLetters):
    pass


class TestConversations(OnReferee, records.TestCosmosConversations):
    pass


class TestMeter(OnReferee, records.TestCosmosMeter):
    pass


class TestChangeFeed(OnReferee, documents.TestCosmosChangeFeed):
    pass
