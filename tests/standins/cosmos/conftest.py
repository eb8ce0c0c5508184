"""The stand-in of Cosmos DB in this process, with a database for each test."""

import pytest

from tests.standins.cosmos.server import Server


@pytest.fixture(scope="session")
def process(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("cosmos")) as started:
        yield started


@pytest.fixture
def server(process):
    return process.begin()


@pytest.fixture
def container(server):
    """Empty, with partition key /pk."""
    return server.container()
