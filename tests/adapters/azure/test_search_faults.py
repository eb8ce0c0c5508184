"""What the search adapter makes of a service that is slow, busy, cut off, full, or does not trust it."""

import time
from dataclasses import replace

import pytest

from lib.adapters.azure.search_batches import Limits
from lib.adapters.azure.search_index import AzureSearchIndex, point_alias
from lib.errors import BadInput, DimensionMismatch, NotFound, Permanent, StorageFull, Throttled, Unreachable
from tests.adapters.azure.search_loopback import index, search_clients
from tests.contracts.search_examples import DIMENSIONS, INDEX, direction, names, piece, question

__all__ = ["index", "search_clients"]

CALLS = {
    "ensure": lambda index: index.ensure(INDEX, dimensions=DIMENSIONS),
    "upsert": lambda index: index.upsert(INDEX, [piece("b", "zebra")]),
    "delete": lambda index: index.delete(INDEX, [piece("a").id]),
    "search": lambda index: index.search(INDEX, question("zebra", direction(1))),
    "count": lambda index: index.count(INDEX),
    "count some": lambda index: index.count(INDEX, [piece("a").document_id]),
}


@pytest.fixture
def fault(stand_ins):
    def set_fault(kind, **options):
        stand_ins.set_faults([{"service": "search", "kind": kind, **options}])

    return set_fault


@pytest.fixture
def filled(index):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece("a", "zebra")])
    return index


@pytest.mark.parametrize("call", CALLS)
def test_throttling_is_said_at_once_with_the_time_to_wait(filled, fault, stand_ins, call):
    fault("throttle", retry_after_s=37)
    started = time.monotonic()

    with pytest.raises(Throttled, match=INDEX) as caught:
        CALLS[call](filled)

    assert caught.value.retry_after_s == 37
    assert time.monotonic() - started < 5
    assert stand_ins.faults()[0]["hits"] <= 2  # one for each arm


@pytest.mark.parametrize("call", CALLS)
def test_a_service_under_heavy_load_counts_as_throttling(filled, fault, call):
    fault("unavailable", retry_after_s=4)

    with pytest.raises(Throttled) as caught:
        CALLS[call](filled)

    assert caught.value.retry_after_s == 4


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", ["reset", "lost_answer"])
def test_a_connection_that_breaks_once_is_not_noticed(filled, fault, stand_ins, call, kind):
    fault(kind, times=1)

    CALLS[call](filled)

    assert stand_ins.faults()[0]["hits"] == 1


@pytest.mark.parametrize("call", CALLS)
def test_a_connection_that_keeps_breaking_is_unreachable(filled, fault, call):
    fault("reset")

    with pytest.raises(Unreachable, match=INDEX):
        CALLS[call](filled)


def test_documents_that_fail_for_a_moment_are_sent_again_alone(filled, fault, stand_ins):
    fault("partial:503", share=0.5, seed=3, times=12)
    chunks = [piece("many", f"zebra {n}", ordinal=n) for n in range(20)]

    filled.upsert(INDEX, chunks)

    hits = stand_ins.faults()[0]["hits"]
    assert 0 < hits <= 12
    assert filled.count(INDEX, [chunks[0].document_id]) == {(chunks[0].document_id, 1): 20}


@pytest.mark.parametrize(
    ("status", "error"), [(503, Throttled), (429, Throttled), (409, Unreachable), (422, Unreachable)]
)
def test_documents_that_keep_failing_are_said_to(filled, fault, stand_ins, status, error):
    fault(f"partial:{status}")
    started = time.monotonic()

    with pytest.raises(error, match=piece("b").id):
        filled.upsert(INDEX, [piece("b")])

    assert stand_ins.faults()[0]["hits"] == 3
    assert time.monotonic() - started < 3


def test_deletions_are_checked_one_by_one_too(filled, fault):
    fault("partial")

    with pytest.raises(Throttled):
        filled.delete(INDEX, [piece("a").id])


def test_a_document_that_cannot_be_stored_is_named_and_not_sent_again(filled, fault, stand_ins):
    fault("partial:400", times=1)

    with pytest.raises(BadInput, match=piece("b").id) as caught:
        filled.upsert(INDEX, [piece("b", "a secret text"), piece("c")])

    assert stand_ins.faults()[0]["hits"] == 1
    assert "secret" not in str(caught.value)


