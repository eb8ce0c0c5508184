import pytest

from lib.domain.documents import document_id
from tests.api.conftest import problem

PATH = "/api/admin/sources/intranet/documents/"


def test_a_document_is_published_once(client, state):
    body = {"title": "Leave", "text": "# Leave\n\nSixteen weeks."}
    first, second = client.put(PATH + "leave", json=body).json(), client.put(PATH + "leave", json=body).json()

    assert first["document_id"] == document_id("intranet", "leave")
    assert (first["changed"], second["changed"]) == (True, False)


def test_everything_sent_arrives(client, state):
    body = {
        "title": " Leave\n",
        "text": "a\r\nb\x00c",
        "media_type": "text/plain",
        "url": "https://intranet.example/leave?x=1#y",
        "language": "de-AT",
        "access": ["hr", "board"],
    }
    client.put(PATH + "leave", json=body)
    document = state.published["intranet", "leave"]

    assert (document.title, document.text, document.media_type) == ("Leave", "a\nb c", "text/plain")
    assert (document.url, document.language, document.access) == (body["url"], "de-AT", ("hr", "board"))


def test_html_is_reduced_to_its_text(client, state):
    client.put(PATH + "page", json={"text": "<html><body><p>Main text</p>", "media_type": "text/html"})

    assert (state.published["intranet", "page"].title, state.published["intranet", "page"].text) == (
        "From HTML",
        "Main text",
    )


def test_html_without_text_is_refused(client, state):
    found = problem(client.put(PATH + "page", json={"text": "<p></p>", "media_type": "text/html"}))

    assert found["slug"] == "invalid-request"
    assert state.published == {}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("a/b/c", "a/b/c"),
        ("a%2Fb", "a/b"),
        ("%C3%BC%20x", "ü x"),
        ("..%2F..%2Fetc", "../../etc"),
        ("x" * 500, "x" * 500),
    ],
)
def test_keys_may_be_anything_that_names_a_document(client, state, given, key):
    assert client.put(PATH + given, json={"text": "x"}).status_code == 200
    assert list(state.published) == [("intranet", key)]


@pytest.mark.parametrize("key", ["%00", "a%0Ab", "%20a", "x" * 501])
def test_keys_that_would_confuse_are_refused(client, state, key):
    assert problem(client.put(PATH + key, json={"text": "x"}))["slug"] in ("invalid-request", "not-found")
    assert state.published == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \x00 "}, "text"),
        ({"text": 5}, "text"),
        ({"media_type": "application/pdf"}, "media_type"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "https://a b"}, "url"),
        ({"language": "not a language"}, "language"),
        ({"access": ["with space"]}, "access[0]"),
        ({"access": "everyone"}, "access"),
        ({"version": 3}, "version"),
    ],
)
def test_wrong_documents_are_explained(client, state, change, field):
    found = problem(client.put(PATH + "x", json={"text": "x", **change}))

    assert [error["field"] for error in found["errors"]] == [field]
    assert state.published == {}


def test_a_document_may_have_eight_megabytes_and_no_more(client):
    fits, large = "x" * 4_000_000, "ü" * 4_000_000

    assert client.put(PATH + "x", json={"text": fits}).status_code == 200
    assert problem(client.put(PATH + "x", json={"text": large + "x"}))["status"] in (413, 422)
    assert (
        problem(client.put(PATH + "x", content=b" " * 8_000_001, headers={"content-type": "application/json"}))["slug"]
        == "too-large"
    )


def test_unknown_sources_and_other_kinds_take_nothing(client, state):
    unknown = problem(client.put("/api/admin/sources/nope/documents/x", json={"text": "x"}))
    other = problem(client.put("/api/admin/sources/manual/documents/x", json={"text": "x"}))

    assert (unknown["status"], unknown["slug"]) == (404, "unknown-source")
    assert (other["status"], other["slug"]) == (409, "conflict")
    assert state.published == {}


def test_a_document_is_withdrawn_once(client):
    client.put(PATH + "a/b", json={"text": "x"})

    assert client.delete(PATH + "a/b").json()["changed"]
    assert problem(client.delete(PATH + "a/b"))["slug"] == "not-found"
