"""Heads, snapshots, chunks and vectors in Cosmos DB."""

import pytest

from lib.adapters.azure.cosmos_containers import FEATURES
from lib.adapters.azure.cosmos_feature_store import CosmosFeatureStore
from lib.adapters.azure.cosmos_head_store import CosmosHeadStore
from lib.adapters.local.system_clock import SystemClock
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.contracts.feature_store import FeatureStoreContract
from tests.contracts.head_store import HeadStoreContract


def store_in(account, *, clock=None):
    return CosmosFeatureStore(features=account.open(FEATURES), clock=clock or SystemClock(), snapshot_days=365)


class TestCosmosHeadStore(OnCosmos, HeadStoreContract):
    @pytest.fixture
    def heads(self, account):
        return CosmosHeadStore(features=account.open(FEATURES))


class TestCosmosFeatureStore(OnCosmos, FeatureStoreContract):
    @pytest.fixture
    def store(self, account):
        return store_in(account)
