"""Items that expire."""

import pytest
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from tests.standins.cosmos.server import fill


def ids(container):
    """The items, by every way to see them at once."""
    queried = list(container.query_items("SELECT VALUE c.id FROM c", partition_key="p"))
    fed = [item["id"] for item in container.query_items_change_feed(start_time="Beginning")]
    listed = [item["id"] for item in container.read_all_items()]
    assert sorted(queried) == sorted(fed) == sorted(listed)
    assert [item["id"] for item in container.read_items([(id_, "p") for id_ in queried])] == queried
    return queried


@pytest.mark.parametrize(
    ("default", "left_after"),
    [(None, {0: 4, 11: 4, 1_000: 4}), (-1, {0: 4, 9: 4, 10: 3, 1_000: 3}), (60, {0: 4, 10: 3, 59: 3, 60: 1, 1_000: 1})],
)
def test_items_expire_by_their_own_time_or_the_containers(server, default, left_after):
    container = server.container(**({} if default is None else {"default_ttl": default}))
    fill(container, {}, {"ttl": 10}, {"ttl": -1}, {"ttl": None})
    start = server.now

    for seconds, left in left_after.items():
        server.now = start + seconds
        assert len(ids(container)) == left


def test_an_expired_item_is_not_there(server):
    container = server.container(default_ttl=-1)
    fill(container, {"ttl": 5})
    server.now += 5

    with pytest.raises(CosmosResourceNotFoundError):
        container.read_item("i0", "p")
    with pytest.raises(CosmosResourceNotFoundError):
        container.delete_item("i0", "p")
    with pytest.raises(CosmosResourceNotFoundError):
        container.replace_item("i0", {"id": "i0", "pk": "p"})
    container.create_item({"id": "i0", "pk": "p", "n": 2})
    assert container.read_item("i0", "p")["n"] == 2


def test_a_write_begins_the_time_anew(server):
    container = server.container(default_ttl=-1)
    fill(container, {"ttl": 5})
    server.now += 4
    fill(container, {"ttl": 5})
    server.now += 4

    assert ids(container) == ["i0"]


def test_a_changed_default_holds_for_what_is_there(server):
    container = server.container(default_ttl=-1)
    fill(container, {}, {"ttl": -1})
    database = server.client.get_database_client(server.database)

    database.replace_container("items", partition_key={"paths": ["/pk"], "kind": "Hash", "version": 2}, default_ttl=5)
    server.now += 5

    assert ids(container) == ["i1"]


def test_expired_items_are_swept_away_by_later_writes(server):
    container = server.container(default_ttl=-1)
    fill(container, *[{"ttl": 5} for _ in range(10)])
    server.now += 5

    fill(container, {"id": "new"})

    number = server.state.container(server.database, "items").number
    query = "SELECT count(*) FROM items WHERE container = ?"
    assert server.state.storage.connection().execute(query, (number,)).fetchone() == (1,)
