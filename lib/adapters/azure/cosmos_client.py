"""The one client of Cosmos DB in a process."""

from azure.core.credentials import TokenCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import CosmosClient
from azure.cosmos.documents import SSLConfiguration

from lib.adapters.azure.connections import session
from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_containers import DATABASE, ContainerFacts
from lib.adapters.azure.cosmos_errors import translated
from lib.adapters.azure.cosmos_units import RequestUnits


def connect(
    endpoint: str,
    credential: TokenCredential,
    *,
    connect_timeout_s: float = 5,
    read_timeout_s: float = 10,
    retries: int = 2,
) -> CosmosClient:
    """
    Make the client, which asks the account where its regions are; close it with `close()`.

    Threads share it. `retries` are of requests that never arrived, and of reads; a write that got no answer is not
    repeated, and a throttled request once only: then Throttled tells the pipeline, which knows how to wait.
    Raises: Unreachable, Forbidden.
    """
    tls = SSLConfiguration()
    tls.SSLCaCerts = True  # or the SDK would verify no certificate of localhost: there may be a stand-in, and tokens
    with translated("connect to Cosmos DB"):
        return CosmosClient(
            endpoint,
            credential=credential,
            consistency_level=None,  # the account's own: Strong
            ssl_config=tls,
            transport=RequestsTransport(session=session()),
            connection_timeout=connect_timeout_s,
            read_timeout=read_timeout_s,
            retry_total=retries,
            retry_throttle_total=1,  # 0 would mean the default, 9
            retry_backoff_max=2,
            enable_compact_utf8_item_writes=True,  # escaped, a text of 1.9 MB may be over the limit of 2 MB
            user_agent_suffix="plumbline",
        )


def open_container(
    client: CosmosClient, facts: ContainerFacts, *, units: RequestUnits, database: str = DATABASE
) -> CosmosContainer:
    """Open a container that is there already; asks nobody."""
    container = client.get_database_client(database).get_container_client(facts.name)
    return CosmosContainer(container, partition_key=facts.partition_key.removeprefix("/"), units=units)
