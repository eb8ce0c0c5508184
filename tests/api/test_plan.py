"""The plan of a crawl over HTTP."""

from dataclasses import asdict

import pytest

from tests.api.conftest import problem
from tests.api.plan_in_memory import PLAN
from tests.api.test_auth import cloud, principal  # noqa: F401 - a fixture


def test_a_plan_is_passed_on_whole(client):
    plan = client.get("/api/admin/sources/handbook/plan").json()

    assert plan == {**asdict(PLAN), "limits": []}


def test_an_unknown_source_and_a_push_source_have_no_plan(client):
    assert problem(client.get("/api/admin/sources/nope/plan"))["slug"] == "not-found"
    assert problem(client.get("/api/admin/sources/intranet/plan"))["slug"] == "invalid-request"


def test_a_site_that_cannot_be_listed_is_told_to_be_tried_later(client):
    found = problem(client.get("/api/admin/sources/manual/plan?sample=13"))

    assert (found["status"], found["slug"]) == (503, "unreachable")


@pytest.mark.parametrize("sample", ["-1", "101", "x"])
def test_a_wrong_sample_is_explained(client, sample):
    found = problem(client.get(f"/api/admin/sources/handbook/plan?sample={sample}"))

    assert found["errors"][0]["field"] == "sample (query parameter)"


def test_a_plan_needs_the_role_admin(cloud):  # noqa: F811
    path = "/api/admin/sources/handbook/plan"

    assert problem(cloud.get(path, headers=principal("Operator")))["slug"] == "forbidden"
    assert cloud.get(path, headers=principal("Admin")).status_code == 200
