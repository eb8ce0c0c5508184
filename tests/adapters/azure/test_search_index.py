"""The contract of SearchIndex, kept by AI Search's adapter over HTTP: as it is, and with writes that are seen late."""

from contextlib import suppress

import pytest

from lib.errors import NotFound
from tests.adapters.azure.search_loopback import index, search_clients
from tests.contracts.search_examples import INDEX, OTHER
from tests.contracts.search_index import SearchIndexContract

__all__ = ["index", "search_clients"]

LATE_READS = 3


class TestAzureSearchIndex(SearchIndexContract):
    @pytest.fixture
    def index(self, index):
        return index


class TestAzureSearchIndexWithLateWrites(SearchIndexContract):
    @pytest.fixture
    def index(self, index, stand_ins):
        stand_ins.set_faults([{"service": "search", "kind": f"late_documents:{LATE_READS}"}])
        return index

    def settle(self, index):
        for name in (INDEX, OTHER):
            for _ in range(LATE_READS + 1):
                self._read(index, name)

    def _read(self, index, name):
        with suppress(NotFound):
            index.count(name)
