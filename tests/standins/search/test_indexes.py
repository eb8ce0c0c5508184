"""Definitions, aliases and statistics on the wire, compared with what was recorded from the service."""

import pytest

from tests.standins.search.conftest import DEFINITION, Service

RECORDED_FIELD_DEFAULTS = {
    "stored", "indexAnalyzer", "searchAnalyzer", "analyzer", "normalizer", "dimensions", "vectorSearchProfile",
    "vectorEncoding", "synonymMaps",
}  # fmt: skip
RECORDED_INDEX_DEFAULTS = {
    "scoringProfiles": [],
    "corsOptions": None,
    "suggesters": [],
    "analyzers": [],
    "encryptionKey": None,
}
RECORDED_SIMILARITY = {"@odata.type": "#Microsoft.Azure.Search.BM25Similarity", "k1": None, "b": None}


def test_an_index_comes_back_with_all_defaults(service):
    answer = service.call("GET", "/indexes('books')")
    found = answer.json()

    assert answer.headers["ETag"] == found["@odata.etag"]
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["Content-Type"].startswith("application/json; odata.metadata=minimal")
    assert found["@odata.context"].endswith("$metadata#indexes/$entity")
    assert RECORDED_INDEX_DEFAULTS.items() <= found.items()
    assert found["similarity"] == RECORDED_SIMILARITY
    assert all(field.keys() >= RECORDED_FIELD_DEFAULTS for field in found["fields"])
    [algorithm] = found["vectorSearch"]["algorithms"]
    assert algorithm["hnswParameters"] == {"m": 4, "efConstruction": 400, "efSearch": 500, "metric": "cosine"}
    assert (found["vectorSearch"]["vectorizers"], found["vectorSearch"]["compressions"]) == ([], [])
    kind = next(field for field in found["fields"] if field["name"] == "kind")
    assert [kind[flag] for flag in ("filterable", "sortable", "facetable", "retrievable")] == [True] * 4


def test_indexes_are_made_once_changed_listed_and_dropped(service):
    assert service.call("POST", "/indexes", DEFINITION).status_code == 409
    more = {**DEFINITION, "fields": [*DEFINITION["fields"], {"name": "new", "type": "Edm.String"}]}
    service.index({"id": "a", "text": "zebra"})

    assert service.call("PUT", "/indexes('books')", more).status_code == 200
    assert service.call("PUT", "/indexes('other')", {**DEFINITION, "name": "other"}).status_code == 201
    service.index({"id": "b", "new": "zebra"})
    assert sorted(service.ids(search="zebra")) == ["a", "b"]
    listed = service.call("GET", "/indexes").json()["value"]
    assert [found["name"] for found in listed] == ["books", "other"]
    assert service.call("DELETE", "/indexes('other')").status_code == 204
    assert service.call("DELETE", "/indexes('other')").status_code == 404
    assert service.call("GET", "/indexes('other')").status_code == 404


def test_an_index_made_again_begins_empty(service):
    service.index({"id": "a"})
    service.call("DELETE", "/indexes('books')")
    service.call("POST", "/indexes", DEFINITION)

    assert service.ids() == []


def test_a_field_cannot_be_changed(service):
    fields = [*DEFINITION["fields"][:-1], {**DEFINITION["fields"][-1], "dimensions": 3}]
    answer = service.call("PUT", "/indexes('books')", {**DEFINITION, "fields": fields})

    message = "Existing field 'vec' cannot be changed."
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "error": {
                "code": "OperationNotAllowed",
                "message": message,
                "details": [{"code": "CannotChangeExistingField", "message": message}],
            }
        },
    )


