"""Items, one at a time."""

import pytest
from azure.core import MatchConditions
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

ODD_IDS = ["with space", "100%", "%20", "a+b", "é日本", "'quoted\"", "a:b|c;d", "a&b=c", "(x)", "~!$*,", "x" * 1_023]


def item(**fields):
    return {"id": "i", "pk": "p", **fields}


def test_an_item_comes_back_with_its_system_properties(container, server):
    written = container.create_item(item(n=1, nested={"a": [1, None, True]}, text="é日本\U0001f600"))

    assert container.read_item("i", "p") == written
    assert written["_ts"] == int(server.now)
    assert written["_self"].endswith(f"/docs/{written['_rid']}/")
    assert written["_etag"].startswith('"')
    assert (written["n"], written["nested"], written["text"]) == (1, {"a": [1, None, True]}, "é日本\U0001f600")


def test_what_is_not_there_is_not_found(container):
    container.create_item(item())

    for id_, key in (("j", "p"), ("i", "other"), ("i", 1), ("i", None)):
        with pytest.raises(CosmosResourceNotFoundError):
            container.read_item(id_, key)
    with pytest.raises(CosmosResourceNotFoundError):
        container.delete_item("i", "other")
    with pytest.raises(CosmosResourceNotFoundError):
        container.replace_item("j", item(id="j"))
    with pytest.raises(CosmosResourceNotFoundError):
        container.patch_item("j", "p", [{"op": "set", "path": "/a", "value": 1}])


def test_an_id_is_unique_in_its_partition_only(container):
    container.create_item(item())
    container.create_item(item(pk="other"))

    with pytest.raises(CosmosResourceExistsError):
        container.create_item(item())


def test_keys_of_different_types_are_different(container):
    keys = ["1", 1, True, None, 1.5, ""]
    for number, key in enumerate(keys):
        container.create_item(item(pk=key, number=number))

    assert [container.read_item("i", key)["number"] for key in keys] == list(range(6))
    assert container.read_item("i", 1.0)["number"] == 1


def test_an_item_without_key_has_the_undefined_one(container):
    from azure.cosmos.partition_key import NonePartitionKeyValue

    container.create_item({"id": "i"})

    assert container.read_item("i", NonePartitionKeyValue)["id"] == "i"
    with pytest.raises(CosmosResourceNotFoundError):
        container.read_item("i", None)


@pytest.mark.parametrize("id_", ODD_IDS, ids=range(len(ODD_IDS)))
def test_ids_may_be_odd(container, id_):
    container.create_item(item(id=id_))
    container.replace_item(id_, item(id=id_, n=2))

    assert container.read_item(id_, "p")["n"] == 2
    assert list(container.query_items("SELECT VALUE c.id FROM c WHERE c.id = @i", parameters=[
        {"name": "@i", "value": id_}], partition_key="p")) == [id_]  # fmt: skip
    container.delete_item(id_, "p")


def test_upsert_and_replace_write_over_and_keep_the_rid(container):
    first = container.upsert_item(item(n=1, gone=1))
    second = container.upsert_item(item(n=2))
    third = container.replace_item("i", item(n=3))

    assert len({x["_etag"] for x in (first, second, third)}) == 3
    assert {x["_rid"] for x in (first, second, third)} == {first["_rid"]}
    assert "gone" not in container.read_item("i", "p")


def test_an_item_is_found_by_its_self_link(container):
    written = container.create_item(item(n=1))

    container.replace_item(written, {**written, "n": 2})
    assert container.read_item(written, "p")["n"] == 2
    container.delete_item(written, "p")
    assert list(container.read_all_items()) == []


def test_a_stale_etag_changes_nothing(container):
    stale = container.create_item(item(n=1))["_etag"]
    fresh = container.upsert_item(item(n=2))["_etag"]
    condition = {"etag": stale, "match_condition": MatchConditions.IfNotModified}

    for write in (
        lambda: container.upsert_item(item(n=3), **condition),
        lambda: container.replace_item("i", item(n=3), **condition),
        lambda: container.delete_item("i", "p", **condition),
        lambda: container.patch_item("i", "p", [{"op": "set", "path": "/n", "value": 3}], **condition),
    ):
        with pytest.raises(CosmosAccessConditionFailedError):
            write()

    assert container.read_item("i", "p")["n"] == 2
    container.replace_item("i", item(n=3), etag=fresh, match_condition=MatchConditions.IfNotModified)
    container.delete_item("i", "p", match_condition=MatchConditions.IfPresent)


