"""Partial updates, and several operations at once."""

import pytest
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosHttpResponseError,
    CosmosResourceNotFoundError,
)


@pytest.fixture
def patched(container):
    """Patches the item with these operations; gives it without system properties."""
    container.create_item({"id": "i", "pk": "p", "n": 1, "list": [1, 2], "in": {"a": 1}, "none": None})

    def patch(*operations, **conditions):
        made = container.patch_item("i", "p", list(operations), **conditions)
        assert made == container.read_item("i", "p")
        return {name: value for name, value in made.items() if name[0] != "_" and name not in {"id", "pk"}}

    return patch


def op(kind, path, *value, **more):
    return {"op": kind, "path": path, **({"value": value[0]} if value else {}), **more}


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        (op("set", "/n", 5), {"n": 5}),
        (op("set", "/new", {"x": None}), {"new": {"x": None}}),
        (op("set", "/in/b", 2), {"in": {"a": 1, "b": 2}}),
        (op("set", "/list/0", 9), {"list": [9, 2]}),
        (op("add", "/list/1", 9), {"list": [1, 9, 2]}),
        (op("add", "/list/-", 9), {"list": [1, 2, 9]}),
        (op("add", "/n", "x"), {"n": "x"}),
        (op("replace", "/in/a", 7), {"in": {"a": 7}}),
        (op("replace", "/none", 0), {"none": 0}),
        (op("remove", "/list/0"), {"list": [2]}),
        (op("remove", "/in/a"), {"in": {}}),
        (op("incr", "/n", 2.5), {"n": 3.5}),
        (op("incr", "/counter", -3), {"counter": -3}),
        (op("move", "/moved", **{"from": "/n"}), {"n": ..., "moved": 1}),
        (op("set", "/a~1b", 1), {"a/b": 1}),
    ],
)
def test_operations_change_what_they_say(patched, operation, changed):
    before = {"n": 1, "list": [1, 2], "in": {"a": 1}, "none": None}

    expected = {name: value for name, value in {**before, **changed}.items() if value is not ...}
    assert patched(operation) == expected


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", "/missing", 1),
        op("remove", "/missing"),
        op("remove", "/list/2"),
        op("set", "/missing/deeper", 1),
        op("set", "/list/5", 1),
        op("add", "/list/x", 1),
        op("incr", "/list", 1),
        op("incr", "/n", "1"),
        op("set", "/id", "j"),
        op("set", "/pk", "q"),
        op("set", "/_ts", 1),
        op("set", "/n"),
        op("double", "/n", 2),
        op("set", "n", 2),
    ],
)
def test_one_impossible_operation_stops_all(patched, container, operation):
    with pytest.raises(CosmosHttpResponseError) as error:
        patched(op("set", "/n", 99), operation)

    assert error.value.status_code == 400
    assert container.read_item("i", "p")["n"] == 1


def test_at_most_ten_operations(patched):
    with pytest.raises(CosmosHttpResponseError, match="10"):
        patched(*[op("incr", "/n", 1)] * 11)


def test_a_patch_is_made_only_if_its_condition_holds(patched):
    with pytest.raises(CosmosAccessConditionFailedError):
        patched(op("incr", "/n", 1), filter_predicate="FROM c WHERE c.n = 5")
    with pytest.raises(CosmosAccessConditionFailedError):
        patched(op("incr", "/n", 1), filter_predicate="FROM c WHERE c.missing = 1")

    assert patched(op("incr", "/n", 1), filter_predicate="from root r where r.n = 1 AND IS_DEFINED(r.none)")["n"] == 2


def test_a_batch_gives_one_result_per_operation(container):
    container.create_item({"id": "old", "pk": "p", "n": 1})
    operations = [
        ("create", ({"id": "new", "pk": "p"},)),
        ("upsert", ({"id": "old", "pk": "p", "n": 2},)),
        ("patch", ("old", [op("incr", "/n", 5)])),
        ("read", ("old",)),
        ("replace", ("new", {"id": "new", "pk": "p", "x": 1})),
        ("delete", ("new",)),
    ]

    results = container.execute_item_batch(operations, "p")

    assert [result["statusCode"] for result in results] == [201, 200, 200, 200, 200, 204]
    assert results[3]["resourceBody"]["n"] == 7
    assert results[3]["eTag"] == container.read_item("old", "p")["_etag"]
    assert float(results.get_response_headers()["x-ms-request-charge"]) == 27


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (("create", ({"id": "old", "pk": "p"},)), 409),
        (("read", ("missing",)), 404),
        (("replace", ("missing", {"id": "missing", "pk": "p"})), 404),
        (("delete", ("old",), {"if_match_etag": '"stale"'}), 412),
        (("upsert", ({"id": "old", "pk": "p"},), {"if_none_match_etag": "*"}), 409),
        (("upsert", ({"id": "x", "pk": "other"},)), 400),
        (("patch", ("old", [op("incr", "/n", 1)]), {"filter_predicate": "FROM c WHERE c.n = 9"}), 412),
    ],
)
def test_one_failed_operation_undoes_all(container, bad, status):
    before = container.create_item({"id": "old", "pk": "p", "n": 1})
    operations = [("upsert", ({"id": "a", "pk": "p"},)), ("patch", ("old", [op("set", "/n", 2)])), bad,
                  ("create", ({"id": "b", "pk": "p"},))]  # fmt: skip

    with pytest.raises(CosmosBatchOperationError) as error:
        container.execute_item_batch(operations, "p")

    assert (error.value.error_index, error.value.status_code) == (2, status)
    assert [result["statusCode"] for result in error.value.operation_responses] == [424, 424, status, 424]
    assert list(container.read_all_items()) == [before]


def test_a_batch_keeps_to_its_limits(container):
    def upserts(count, size=1):
        return [("upsert", ({"id": f"{n}", "pk": "p", "text": "x" * size},)) for n in range(count)]

    for operations, status in ((upserts(101), 400), (upserts(3, 800_000), 413), ([], 400)):
        with pytest.raises(CosmosHttpResponseError) as error:
            container.execute_item_batch(operations, "p")
        assert error.value.status_code == status
    container.execute_item_batch(upserts(100), "p")

    assert len(list(container.read_all_items())) == 100


def test_a_batch_of_a_missing_container_is_not_found(server):
    container = server.container()
    server.client.get_database_client(server.database).delete_container("items")

    with pytest.raises(CosmosResourceNotFoundError):
        container.execute_item_batch([("read", ("i",))], "p")
