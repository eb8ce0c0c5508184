"""The change feed, pulled."""

import datetime as dt

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError

from tests.standins.cosmos.server import Server, fill


def page(container, **place):
    """Ids of one page, and the continuation after it."""
    headers = []
    pages = container.query_items_change_feed(response_hook=lambda sent, _: headers.append(sent), **place).by_page()
    found = [item["id"] for item in next(pages, ())]
    return found, headers[-1]["etag"]


def test_every_item_is_there_once_in_the_order_of_its_last_write(container):
    fill(container, {}, {}, {})
    container.upsert_item({"id": "i0", "pk": "p", "n": 2})
    container.delete_item("i1", "p")

    found = list(container.query_items_change_feed(start_time="Beginning"))

    assert [(item["id"], item.get("n")) for item in found] == [("i2", None), ("i0", 2)]
    assert [item["_lsn"] for item in found] == [3, 4]


def test_a_continuation_gives_what_came_after_it(container):
    fill(container, {}, {})
    found, after = page(container, start_time="Beginning")
    assert found == ["i0", "i1"]
    assert page(container, continuation=after) == ([], after)

    container.upsert_item({"id": "i0", "pk": "p"})

    found, later = page(container, continuation=after)
    assert found == ["i0"]
    assert page(container, continuation=after)[0] == ["i0"]
    assert page(container, continuation=later)[0] == []


def test_pages_are_as_long_as_asked_and_miss_nothing(container):
    fill(container, *[{} for _ in range(7)])

    pages = container.query_items_change_feed(start_time="Beginning", max_item_count=3).by_page()

    assert [[item["id"] for item in found] for found in pages] == [["i0", "i1", "i2"], ["i3", "i4", "i5"], ["i6"]]


def test_a_transaction_is_not_divided(container):
    fill(container, {"pk": "other"})
    container.execute_item_batch([("upsert", ({"id": f"b{n}", "pk": "p"},)) for n in range(5)], "p")
    fill(container, {"pk": "other", "id": "last"})

    pages = container.query_items_change_feed(start_time="Beginning", max_item_count=2).by_page()

    assert [len(list(found)) for found in pages] == [6, 1]


def test_from_now_there_is_only_what_comes(container):
    fill(container, {})
    found, after = page(container)
    assert found == []

    fill(container, {}, {})

    assert page(container, continuation=after)[0] == ["i0", "i1"]


def test_from_a_time_there_is_what_was_written_since(container, server):
    fill(container, {"id": "old"})
    server.now += 3_600
    fill(container, {"id": "new"})

    start = dt.datetime.fromtimestamp(server.now - 60, dt.UTC)

    assert page(container, start_time=start)[0] == ["new"]


def test_one_partition_may_be_followed(container):
    fill(container, {"pk": "a"}, {"pk": "b"}, {"pk": "a"})

    found, after = page(container, partition_key="a", start_time="Beginning")
    assert found == ["i0", "i2"]
    fill(container, {"pk": "b", "id": "b2"}, {"pk": "a", "id": "a2"})
    assert page(container, continuation=after)[0] == ["a2"]


def test_a_prefix_of_a_hierarchical_key_may_be_followed(server):
    container = server.container("levels", ["/t", "/u"])
    for id_, tenant, user in (("x", "a", "1"), ("y", "b", "1"), ("z", "a", "2")):
        container.upsert_item({"id": id_, "t": tenant, "u": user})

    assert page(container, partition_key=["a"], start_time="Beginning")[0] == ["x", "z"]
    assert page(container, partition_key=["a", "2"], start_time="Beginning")[0] == ["z"]


def test_feed_ranges_cover_everything(container):
    fill(container, *[{"pk": f"p{number}"} for number in range(20)])
    [whole] = container.read_feed_ranges()
    halves = [
        {"Range": {"min": low, "max": high, "isMinInclusive": True, "isMaxInclusive": False}}
        for low, high in (("", "1FFFFFFF"), ("1FFFFFFF", "FF"))
    ]

    assert len(page(container, feed_range=whole, start_time="Beginning")[0]) == 20
    parts = [page(container, feed_range=half, start_time="Beginning")[0] for half in halves]
    assert all(parts)
    assert sorted(parts[0] + parts[1]) == sorted(f"i{number}" for number in range(20))
    queried = [list(container.query_items("SELECT VALUE c.id FROM c", feed_range=half)) for half in halves]
    assert [sorted(part) for part in queried] == [sorted(part) for part in parts]


def test_a_feed_that_reads_its_own_range_again_after_a_restart(tmp_path):
    with Server(tmp_path) as server:
        container = server.container()
        fill(container, {}, {})
        _, after = page(container, start_time="Beginning")
        fill(container, {"id": "later"})
    with Server(tmp_path) as server:
        assert page(server.container(), continuation=after)[0] == ["later"]


def test_pages_are_no_bigger_than_four_megabytes(container):
    fill(container, *[{"text": "x" * 1_500_000} for _ in range(4)])

    pages = container.query_items_change_feed(start_time="Beginning").by_page()

    assert [len(list(found)) for found in pages] == [2, 2]


def test_versions_in_between_and_deletions_are_not_kept(container):
    with pytest.raises(CosmosHttpResponseError, match="LatestVersion"):
        list(container.query_items_change_feed(mode="AllVersionsAndDeletes"))
