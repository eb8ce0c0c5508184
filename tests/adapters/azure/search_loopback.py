"""The search adapter against the stand-in over HTTP."""

from collections.abc import Iterator

import pytest
from azure.core.exceptions import ResourceNotFoundError

from lib.adapters.azure.search_clients import SearchClients
from lib.adapters.azure.search_index import AzureSearchIndex
from tests.contracts.search_examples import INDEX, OTHER


@pytest.fixture
def search_clients(stand_ins, credential) -> Iterator[SearchClients]:
    """Clients of a search service without any of the indexes that tests make."""
    clients = SearchClients(stand_ins.url, credential, timeout_s=30)
    for name in (INDEX, OTHER):
        drop(clients, name)
    yield clients
    clients.close()


@pytest.fixture
def index(search_clients) -> Iterator[AzureSearchIndex]:
    """Without any index."""
    made = AzureSearchIndex(search_clients, visibility_delay_s=0)
    yield made
    made.close()


def drop(clients: SearchClients, name: str) -> None:
    try:
        clients.indexes.delete_index(name)
    except ResourceNotFoundError:
        return
