"""How the stand-in misbehaves when it is told to."""

import pytest
from azure.cosmos import CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from tests.standins.cosmos.server import KEY, fill

RELAXED = {"headers": {"x-ms-consistency-level": "Eventual"}}


def test_throttling_says_when_to_come_back(container, server):
    server.set_fault("throttle", retry_after_s=0.05)

    with pytest.raises(CosmosHttpResponseError) as error:
        container.upsert_item({"id": "i", "pk": "p"})

    assert (error.value.status_code, error.value.sub_status) == (429, 3200)
    assert error.value.headers["x-ms-retry-after-ms"] == "50"
    [(_, hits)] = server.faults.all()
    assert hits == 2  # the client was told to try once more


def test_a_strong_read_is_never_stale(container, server):
    server.set_fault("stale", delay_s=60)
    fill(container, {"n": 1})
    fill(container, {"n": 2})

    assert container.read_item("i0", "p")["n"] == 2
    assert list(container.query_items("SELECT VALUE c.n FROM c", partition_key="p")) == [2]


def test_a_relaxed_read_may_miss_the_last_write_of_each_item(container, server):
    fill(container, {"n": 1}, {"id": "deleted"})
    server.set_fault("stale", delay_s=60)
    fill(container, {"n": 2}, {"id": "created", "n": 3})
    container.delete_item("deleted", "p")

    assert container.read_item("i0", "p", **RELAXED)["n"] == 1
    with pytest.raises(CosmosResourceNotFoundError):
        container.read_item("created", "p", **RELAXED)
    assert container.read_item("deleted", "p", **RELAXED)["id"] == "deleted"
    found = container.query_items("SELECT VALUE c.id FROM c ORDER BY c.id", partition_key="p", **RELAXED)
    assert list(found) == ["deleted", "i0"]
    found = container.query_items("SELECT VALUE c.id FROM c", enable_cross_partition_query=True, **RELAXED)
    assert list(found) == ["i0", "deleted"]
    assert list(container.query_items("SELECT VALUE c.n FROM c WHERE c.n = 2", partition_key="p", **RELAXED)) == []
    assert list(container.query_items("SELECT * FROM c", partition_key="other", **RELAXED)) == []


def test_a_stale_replica_catches_up(container, server):
    server.set_fault("stale", delay_s=0)
    fill(container, {"n": 1})
    fill(container, {"n": 2})

    assert container.read_item("i0", "p", **RELAXED)["n"] == 2


def test_a_share_of_reads_is_stale(container, server):
    fill(container, {"n": 1})
    server.set_fault("stale", delay_s=60, share=0.5, seed=7)
    fill(container, {"n": 2})

    found = [container.read_item("i0", "p", **RELAXED)["n"] for _ in range(40)]

    assert 10 < found.count(1) < 30


def test_a_session_reads_its_own_writes(server):
    server.state.set_consistency("Session")
    server.set_fault("stale", delay_s=60)
    with CosmosClient(server.url, KEY) as writer, CosmosClient(server.url, KEY) as other:
        server.container()
        mine, theirs = (
            client.get_database_client(server.database).get_container_client("items") for client in (writer, other)
        )
        mine.upsert_item({"id": "i", "pk": "p", "n": 1})

        assert mine.read_item("i", "p")["n"] == 1
        with pytest.raises(CosmosResourceNotFoundError):
            theirs.read_item("i", "p")


def test_a_session_from_the_future_is_not_available(container, server):
    server.state.set_consistency("Session")
    fill(container, {})
    with CosmosClient(server.url, KEY) as client:
        mine = client.get_database_client(server.database).get_container_client("items")

        with pytest.raises(CosmosResourceNotFoundError) as error:
            mine.read_item("i0", "p", session_token="0:-1#99")

    assert error.value.sub_status == 1002


def test_no_request_may_ask_for_more_than_the_account_promises(container, server):
    server.state.set_consistency("Session")

    with pytest.raises(CosmosHttpResponseError, match="not stronger"):
        container.read_item("i", "p", headers={"x-ms-consistency-level": "Strong"})
