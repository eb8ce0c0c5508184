import json
import logging

import pytest

from lib.api.problem_kinds import KINDS
from lib.errors import (
    BadInput,
    Conflict,
    Forbidden,
    Gone,
    ModelMissing,
    NotFound,
    NotYet,
    StorageFull,
    StoreCorrupt,
    Throttled,
    Unreachable,
)
from lib.settings import Settings
from tests.api.conftest import connect, problem
from tests.api.in_memory import UNREACHABLE, make_api, raising
from tests.api.test_auth import principal

JSON = {"content-type": "application/json"}

ERRORS = [
    (BadInput("say more"), 422, "invalid-request"),
    (NotFound("no such thing"), 404, "not-found"),
    (Gone("deleted"), 410, "gone"),
    (Forbidden("not yours"), 403, "forbidden"),
    (Conflict("somebody else wrote first"), 409, "conflict"),
    (Throttled("pause", retry_after_s=6.6), 503, "throttled"),
    (Unreachable("no answer"), 503, "unreachable"),
    (StorageFull("disk full"), 503, "storage-full"),
    (NotYet("not visible yet"), 503, "try-again"),
    (ModelMissing("install the model"), 500, "misconfigured"),
    (StoreCorrupt("documents.db is damaged"), 500, "misconfigured"),
]


@pytest.mark.parametrize(("error", "status", "slug"), ERRORS, ids=lambda value: type(value).__name__)
def test_every_error_becomes_its_problem(state, error, status, slug):
    response = connect(make_api(state, retrieve=raising(error))).post("/api/search", json={"query": "x"})

    assert (problem(response)["status"], problem(response)["slug"]) == (status, slug)
    assert problem(response)["detail"] == str(error)
    assert ("retry-after" in response.headers) == (status == 503)


def test_throttling_says_how_long_to_wait(state):
    api = make_api(state, retrieve=raising(Throttled("pause", retry_after_s=6.6)))

    assert connect(api).post("/api/search", json={"query": "x"}).headers["retry-after"] == "7"


def test_an_unforeseen_error_shows_nothing_of_the_inside_and_is_logged(client, caplog):
    with caplog.at_level(logging.ERROR, logger="lib.api.security"):
        found = problem(client.post("/api/search", json={"query": "broken"}))

    assert (found["status"], found["slug"]) == (500, "internal")
    assert "secret" not in json.dumps(found)
    assert found["trace_id"] in caplog.text
    assert "a secret of the inside" in caplog.text


def test_in_the_cloud_the_inside_stays_inside(state):
    settings = Settings(auth="platform", base_url="https://plumbline.example")
    api = make_api(state, settings=settings, platform_auth=True, retrieve=raising(UNREACHABLE))
    response = connect(api).post("/api/search", json={"query": "x"}, headers=principal("Reader"))

    assert "internal.example" not in response.text
    assert problem(response)["slug"] == "unreachable"


@pytest.mark.parametrize("path", ["/nope", "/api/nope", "/api/documents", "/web/nope.js", "/web/../lib/errors.py"])
def test_unknown_addresses_are_problems(client, path):
    assert problem(client.get(path))["slug"] == "not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/api/ask", {"POST"}), ("POST", "/api/status", {"GET"}), ("DELETE", "/", {"GET", "HEAD"})],
)
def test_wrong_methods_are_problems_that_name_the_right_one(client, method, path, allowed):
    response = client.request(method, path)

    assert problem(response)["slug"] == "method-not-allowed"
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("body", [b"{", b'{"query": "x"', b"\xff\xfe", b"[" * 100_000, b'{"query": "x"} trailing'])
def test_a_body_that_is_no_json_is_a_problem(client, body):
    assert problem(client.post("/api/search", content=body, headers=JSON))["slug"] == "malformed-body"


def test_json_that_is_no_standard_json_does_no_harm(client):
    assert problem(client.post("/api/search", content=b'{"query": "x", "top": NaN}', headers=JSON))["status"] == 422
    assert problem(client.post("/api/search", content=b'{"query": "x", "top": 1e999}', headers=JSON))["status"] == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_a_body_of_another_type_is_a_problem(client, kind):
    response = client.post("/api/search", content=b'{"query": "x"}', headers={"content-type": kind})

    assert problem(response)["slug"] == "unsupported-media-type"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"])
def test_every_spelling_of_json_is_taken(client, kind):
    response = client.post("/api/search", content=b'{"query": "x"}', headers={"content-type": kind})

    assert response.status_code == 200


def test_a_missing_body_is_a_problem(client):
    assert problem(client.post("/api/search", headers=JSON))["errors"] == [
        {"field": "body", "problem": "it is missing", "fix": "add the body"}
    ]


def test_a_body_over_one_megabyte_is_refused(client):
    found = problem(client.post("/api/search", json={"query": "x" * 1_000_001}))

    assert (found["status"], found["slug"]) == (413, "too-large")


def test_a_body_over_one_megabyte_without_a_length_is_refused(client):
    pieces = (b" " * 100_000 for _ in range(11))

    assert problem(client.post("/api/search", content=pieces, headers=JSON))["slug"] == "too-large"


def test_every_kind_is_explained_in_the_reference(client):
    page = client.get("/api/docs").text

    assert [slug for slug in KINDS if f'id="problem-{slug}"' not in page] == []


def test_the_callers_trace_is_kept(client):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    response = client.get("/api/nope", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})

    assert problem(response)["trace_id"] == trace


@pytest.mark.parametrize(
    "header", ["", "nonsense", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", "00-" + "x" * 32 + "-0-1"]
)
def test_a_broken_trace_is_replaced(client, header):
    trace = client.get("/api/health/live", headers={"traceparent": header}).headers["x-request-id"]

    assert len(trace) == 32
    assert set(trace) != {"0"}