def test_an_upsert_with_an_etag_creates_what_is_not_there(container):
    """As the service does: https://github.com/Azure/azure-cosmos-dotnet-v3/issues/1698"""
    container.upsert_item(item(n=1), etag='"any"', match_condition=MatchConditions.IfNotModified)

    assert container.read_item("i", "p")["n"] == 1


def test_if_missing_only_creates(container):
    container.upsert_item(item(n=1), match_condition=MatchConditions.IfMissing)

    with pytest.raises(CosmosResourceExistsError):
        container.upsert_item(item(n=2), match_condition=MatchConditions.IfMissing)
    assert container.read_item("i", "p")["n"] == 1


def test_a_read_of_what_has_not_changed_is_not_modified(container):
    statuses = []
    etag = container.create_item(item())["_etag"]

    def read():
        return container.read_item(
            "i",
            "p",
            etag=etag,
            match_condition=MatchConditions.IfModified,
            raw_response_hook=lambda response: statuses.append(response.http_response.status_code),
        )

    assert dict(read()) == {}
    container.upsert_item(item(n=2))
    assert read()["n"] == 2
    assert statuses == [304, 200]


def test_two_megabytes_are_the_most(container):
    container.upsert_item(item(text="x" * (2 * 1_024 * 1_024 - 400)))

    for size in (2 * 1_024 * 1_024, 3_000_000):
        with pytest.raises(CosmosHttpResponseError) as error:
            container.upsert_item(item(id="j", text="x" * size))
        assert error.value.status_code == 413
    with pytest.raises(CosmosResourceNotFoundError):
        container.read_item("j", "p")


def test_a_key_that_is_not_the_items_is_refused(container):
    with pytest.raises(CosmosHttpResponseError) as error:
        container.client_connection.CreateItem(container.container_link, item(), {"partitionKey": "other"})

    assert (error.value.status_code, error.value.sub_status) == (400, 1001)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pk": "p"},
        {"id": 5, "pk": "p"},
        {"id": "", "pk": "p"},
        {"id": "x" * 1_024, "pk": "p"},
        {"id": "i", "pk": "p", "ttl": 0},
        {"id": "i", "pk": "p", "ttl": "5"},
        {"id": "i", "pk": "k" * 2_049},
        {"id": "i", "pk": "p", "text": "\ud800"},
    ],
)
def test_items_that_no_container_takes_are_refused(container, wrong):
    with pytest.raises((CosmosHttpResponseError, TypeError)) as error:
        container.create_item(wrong)

    assert getattr(error.value, "status_code", 400) == 400
    assert list(container.read_all_items()) == []


def test_hierarchical_keys_are_whole_for_items_and_may_be_prefixes_for_queries(server):
    container = server.container("levels", ["/t", "/u"])
    for tenant in "ab":
        for user in (1, 2):
            container.create_item({"id": "i", "t": tenant, "u": user})

    assert container.read_item("i", ["a", 2])["u"] == 2
    with pytest.raises(CosmosHttpResponseError) as error:
        container.read_item("i", ["a"])
    assert error.value.status_code == 400
    found = container.query_items("SELECT VALUE c.u FROM c", partition_key=["a"])
    assert list(found) == [1, 2]


def test_writes_may_answer_without_the_item(container):
    assert dict(container.upsert_item(item(), no_response=True)) == {}
    assert container.read_item("i", "p")["id"] == "i"


def test_every_answer_says_what_it_cost_and_where_the_session_is(container):
    headers = []
    for write in (lambda h: container.create_item(item(), response_hook=h),
                  lambda h: container.read_item("i", "p", response_hook=h)):  # fmt: skip
        write(lambda sent, _: headers.append(sent))

    assert [float(sent["x-ms-request-charge"]) for sent in headers] == [5, 2]
    assert {sent["x-ms-session-token"] for sent in headers} == {"0:-1#1"}
    assert all(sent["x-ms-activity-id"] for sent in headers)
    assert headers[0]["etag"] == container.read_item("i", "p")["_etag"]
