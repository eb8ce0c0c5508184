"""Indexes as they are made: every option is taken by the service, and chunks come back as they were."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lib.adapters.azure.search_clients import SearchClients
from lib.adapters.azure.search_fields import IndexOptions, counted, dimensions_of, document, parse_counted
from lib.adapters.azure.search_index import AzureSearchIndex
from tests.adapters.azure.search_loopback import index, search_clients
from tests.contracts.search_examples import DIMENSIONS, INDEX, best_first, direction, names, piece, question
from tests.examples import vector

__all__ = ["index", "search_clients"]


@pytest.mark.parametrize("quantization", ["none", "scalar", "binary"])
@pytest.mark.parametrize("rescoring", [True, False])
@pytest.mark.parametrize("analyzer", ["plumbline-words", "de.microsoft"])
def test_every_option_makes_an_index_that_works(search_clients, quantization, rescoring, analyzer):
    options = IndexOptions(quantization=quantization, rescoring=rescoring, analyzer=analyzer, oversampling=4)
    made = AzureSearchIndex(search_clients, options=options)

    made.ensure(INDEX, dimensions=DIMENSIONS)
    made.upsert(INDEX, [piece("a", "zebra")])

    assert names(made.search(INDEX, question("zebra", direction(1)))) == {"a"}
    found = search_clients.indexes.get_index(INDEX)
    assert dimensions_of(found) == DIMENSIONS
    assert [c.kind for c in found.vector_search.compressions] == (
        [] if quantization == "none" else [f"{quantization}Quantization"]
    )
    assert {f.name: f.analyzer_name for f in found.fields if f.analyzer_name} == dict.fromkeys(
        ("title", "heading", "text"), analyzer
    )


def test_the_semantic_ranker_orders_the_text_arm_if_asked_to(index, search_clients):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    far = "zebra " + "grass " * 40 + "lion"
    index.upsert(INDEX, [piece("far", far + " zebra zebra zebra lion lion"), piece("close", "the zebra saw a lion")])
    ranked = AzureSearchIndex(search_clients, semantic=True)
    asked = question('"zebra" lion \ud800?', direction(1))

    found = ranked.search(INDEX, asked)

    assert sorted(best_first(found, "text_rank")) == ["close", "far"]
    assert all(candidate.text_score > 0 for candidate in found)
    assert names(found) == names(index.search(INDEX, asked))


def test_ids_of_chunks_are_keys_that_the_service_takes():
    assert re.fullmatch(r"[A-Za-z0-9=\-][A-Za-z0-9_=\-]{0,1023}", piece("a", version=2**53).id)


def test_vectors_are_short_in_json_and_keep_their_half_precision():
    chunk = replace(piece("a"), vector=vector("any"))

    sent = document(chunk)["vector"]

    assert max(len(repr(number)) for number in sent) <= 10
    assert np.array_equal(np.array(sent, np.float16), chunk.vector.astype(np.float16))


def test_documents_are_counted_in_several_requests(index, monkeypatch):
    monkeypatch.setattr("lib.adapters.azure.search_index.COUNT_BATCH", 3)
    index.ensure(INDEX, dimensions=DIMENSIONS)
    chunks = [piece(f"p{n}", ordinal=m) for n in range(10) for m in range(n % 3 + 1)]
    index.upsert(INDEX, chunks)

    held = index.count(INDEX, [chunk.document_id for chunk in chunks])

    assert held == {(piece(f"p{n}").document_id, 1): n % 3 + 1 for n in range(10)}
    assert parse_counted(counted("d-1", 7)) == ("d-1", 7)


def test_clients_of_one_index_are_made_once(stand_ins, credential):
    clients = SearchClients(stand_ins.url, credential, timeout_s=5)

    assert clients.documents("x") is clients.documents("x")
    clients.close()
