import pytest

from tests.api.conftest import connect, problem
from tests.api.in_memory import make_api
from tests.api.made_up import DELETES, TEXTS, TOMBSTONE


def test_search_answers_as_the_design_says(client):
    body = client.post("/api/search", json={"query": "tombstone"}).json()

    assert set(body) == {"hits", "took_ms"}
    assert {"chunk_id", "document_id", "document_version", "url", "title", "heading", "text", "score"} <= set(
        body["hits"][0]
    )
    assert body["hits"][0]["text"] == TOMBSTONE
    assert TEXTS[DELETES][2][body["hits"][0]["start"] : body["hits"][0]["end"]] == TOMBSTONE


def test_search_gives_as_many_hits_as_asked_for(client):
    assert len(client.post("/api/search", json={"query": "tombstone", "top": 2}).json()["hits"]) == 2


def test_a_whole_number_may_be_written_with_a_point(client):
    assert len(client.post("/api/search", json={"query": "tombstone", "top": 2.0}).json()["hits"]) == 2


def test_search_that_finds_nothing_is_no_error(client):
    assert client.post("/api/search", json={"query": "nothing"}).json()["hits"] == []


def test_search_hands_over_the_cleaned_query_the_defaults_and_the_caller(state):
    seen = []

    def retrieve(query, **given):
        seen.append((query, given["top"], given["source_ids"], given["caller"].id))
        return []

    client = connect(make_api(state, retrieve=retrieve))
    client.post("/api/search", json={"query": "  a\x00b\tc\r\nd \x1f"})
    client.post("/api/search", json={"query": "x", "source_ids": ["manual", "manual"]})

    assert seen == [("a b\tc\nd", 5, None, "local"), ("x", 5, ("manual",), "local")]


def test_unknown_sources_are_named_with_the_known_ones(client):
    found = problem(client.post("/api/search", json={"query": "x", "source_ids": ["manual", "nope"]}))

    assert (found["status"], found["slug"]) == (404, "unknown-source")
    assert found["unknown"] == ["nope"]
    assert found["known"] == ["manual", "handbook", "intranet"]
    assert "'nope'" in found["detail"]


WRONG = [
    ({}, "query", "it is missing", "add `query`"),
    ({"query": 5}, "query", "it has the wrong type", "give text in quotes"),
    ({"query": None}, "query", "it has the wrong type", "give text in quotes"),
    ({"query": ""}, "query", "it is too short", "give at least 1 visible character(s)"),
    ({"query": " \n\x00\x1f "}, "query", "it is too short", "give at least 1 visible character(s)"),
    ({"query": "x" * 4_001}, "query", "it is too long", "give at most 4000 characters"),
    ({"query": "x", "top": "5"}, "top", "it has the wrong type", "give a whole number"),
    ({"query": "x", "top": 2.5}, "top", "it has the wrong type", "give a whole number"),
    ({"query": "x", "top": True}, "top", "it has the wrong type", "give a whole number"),
    ({"query": "x", "top": 0}, "top", "it is too small", "give 1 or more"),
    ({"query": "x", "top": 51}, "top", "it is too large", "give 50 or less"),
    (
        {"query": "x", "source_ids": "manual"},
        "source_ids",
        "it has the wrong type",
        'give a list, as in ["one", "two"]',
    ),
    ({"query": "x", "source_ids": []}, "source_ids", "it has too few items", "give at least 1, or leave the field out"),
    ({"query": "x", "source_ids": [1]}, "source_ids[0]", "it has the wrong type", "give text in quotes"),
    ({"query": "x", "sorce_ids": []}, "sorce_ids", "there is no such field", "did you mean `source_ids`?"),
    ({"query": "x", "zzz": 1}, "zzz", "there is no such field", "known fields are query, top, source_ids"),
    ([], "body", "it is not a JSON object", 'send an object, as in {"name": "value"}'),
    ("text", "body", "it is not a JSON object", 'send an object, as in {"name": "value"}'),
]


@pytest.mark.parametrize(("body", "field", "wrong", "fix"), WRONG)
def test_wrong_bodies_are_explained(client, body, field, wrong, fix):
    found = problem(client.post("/api/search", json=body))

    assert (found["status"], found["slug"]) == (422, "invalid-request")
    assert found["errors"] == [{"field": field, "problem": wrong, "fix": fix}]
    assert found["detail"] == f"{field}: {wrong}; {fix}."


def test_half_a_surrogate_pair_is_refused(client):
    body = b'{"query": "\\ud800"}'
    found = problem(client.post("/api/search", content=body, headers={"content-type": "application/json"}))

    assert found["errors"][0]["problem"] == "it is not valid Unicode text"


def test_a_query_of_4000_characters_outside_the_basic_plane_is_fine(client):
    assert client.post("/api/search", json={"query": "😀" * 4_000}).status_code == 200