def test_a_change_can_be_conditional(service):
    etag = service.call("GET", "/indexes('books')").headers["ETag"]

    assert service.call("PUT", "/indexes('books')", DEFINITION, **{"If-Match": etag}).status_code == 200
    assert service.call("PUT", "/indexes('books')", DEFINITION, **{"If-Match": etag}).status_code == 412
    assert service.call("PUT", "/indexes('books')", DEFINITION, **{"If-None-Match": "*"}).status_code == 412


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Books"},
        {"name": "a--b"},
        {"fields": []},
        {"fields": [*DEFINITION["fields"], DEFINITION["fields"][1]]},
        {"fields": [*DEFINITION["fields"], {"name": "x", "type": "Edm.Odd"}]},
        {"fields": [*DEFINITION["fields"], {"name": "1x", "type": "Edm.String"}]},
        {"fields": [*DEFINITION["fields"], {"name": "x", "type": "Edm.String", "analyzer": "none-such"}]},
        {"fields": [*DEFINITION["fields"], {"name": "x", "type": "Edm.Int32", "searchable": True}]},
        {"vectorSearch": None},
        {"vectorSearch": {"algorithms": [], "profiles": [{"name": "p", "algorithm": "h"}]}},
        {"semantic": {"configurations": [{"name": "s", "prioritizedFields": {"titleField": {"fieldName": "kind"}}}]}},
    ],
)
def test_a_definition_that_cannot_work_is_refused(service, wrong):
    body = {**DEFINITION, "name": "other", **wrong}

    assert service.call("POST", "/indexes", body).status_code == 400


def test_aliases_are_made_moved_listed_and_dropped(service):
    service.call("PUT", "/indexes('other')", {**DEFINITION, "name": "other"})
    service.index({"id": "a"})
    alias = {"name": "chunks", "indexes": ["books"]}

    assert service.call("PUT", "/aliases('chunks')", alias).status_code == 201
    assert service.call("POST", "/aliases", alias).status_code == 409
    found = service.call("GET", "/aliases('chunks')").json()
    assert found.items() >= alias.items()
    assert found["@odata.context"].endswith("$metadata#aliases/$entity")
    assert service.call("GET", "/indexes('chunks')/docs/$count").text == "1"
    assert service.call("PUT", "/aliases('chunks')", {**alias, "indexes": ["other"]}).status_code == 200
    assert service.call("GET", "/indexes('chunks')/docs/$count").text == "0"
    assert [entry["name"] for entry in service.call("GET", "/aliases").json()["value"]] == ["chunks"]
    assert service.call("PUT", "/aliases('x')", {"name": "x", "indexes": ["none"]}).status_code == 400
    assert service.call("DELETE", "/aliases('chunks')").status_code == 204
    gone = service.call("GET", "/aliases('chunks')")
    assert (gone.status_code, gone.json()["error"]["details"][0]["code"]) == (404, "IndexAliasNotFoundInService")
    assert service.call("GET", "/indexes('chunks')/docs/$count").status_code == 404


def test_statistics_count(service):
    service.index({"id": "a", "vec": [1, 0]}, {"id": "b"})

    found = service.call("GET", "/indexes('books')/search.stats").json()
    assert found.keys() >= {"documentCount", "storageSize", "vectorIndexSize"}
    assert found["documentCount"] == 2
    assert found["vectorIndexSize"] > 0
    counters = service.call("GET", "/servicestats").json()["counters"]
    assert counters["documentCount"] == {"usage": 2, "quota": None}
    assert counters["indexesCount"]["usage"] == 1


def test_all_is_kept_over_a_restart(service, tmp_path):
    service.call("PUT", "/aliases('chunks')", {"name": "chunks", "indexes": ["books"]})
    service.index({"id": "a", "text": "zebra", "vec": [1, 0]})
    service.set_fault("late_documents:2")
    service.index({"id": "b", "text": "zebra"})
    again = Service(tmp_path / "search")

    assert again.ids(search="zebra") == ["a"]
    assert again.ids(vectorQueries=[{"kind": "vector", "vector": [1, 0], "k": 5, "fields": "vec"}]) == ["a"]
    assert again.call("GET", "/indexes('chunks')/docs/$count").text == "2"
    again.close()


def test_a_request_without_a_version_or_with_a_broken_body_is_refused(service):
    assert service.http.get("/indexes").status_code == 400
    path = "/indexes('books')/docs/search.post.search?api-version=2026-04-01"
    for content in (b"{", b"[]", b"\xff"):
        assert service.http.post(path, content=content).status_code == 400
