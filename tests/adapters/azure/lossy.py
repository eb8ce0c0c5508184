"""A container of Cosmos DB that is reached over a bad line, where others may write before a request is repeated."""

from collections.abc import Callable

from azure.core.exceptions import ServiceResponseError

from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_containers import ContainerFacts
from tests.adapters.azure.cosmos_account import Account


def lossy(
    account: Account,
    facts: ContainerFacts,
    method: str,
    *,
    arrives: bool = True,
    meanwhile: Callable[[], object] = lambda: None,
) -> CosmosContainer:
    """
    Open a container whose first call of this method of the SDK gets no answer; all else goes through.

    `arrives`: the request was carried out all the same. `meanwhile` happens before it is repeated.
    """
    proxy = account.client.get_database_client(account.database).get_container_client(facts.name)
    lossy_proxy = _Lossy(proxy, method, arrives, meanwhile)
    return CosmosContainer(lossy_proxy, partition_key=facts.partition_key.removeprefix("/"), units=account.units)


class _Lossy:
    def __init__(self, proxy, method, arrives, meanwhile):
        self._proxy, self._method, self._arrives, self._meanwhile = proxy, method, arrives, meanwhile
        self._is_first = True

    def __getattr__(self, name):
        found = getattr(self._proxy, name)
        return self._lose(found) if name == self._method and self._is_first else found

    def _lose(self, call):
        def lost(*args, **kwargs):
            self._is_first = False
            if self._arrives:
                call(*args, **kwargs)
            self._meanwhile()
            raise ServiceResponseError("the connection was cut")

        return lost
