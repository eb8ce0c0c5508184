"""Documents and their change feed in Cosmos DB."""

import pytest

from lib.adapters.azure.cosmos_change_feed import CosmosChangeFeed
from lib.adapters.azure.cosmos_containers import DOCUMENTS, REGISTRY
from lib.adapters.azure.cosmos_document_store import CosmosDocumentStore
from lib.adapters.local.system_clock import SystemClock
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.contracts.change_feed import ChangeFeedContract, Fed
from tests.contracts.document_store import DocumentStoreContract


def store_in(account, *, clock=None):
    return CosmosDocumentStore(
        documents=account.open(DOCUMENTS),
        registry=account.open(REGISTRY),
        clock=clock or SystemClock(),
        tombstone_days=90,
    )


class TestCosmosDocumentStore(OnCosmos, DocumentStoreContract):
    @pytest.fixture
    def store(self, account):
        return store_in(account)


class TestCosmosChangeFeed(OnCosmos, ChangeFeedContract):
    @pytest.fixture
    def fed(self, account):
        return Fed(store_in(account), CosmosChangeFeed(documents=account.open(DOCUMENTS)))
