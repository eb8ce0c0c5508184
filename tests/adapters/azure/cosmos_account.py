"""A database of its own for each test, in the stand-in of Cosmos DB, through the real client."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from ssl import create_default_context
from urllib.request import Request, urlopen

import pytest
from azure.cosmos import CosmosClient

from lib.adapters.azure.cosmos_client import connect, open_container
from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_containers import CONTAINERS, ContainerFacts
from lib.adapters.azure.cosmos_units import RequestUnits
from local.standins.stand_ins import StandIns


@dataclass
class Account:
    """An account with all containers, empty."""

    client: CosmosClient
    database: str
    units: RequestUnits = field(default_factory=RequestUnits)

    def open(self, facts: ContainerFacts) -> CosmosContainer:
        return open_container(self.client, facts, units=self.units, database=self.database)

    def items(self, facts: ContainerFacts) -> list[dict]:
        proxy = self.client.get_database_client(self.database).get_container_client(facts.name)
        return list(proxy.query_items("SELECT * FROM c", enable_cross_partition_query=True))


def make_database(stand_ins: StandIns, name: str, facts: tuple[ContainerFacts, ...] = CONTAINERS) -> None:
    """As Bicep makes it in Azure."""
    containers = [
        {
            "id": c.name,
            "partition_key": c.partition_key,
            "default_ttl": c.default_ttl,
            "indexing_policy": c.indexing_policy,
        }
        for c in facts
    ]
    body = json.dumps({"database": name, "containers": containers}).encode()
    headers = {"Content-Type": "application/json"}
    request = Request(f"{stand_ins.url}/standins/cosmos", data=body, method="PUT", headers=headers)
    with urlopen(request, timeout=10, context=create_default_context(cafile=stand_ins.certificate)) as answer:
        assert answer.status == 200


class OnCosmos:
    """Gives `account`; mix it into a class of tests."""

    @pytest.fixture
    def account(self, stand_ins, credential) -> Iterator[Account]:
        name = f"test-{uuid.uuid4().hex[:12]}"
        make_database(stand_ins, name)
        with connect(stand_ins.url, credential) as client:
            yield Account(client=client, database=name)
