"""Batches of documents and single ones on the wire, compared with what was recorded from the service."""

import pytest


def statuses(answer):
    return [result["statusCode"] for result in answer.json()["value"]]


def test_statuses_are_as_recorded(service):
    first = service.index({"id": "1"})
    assert (first.status_code, first.json()) == (
        200,
        {"value": [{"key": "1", "status": True, "errorMessage": None, "statusCode": 201}]},
    )
    assert statuses(service.index({"id": "1"})) == [200]
    assert statuses(service.index({"id": "1"}, action="merge")) == [200]
    assert statuses(service.index({"id": "2"}, {"id": "1"}, action="mergeOrUpload")) == [201, 200]
    assert statuses(service.index({"id": "2"}, {"id": "missing"}, action="delete")) == [200, 200]
    some = service.index({"id": "1003"}, {"id": "1"}, action="merge")
    assert (some.status_code, some.json()) == (
        207,
        {
            "value": [
                {"key": "1003", "status": False, "errorMessage": "Document not found.", "statusCode": 404},
                {"key": "1", "status": True, "errorMessage": None, "statusCode": 200},
            ]
        },
    )
    assert some.headers["Content-Type"].startswith("application/json; odata.metadata=none; odata.streaming=true")
    assert some.headers["Preference-Applied"] == 'odata.include-annotations="*"'


def test_merging_keeps_what_is_not_named_and_uploading_does_not(service, book):
    service.index(book("a", "zebra", kind="x", vec=[1, 0]))
    service.index({"id": "a", "pages": 7}, action="merge")

    near = [{"kind": "vector", "vector": [1, 0], "k": 1, "fields": "vec"}]
    [row] = service.search(vectorQueries=near)["value"]
    assert (row["kind"], row["pages"], row["@search.score"]) == ("x", 7, pytest.approx(1, abs=1e-6))
    service.index({"id": "a", "pages": 8})
    assert service.call("GET", "/indexes('books')/docs('a')").json()["kind"] is None
    assert service.search(vectorQueries=near)["value"] == []


def test_a_document_comes_back_with_nulls_and_empty_collections(service):
    service.index({"id": "a", "title": "T"})

    assert service.call("GET", "/indexes('books')/docs('a')").json() == {
        "id": "a", "title": "T", "text": None, "kind": None, "tags": [], "pages": None, "price": None, "sold": None,
        "printed": None,
    }  # fmt: skip
    gone = service.call("GET", "/indexes('books')/docs('none')")
    assert (gone.status_code, gone.content) == (404, b"")
    assert service.call("GET", "/indexes('books')/docs/$count").text == "1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "b", "odd": 1},
        {"id": "b", "pages": "7"},
        {"id": "b", "pages": 2**40},
        {"id": "b", "tags": "x"},
        {"id": "b", "tags": [1]},
        {"id": "b", "vec": "x"},
        {"id": "b", "printed": "yesterday"},
        {"title": "no key"},
        {"id": None},
    ],
)
def test_a_batch_that_cannot_be_read_changes_nothing(service, wrong):
    answer = service.index({"id": "a"}, wrong)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "")
    assert service.ids() == []


def test_a_batch_without_actions_or_with_too_many_is_refused(service):
    assert service.index().status_code == 400
    assert service.index(*({"id": str(n)} for n in range(1_001))).status_code == 400
    assert service.index({"id": "a"}, action="replace").status_code == 400


def test_a_wrong_key_or_length_fails_alone(service):
    answer = service.index({"id": "a"}, {"id": "_b"}, {"id": "c/d"}, {"id": "e", "vec": [1, 2, 3]}, {"id": "f=-_"})

    assert (answer.status_code, statuses(answer)) == (207, [201, 400, 400, 400, 201])
    assert sorted(service.ids()) == ["a", "f=-_"]


def test_a_partial_failure_hits_some_documents(service):
    service.set_fault("partial:409", share=0.5, seed=1)
    answer = service.index(*({"id": str(n)} for n in range(20)))

    assert answer.status_code == 207
    assert set(statuses(answer)) == {201, 409}
    service.faults.set([])
    assert len(service.ids()) == statuses(answer).count(201)


def test_late_documents_are_seen_after_so_many_requests_as_a_whole_and_in_order(service):
    service.index({"id": "a", "text": "old"})
    service.set_fault("late_documents:2")
    assert statuses(service.index({"id": "a", "text": "new"}, {"id": "b", "text": "new"})) == [200, 201]
    service.faults.set([])
    assert statuses(service.index({"id": "b", "kind": "merged"}, action="merge")) == [200]  # waits behind the late one

    assert [service.ids(search="old new") for _ in range(3)] == [["a"], ["a"], ["a", "b"]]
    assert service.call("GET", "/indexes('books')/docs('b')").json()["kind"] == "merged"


def test_late_documents_are_seen_after_a_time(service):
    service.set_fault("late_documents", delay_s=0.2)
    service.index({"id": "a"})
    service.faults.set([])

    assert service.ids() == []
    seen = []
    while not seen:  # the test's own time-out ends it
        seen = service.ids()
    assert seen == ["a"]


def test_a_late_deletion_is_seen_late(service):
    service.index({"id": "a"})
    service.set_fault("late_documents:1")
    service.index({"id": "a"}, action="delete")

    assert [service.ids(), service.ids()] == [["a"], []]


def test_a_body_that_is_too_large_is_refused(service):
    service.set_fault("too_large:100")

    assert service.index({"id": "a"}).status_code == 200
    assert service.index({"id": "a", "text": "x" * 100}).status_code == 413
