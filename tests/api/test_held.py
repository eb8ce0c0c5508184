"""What crawls held back and what they did, over HTTP."""

from dataclasses import replace

import pytest

from tests.api.conftest import connect, problem
from tests.api.held_in_memory import CRAWLS, MASS, VIEW, WALL
from tests.api.in_memory import make_api, raising
from tests.api.test_auth import cloud, principal  # noqa: F401 - a fixture


def test_held_items_are_listed_by_source_and_in_portions(client):
    everything = client.get("/api/admin/held").json()

    assert {item["id"] for item in everything["held"]} == {WALL.id, MASS.id}
    assert everything["next"] is None
    [item] = client.get("/api/admin/held?source_id=manual").json()["held"]
    assert (item["rule"], item["count"], item["first_at"]) == ("login", 2, WALL.first_at)
    assert "draft" not in item
    first = client.get("/api/admin/held?limit=1").json()
    rest = client.get(f"/api/admin/held?after={first['next']}").json()
    assert [x["id"] for x in first["held"] + rest["held"]] == sorted([WALL.id, MASS.id])


def test_a_held_item_is_shown_beside_what_answers_now(client):
    shown = client.get(f"/api/admin/held/{WALL.id}").json()

    assert (shown["text"], shown["held_text"], shown["diff"]) == (VIEW.text, VIEW.held_text, VIEW.diff)
    assert (shown["item"]["id"], shown["flags"], shown["diff_cut"]) == (WALL.id, ["masked email 2"], False)
    assert client.get(f"/api/admin/held/{MASS.id}").json()["pages"] == ["https://x.example/a"]
    assert problem(client.get("/api/admin/held/nope"))["slug"] == "not-found"


@pytest.mark.parametrize("act", ["release", "discard"])
def test_an_act_names_what_it_acts_on(client, state, act):
    path = f"/api/admin/held/{act}"

    assert problem(client.post(path, json={}))["errors"][0]["field"] == "ids"
    assert problem(client.post(path, json={"ids": []}))["errors"][0]["field"] == "ids"
    assert problem(client.post(path, json={"ids": [WALL.id, "nope"]}))["slug"] == "not-found"
    assert len(state.held.items) == 2
    assert client.post(path, json={"ids": [WALL.id, WALL.id]}).json() == {"count": 1}
    assert set(state.held.items) == {MASS.id}


def test_what_has_moved_on_is_a_conflict_that_says_what_to_do(client, state):
    state.held.moved_on = {WALL.id}

    found = problem(client.post("/api/admin/held/release", json={"ids": [WALL.id]}))

    assert found["slug"] == "conflict"
    assert "crawl the source again" in found["detail"]


def test_crawls_are_listed_newest_first_with_counts_by_rule(client):
    crawls = client.get("/api/admin/sources/manual/crawls").json()["crawls"]

    assert crawls == CRAWLS
    assert [c["crawl_id"] for c in client.get("/api/admin/sources/manual/crawls?limit=1").json()["crawls"]] == [
        CRAWLS[0]["crawl_id"]
    ]
    assert client.get("/api/admin/sources/intranet/crawls").json() == {"crawls": []}
    assert problem(client.get("/api/admin/sources/nope/crawls"))["slug"] == "not-found"


@pytest.mark.parametrize("limit", ["0", "201", "x"])
def test_a_wrong_limit_is_explained(client, limit):
    found = problem(client.get(f"/api/admin/sources/manual/crawls?limit={limit}"))

    assert found["errors"][0]["field"] == "limit (query parameter)"


@pytest.mark.parametrize("path", ["/api/admin/held", f"/api/admin/held/{WALL.id}", "/api/admin/sources/manual/crawls"])
def test_held_text_and_crawl_reports_need_the_role_admin(cloud, path):  # noqa: F811
    assert problem(cloud.get(path, headers=principal("Operator")))["slug"] == "forbidden"
    assert cloud.get(path, headers=principal("Admin")).status_code == 200


def test_a_store_that_does_not_answer_is_no_empty_list(state):
    api = make_api(state)
    client = connect(make_api(state, admin=replace(api.admin, held=raising(OSError("no such table")))))

    assert problem(client.get("/api/admin/held"))["slug"] == "internal"
