"""Crawl runs and URL states in Cosmos DB."""

import pytest

from lib.adapters.azure.cosmos_containers import CRAWL_STATE
from lib.adapters.azure.cosmos_crawl_state import CosmosCrawlState
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.contracts.crawl_state import CrawlStateContract


class TestCosmosCrawlState(OnCosmos, CrawlStateContract):
    @pytest.fixture
    def crawls(self, account):
        return CosmosCrawlState(crawl_state=account.open(CRAWL_STATE))