def test_a_batch_that_is_too_large_is_halved_until_it_fits(filled, fault):
    fault("too_large:3000")
    chunks = [piece("many", "zebra " * 20, ordinal=n) for n in range(33)]

    filled.upsert(INDEX, chunks)

    assert filled.count(INDEX) == {("", 0): 34}


def test_a_chunk_that_is_too_large_alone_is_named(filled, fault):
    fault("too_large:3000")
    chunks = [piece("many", "zebra", ordinal=n) for n in range(9)]
    chunks[5] = replace(chunks[5], text="zebra " * 900)

    with pytest.raises(BadInput, match=f"{chunks[5].id}.* larger"):
        filled.upsert(INDEX, chunks)


def test_batches_are_bounded_by_number_and_by_size(search_clients, filled, fault, stand_ins):
    fault("slow", delay_s=0, match="search.index")
    chunks = [piece("many", "zebra " * 100, ordinal=n) for n in range(10)]
    for limits, requests in ((Limits(documents=4), 3), (Limits(size_bytes=2_500), 5), (Limits(), 1)):
        fault("slow", delay_s=0, match="search.index")
        AzureSearchIndex(search_clients, limits=limits).upsert(INDEX, chunks)

        assert stand_ins.faults()[0]["hits"] == requests
    assert filled.count(INDEX) == {("", 0): 11}


def test_no_room_left_is_said(filled, fault):
    fault("quota")

    with pytest.raises(StorageFull, match="no room"):
        filled.upsert(INDEX, [piece("b")])


@pytest.mark.parametrize("call", CALLS)
def test_a_missing_right_names_the_role_and_the_command(filled, fault, call):
    fault("forbidden")

    with pytest.raises(Permanent, match=r"role 'Search (Service|Index Data) \w+'.*python3 dev.py azure init"):
        CALLS[call](filled)


def test_who_may_not_see_definitions_can_use_an_index_that_is_there(filled, fault):
    fault("forbidden_definitions")

    filled.ensure(INDEX, dimensions=DIMENSIONS)
    with pytest.raises(DimensionMismatch, match=INDEX):
        filled.ensure(INDEX, dimensions=DIMENSIONS + 1)


def test_who_may_not_make_an_index_is_told_who_can(index, fault):
    fault("forbidden_definitions")

    with pytest.raises(Permanent, match=r"python3 dev.py azure init.*Search Service Contributor"):
        index.ensure(INDEX, dimensions=DIMENSIONS)


def test_a_foreign_index_of_the_same_name_is_left_alone(index, search_clients):
    search_clients.indexes.create_index({"name": INDEX, "fields": [{"name": "id", "type": "Edm.String", "key": True}]})

    with pytest.raises(DimensionMismatch, match="no vectors of ours"):
        index.ensure(INDEX, dimensions=DIMENSIONS)


def test_a_question_of_another_length_is_refused_by_who_ensured_and_by_the_service(filled, search_clients):
    wrong = question("zebra", direction(1)[:-1])

    with pytest.raises(DimensionMismatch):
        filled.search(INDEX, wrong)
    with pytest.raises(BadInput) as caught:
        AzureSearchIndex(search_clients).search(INDEX, wrong)
    assert "zebra" not in str(caught.value)


def test_names_that_the_service_would_refuse_are_refused_before(index):
    for name in ("Chunks", "a_b", "-a", "a-", "a--b", "", "a" * 129):
        with pytest.raises(BadInput, match="cannot name an index"):
            index.ensure(name, dimensions=DIMENSIONS)


def test_an_alias_follows_late_and_we_query_by_name(filled, search_clients, fault):
    fault("late_aliases:2")
    point_alias(search_clients.indexes, "chunks", INDEX)
    reader = AzureSearchIndex(search_clients)

    for _ in range(2):
        with pytest.raises(NotFound):
            reader.count("chunks")
    assert reader.count("chunks") == {("", 0): 1}
    assert names(reader.search("chunks", question("zebra"))) == {"a"}
    point_alias(search_clients.indexes, "chunks", INDEX)  # again is no error
    with pytest.raises(NotFound, match="none-such"):
        point_alias(search_clients.indexes, "chunks", "none-such")
    search_clients.indexes.delete_alias("chunks")
