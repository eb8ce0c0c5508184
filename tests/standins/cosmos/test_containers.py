"""The account, its databases and containers."""

import json
from ssl import create_default_context
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceExistsError, CosmosResourceNotFoundError

from lib.adapters.azure.cosmos_client import connect
from tests.standins.cosmos.server import Server


def set_up(stand_ins, body):
    request = Request(f"{stand_ins.url}/standins/cosmos", data=json.dumps(body).encode(), method="PUT")
    with urlopen(request, timeout=10, context=create_default_context(cafile=stand_ins.certificate)) as answer:
        return json.load(answer)


def test_a_container_is_kept_as_it_was_defined(server):
    policy = {"indexingMode": "consistent", "includedPaths": [{"path": "/a/?"}], "excludedPaths": [{"path": "/*"}]}
    container = server.container(default_ttl=60, indexing_policy=policy)

    found = container.read()

    assert found["partitionKey"] == {"paths": ["/pk"], "kind": "Hash", "version": 2}
    assert (found["defaultTtl"], found["indexingPolicy"]) == (60, policy)
    assert found["_self"].startswith("dbs/")


def test_a_hierarchical_key_is_kept(server):
    container = server.container("levels", ["/tenant", "/user"])

    assert container.read()["partitionKey"] == {"paths": ["/tenant", "/user"], "kind": "MultiHash", "version": 2}


def test_databases_and_containers_are_listed_and_deleted(server):
    server.container("a")
    server.container("b")
    database = server.client.get_database_client(server.database)

    assert server.database in [found["id"] for found in server.client.list_databases()]
    assert [found["id"] for found in database.list_containers()] == ["a", "b"]

    database.delete_container("a")
    assert [found["id"] for found in database.list_containers()] == ["b"]
    server.client.delete_database(server.database)
    assert server.database not in [found["id"] for found in server.client.list_databases()]


def test_what_exists_is_not_made_again(server):
    server.container("a")

    with pytest.raises(CosmosResourceExistsError):
        server.client.create_database(server.database)
    with pytest.raises(CosmosResourceExistsError):
        server.client.get_database_client(server.database).create_container("a", PartitionKey("/pk"))


def test_a_container_that_is_missing_is_not_a_missing_item(server):
    server.container("a")
    missing = server.client.get_database_client(server.database).get_container_client("b")

    with pytest.raises(CosmosResourceNotFoundError) as read:
        missing.read()
    assert read.value.sub_status is None
    with pytest.raises(CosmosResourceNotFoundError) as item:
        missing.read_item("i", "p")
    assert item.value.sub_status in {None, 1003}  # the client may read the container first


def test_an_item_of_a_container_that_was_deleted_has_no_owner(server):
    container = server.container()
    container.upsert_item({"id": "i", "pk": "p"})
    server.state.delete_container(server.state.container(server.database, "items"))

    with pytest.raises(CosmosResourceNotFoundError) as error:
        container.read_item("i", "p")

    assert error.value.sub_status == 1003


def test_a_client_finds_a_container_that_was_made_anew(server):
    container = server.container()
    container.upsert_item({"id": "i", "pk": "p"})
    server.state.delete_container(server.state.container(server.database, "items"))
    server.container()

    assert list(container.query_items("SELECT * FROM c", partition_key="p")) == []


@pytest.mark.parametrize(
    "part",
    [
        {"uniqueKeyPolicy": {"uniqueKeys": [{"paths": ["/a"]}]}},
        {"vectorEmbeddingPolicy": {"vectorEmbeddings": []}, "computedProperties": [{"name": "a"}]},
        {"partitionKey": {"paths": ["/a"], "kind": "Hash", "version": 1}},
        {"partitionKey": {"paths": ["a"], "kind": "Hash"}},
        {"defaultTtl": 0},
    ],
)
def test_what_the_stand_in_could_not_keep_its_word_on_is_refused(server, part):
    body = {"id": "x", "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2}, **part}
    server.client.create_database(server.database)

    with pytest.raises(Exception, match=r"not know|not valid|invalid|version 2"):
        server.state.create_container(server.database, body)


def test_a_serverless_account_has_no_throughput(container):
    with pytest.raises(CosmosHttpResponseError) as error:
        container.get_throughput()

    assert error.value.status_code == 400


def test_everything_outlives_a_restart(tmp_path):
    with Server(tmp_path) as server:
        written = server.container(default_ttl=-1).upsert_item({"id": "i", "pk": "p"})
        definition = server.container().read()
    with Server(tmp_path) as server:
        container = server.client.get_database_client(server.database).get_container_client("items")

        assert container.read_item("i", "p") == written
        assert container.read() == definition


def test_a_token_makes_no_containers_but_reads_and_writes_items(stand_ins, credential):
    containers = [{"id": "a", "partition_key": "/pk"}, {"id": "b", "partition_key": ["/t", "/u"], "default_ttl": -1}]
    set_up(stand_ins, {"database": "by-token", "containers": containers})
    with connect(stand_ins.url, credential) as client:
        database = client.get_database_client("by-token")
        for make in (
            lambda: client.create_database("other"),
            lambda: database.create_container("c", PartitionKey("/pk")),
            lambda: database.delete_container("a"),
            lambda: client.delete_database("by-token"),
            lambda: database.replace_container("a", PartitionKey("/pk"), default_ttl=5),
        ):
            with pytest.raises(CosmosHttpResponseError) as error:
                make()
            assert (error.value.status_code, error.value.sub_status) == (403, 5300)

        container = database.get_container_client("a")
        container.create_item({"id": "i", "pk": "p"})
        assert container.read_item("i", "p")["id"] == "i"
        assert database.get_container_client("b").read()["defaultTtl"] == -1


def test_setting_up_twice_changes_time_to_live_and_nothing_else(stand_ins, credential):
    body = {"database": "twice", "containers": [{"id": "a", "partition_key": "/pk", "default_ttl": -1}]}
    set_up(stand_ins, body)
    with connect(stand_ins.url, credential) as client:
        container = client.get_database_client("twice").get_container_client("a")
        container.create_item({"id": "i", "pk": "p"})
        body["containers"][0]["default_ttl"] = 1_000
        set_up(stand_ins, body)

        assert container.read()["defaultTtl"] == 1_000
        assert container.read_item("i", "p")["id"] == "i"


@pytest.mark.parametrize(
    "body",
    [
        {"database": "wrong", "containers": [{"id": "a", "partition_key": "pk"}]},
        {"database": "wrong", "containers": [{"id": "a", "partition_key": "/pk", "color": "red"}]},
        {"database": "a/b"},
        {},
    ],
)
def test_a_wrong_set_up_is_refused(stand_ins, body):
    with pytest.raises(HTTPError) as error:
        set_up(stand_ins, body)

    with error.value:
        assert error.value.code == 400
        assert json.load(error.value)["errors"]
