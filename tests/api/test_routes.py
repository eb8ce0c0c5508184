"""Documents, answers, status, health, administration, and the page's files."""

import pytest

from lib.errors import Forbidden
from tests.api.conftest import connect, problem
from tests.api.in_memory import ROOT, make_api, raising
from tests.api.made_up import ANSWER, DELETES, GONE, TEXTS, VERSION


def test_a_version_is_read_with_all_that_a_citation_needs(client):
    body = client.get(f"/api/documents/{DELETES}?version={VERSION}").json()

    assert {"document_id", "version", "title", "url", "text", "fetched_at", "source_id", "cleaner"} <= set(body)
    assert body["text"] == TEXTS[DELETES][2]


@pytest.mark.parametrize("query", ["", f"?version={VERSION}", "?cleaner=c1"])
def test_version_and_cleaner_may_be_left_out(client, query):
    assert client.get(f"/api/documents/{DELETES}{query}").status_code == 200


def test_what_was_deleted_is_gone_and_what_never_was_is_not_found(client):
    assert problem(client.get(f"/api/documents/{GONE}"))["status"] == 410
    assert problem(client.get("/api/documents/d0"))["status"] == 404
    assert problem(client.get(f"/api/documents/{DELETES}?version=1"))["status"] == 404


def test_a_forbidden_document_looks_like_none(state):
    client = connect(make_api(state, read_snapshot=raising(Forbidden("board only"))))
    found = problem(client.get(f"/api/documents/{DELETES}"))

    assert (found["status"], found["slug"]) == (404, "not-found")
    assert "board" not in found["detail"]


@pytest.mark.parametrize(
    "query", ["version=0", "version=x", "version=1.5", "version=9007199254740992", "version=", "cleaner="]
)
def test_wrong_versions_are_explained(client, query):
    name = query.partition("=")[0]

    assert problem(client.get(f"/api/documents/{DELETES}?{query}"))["errors"][0]["field"] == f"{name} (query parameter)"


def test_an_answer_is_read_and_judged(client, state):
    path = f"/api/answers/{ANSWER.answer_id}"

    assert client.get(path).json()["answer_id"] == ANSWER.answer_id
    assert client.post(f"{path}/feedback", json={"feedback": "down", "comment": " too\x00short "}).status_code == 204
    assert client.post(f"{path}/feedback", json={"feedback": "up"}).content == b""
    assert state.feedback == [(ANSWER.answer_id, "down", "too short", "local"), (ANSWER.answer_id, "up", "", "local")]


def test_feedback_on_nothing_and_nonsense_as_feedback_are_refused(client, state):
    assert problem(client.post("/api/answers/nope/feedback", json={"feedback": "up"}))["status"] == 404
    assert problem(client.get("/api/answers/nope"))["status"] == 404
    assert (
        problem(client.post(f"/api/answers/{ANSWER.answer_id}/feedback", json={"feedback": "sideways"}))["status"]
        == 422
    )
    assert state.feedback == []


def test_status_is_passed_on_whole(client, state):
    body = client.get("/api/status").json()

    assert {"documents", "chunks", "feed_lag", "queued", "dead_letters", "freshness_s", "sources"} <= set(body)
    assert body["tokens"] == state.status["tokens"]
    assert body["sources"][0]["counts"] == state.status["sources"][0]["counts"]


def test_health(client):
    assert client.get("/api/health/live").json() == {"status": "ok"}
    assert client.get("/api/health/ready").json() == {
        "status": "ok",
        "ports": {"documents": {"ok": True, "reason": ""}, "index": {"ok": True, "reason": ""}},
    }


def test_one_failing_port_is_named_with_its_reason(state):
    ready = {"documents": lambda: None, "index": raising(RuntimeError("no such table"))}
    response = connect(make_api(state, ready=ready)).get("/api/health/ready")

    assert response.status_code == 503
    assert response.json()["status"] == "failing"
    assert response.json()["ports"]["documents"] == {"ok": True, "reason": ""}
    assert response.json()["ports"]["index"] == {"ok": False, "reason": "RuntimeError: no such table"}


