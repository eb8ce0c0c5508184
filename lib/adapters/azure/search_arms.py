"""Two arms of one question: words and meaning, asked side by side, with what each of them thinks of a chunk."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

from azure.search.documents import SearchClient
from azure.search.documents.models import VectorizedQuery

from lib.adapters.azure.search_clients import SearchClients
from lib.adapters.azure.search_fields import KEY, SEARCHED, SELECTED, SEMANTIC, VECTOR, candidate
from lib.adapters.azure.search_query import plain_text, pre_filter, query_text, with_keys
from lib.domain.retrieval import Candidate, SearchRequest
from lib.domain.vectors import Vector

SEMANTIC_WAIT_MS = 1_000
"""How long the semantic ranker may take before the words alone decide."""

Row = Mapping[str, Any]


def propose(
    client: SearchClient,
    request: SearchRequest,
    *,
    pool: ThreadPoolExecutor,
    semantic: bool,
    every_cosine: bool,
) -> list[Candidate]:
    """
    The best of both arms, each chunk once.

    The text arm is asked on a thread of the pool, the vector arm on the caller's. For chunks that only the text arm
    found, a second vector query, exhaustive among just these, tells their cosines and gives their fields: so each text
    travels once. A chunk that has left the index, or the caller's sight, between these requests is left out.
    """
    words = query_text(request.text)
    condition = pre_filter(request)
    vector = request.vector
    selected = (KEY,) if every_cosine and vector is not None else SELECTED
    ask_words = partial(_by_words, client, request, words, condition=condition, semantic=semantic, selected=selected)
    if vector is None:
        return _candidates(ask_words() if words else [], [], {})
    asked = pool.submit(copy_context().run, ask_words) if words else None  # the context carries the trace
    near = _by_vector(client, vector, condition, request.limit)
    worded = asked.result() if asked else []
    if not every_cosine:
        return _candidates(worded, near, {})
    known = {row[KEY] for row in near}
    missing = [row[KEY] for row in worded if row[KEY] not in known]
    others = {row[KEY]: row for row in _by_key(client, vector, condition, missing)} if missing else {}
    return _candidates([row for row in worded if row[KEY] in known or row[KEY] in others], near, others)


def cosine_of(score: float) -> float:
    """
    The cosine behind a vector arm's score, which is 1 / (1 + (1 - cosine)).

    Source: Microsoft, "Relevance scoring in vector search" (AI Search documentation).
    """
    return 2.0 - 1.0 / score


def _candidates(worded: Sequence[Row], near: Sequence[Row], others: Mapping[str, Row]) -> list[Candidate]:
    """Ranks from 1, in the order that each arm gave; fields from wherever they came."""
    text = {row[KEY]: (rank, float(row["@search.score"])) for rank, row in enumerate(worded, start=1)}
    ranks = {row[KEY]: rank for rank, row in enumerate(near, start=1)}
    cosines = {row[KEY]: cosine_of(row["@search.score"]) for row in (*near, *others.values())}
    rows = {row[KEY]: row for row in (*worded, *others.values(), *near)}
    found = []
    for key, row in rows.items():
        text_rank, text_score = text.get(key, (None, None))
        found.append(
            candidate(
                row,
                text_rank=text_rank,
                text_score=text_score,
                vector_rank=ranks.get(key),
                cosine=cosines.get(key),
            )
        )
    return found


def _by_words(
    client: SearchClient,
    request: SearchRequest,
    words: str,
    *,
    condition: str | None,
    semantic: bool,
    selected: Sequence[str],
) -> list[Row]:
    """
    Full text search for any of the words; best first.

    With the semantic ranker, its order is the order of the answer (of the first 50), while the scores stay BM25's.
    """
    ranker: dict[str, Any] = {"query_type": "simple"}
    if semantic:
        ranker = {
            "query_type": "semantic",
            "semantic_configuration_name": SEMANTIC,
            "semantic_query": plain_text(request.text),
            "semantic_error_mode": "partial",
            "semantic_max_wait_in_milliseconds": SEMANTIC_WAIT_MS,
        }
    return list(
        client.search(
            words,
            search_mode="any",
            search_fields=list(SEARCHED),
            filter=condition,
            select=list(selected),
            top=request.limit,
            **ranker,
            **SearchClients.RETRIES,
        )
    )


def _by_vector(client: SearchClient, vector: Vector, condition: str | None, limit: int) -> list[Row]:
    """Nearest neighbours among those that pass the filter; best first."""
    return _nearest(client, vector, condition, limit, exhaustive=False)


def _by_key(client: SearchClient, vector: Vector, condition: str | None, keys: Sequence[str]) -> list[Row]:
    """These chunks, with their scores."""
    return _nearest(client, vector, with_keys(condition, keys), len(keys), exhaustive=True)


def _nearest(client: SearchClient, vector: Vector, condition: str | None, limit: int, *, exhaustive: bool) -> list[Row]:
    query = VectorizedQuery(
        vector=[float(number) for number in vector],
        k_nearest_neighbors=limit,
        fields=VECTOR,
        exhaustive=exhaustive,
    )
    return list(
        client.search(
            None,
            vector_queries=[query],
            vector_filter_mode="preFilter",
            filter=condition,
            select=list(SELECTED),
            top=limit,
            **SearchClients.RETRIES,
        )
    )