def test_sources_are_listed_crawled_and_forgotten(client, state):
    assert [source["id"] for source in client.get("/api/admin/sources").json()["sources"]] == [
        "manual",
        "handbook",
        "intranet",
    ]
    assert client.post("/api/admin/sources/manual/crawl").status_code == 202
    assert problem(client.post("/api/admin/sources/manual/crawl"))["slug"] == "conflict"
    assert problem(client.post("/api/admin/sources/nope/crawl"))["slug"] == "not-found"
    assert client.delete("/api/admin/sources/old").json() == {"source_id": "old", "documents": 0}
    assert problem(client.delete("/api/admin/sources/manual"))["slug"] == "invalid-request"


def test_dead_letters_are_listed_replayed_and_discarded(client, state):
    [letter] = client.get("/api/admin/dead-letters").json()["dead_letters"]

    assert letter["reason"].startswith("DimensionMismatch")
    assert client.get("/api/admin/dead-letters?queue=crawl").json() == {"dead_letters": [], "next": None}
    assert client.get("/api/admin/dead-letters?limit=1").json()["next"] == letter["id"]
    assert problem(client.post("/api/admin/dead-letters/replay", json={"ids": ["nope"]}))["slug"] == "not-found"
    assert problem(client.post("/api/admin/dead-letters/discard", json={}))["errors"][0]["field"] == "ids"
    assert client.post("/api/admin/dead-letters/replay", json={"ids": [letter["id"], letter["id"]]}).json() == {
        "count": 1
    }
    assert state.letters == {}


def test_all_dead_letters_are_replayed_at_once(client, state):
    assert client.post("/api/admin/dead-letters/replay", json={}).json() == {"count": 1}


def test_feature_sets_registry_and_erasure(client):
    assert client.get("/api/admin/feature-sets").json()["feature_sets"][0]["state"] == "live"
    assert client.post("/api/admin/feature-sets/fs0123456789/promote").json()["id"] == "fs0123456789"
    assert problem(client.post("/api/admin/feature-sets/nope/promote"))["status"] == 404
    assert client.get("/api/admin/registry/live").json()["items"][0]["revision"] == 1
    assert problem(client.get("/api/admin/registry/nope"))["status"] == 404
    assert client.delete(f"/api/admin/documents/{DELETES}").json()["document_id"] == DELETES
    assert problem(client.delete("/api/admin/documents/nope"))["status"] == 404


def test_the_page_and_all_its_files_are_served(client):
    page = client.get("/").text
    files = [path.relative_to(ROOT / "web").as_posix() for path in (ROOT / "web").rglob("*") if path.is_file()]

    assert "<title>Plumbline</title>" in page
    assert {client.get(f"/web/{name}").status_code for name in files} == {200}
    kinds = {name.rpartition(".")[2]: client.get(f"/web/{name}").headers["content-type"] for name in files}
    assert kinds == {
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }


def test_every_module_is_loaded_early(client):
    page = client.get("/").text
    modules = sorted(path.name for path in (ROOT / "web" / "modules").glob("*.js"))

    assert [name for name in modules if f'href="/web/modules/{name}"' not in page] == []


def test_an_unchanged_file_costs_a_304(client):
    tag = client.get("/web/app.js").headers["etag"]

    assert client.get("/web/app.js", headers={"if-none-match": tag}).status_code == 304
    assert client.head("/").status_code == 200


@pytest.mark.parametrize(
    "path", ["../lib/errors.py", "..%2flib%2ferrors.py", "%2e%2e/pyproject.toml", "", "modules", "%00.js", "x" * 5_000]
)
def test_nothing_else_is_served(client, path):
    assert problem(client.get(f"/web/{path}"))["slug"] == "not-found"


def test_the_old_icon_address_leads_to_the_icon(client):
    assert client.get("/favicon.ico").headers["location"] == "/web/favicon.svg"
