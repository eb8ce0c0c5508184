"""`docs/search.post.search`: arms, fusion, facets and pages."""

import json
import sqlite3
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lib.adapters.local.vector_matrix import MatrixView
from lib.domain.overlap import overlaps
from local.standins.search.definitions import JSON, searchable
from local.standins.search.facets import facets_of
from local.standins.search.filter_sql import where
from local.standins.search.requests import Request, VectorQuery
from local.standins.search.simple_query import parse
from local.standins.search.store import DocumentStore, body_with_all_fields, unit
from local.standins.search.text_arm import Scores, matches

RRF_K = 60
RERANKED = 50
"""How many the semantic ranker looks at."""

Rows = npt.NDArray[np.int64]


def search(store: DocumentStore, body: JSON) -> JSON:
    """Answer a search. Raises: Refused (400) for what is wrong, or unknown to the stand-in."""
    request = Request.read(body, store.definition)
    with store.reading() as (connection, view):
        allowed = _allowed(connection, request.filter, store.definition)
        arms = [_nearest(view, query, allowed) for query in request.vectors]
        text = _text(connection, request, store.definition, allowed)
        if text is not None:
            arms = [text, *arms]
        if not arms:
            scores = dict.fromkeys(_every(connection, allowed), 1.0)
        elif len(arms) == 1:
            scores = arms[0]
        else:
            scores = fused(arms, weights=[1.0] * (text is not None) + [query.weight for query in request.vectors])
        bodies = _Bodies(connection)
        order = _ordered(scores, request, bodies)
        reranked = _reranked(order[:RERANKED], request, bodies) if request.semantic else {}
        if reranked:
            order = [*sorted(reranked, key=lambda rid: -reranked[rid]), *order[RERANKED:]]
        answer: JSON = {}
        if request.count:
            answer["@odata.count"] = len(order)
        if request.facets:
            answer["@search.facets"] = facets_of(connection, request.facets, order, store.definition)
        shown = order[request.skip : request.skip + request.page]
        answer["value"] = [_row(bodies[rid], scores[rid], reranked.get(rid), request) for rid in shown]
    following = request.following(len(order))
    if following:
        answer["@search.nextPageParameters"] = following
    return answer


def fused(arms: Sequence[Scores], *, weights: Sequence[float]) -> Scores:
    """
    Reciprocal rank fusion with ranks from 0, as recorded from the service: sum of weight / (60 + rank); best first.

    Ties: by first appearance.
    """
    scores: Scores = {}
    for arm, weight in zip(arms, weights, strict=True):
        for rank, rid in enumerate(arm):
            scores[rid] = scores.get(rid, 0.0) + weight / (RRF_K + rank)
    return dict(sorted(scores.items(), key=lambda item: -item[1]))


def score_of(cosine: float) -> float:
    """What the service shows for a cosine: 1 / (1 + distance), from 1/3 to 1."""
    return 1.0 / (2.0 - cosine)


class _Bodies(dict[int, JSON]):
    """Documents by row, read when they are needed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._connection = connection

    def __missing__(self, rid: int) -> JSON:
        (text,) = self._connection.execute("SELECT body FROM documents WHERE rid = ?", (rid,)).fetchone()
        body: JSON = json.loads(text)
        self[rid] = body
        return body


def _allowed(connection: sqlite3.Connection, condition: str | None, definition: JSON) -> frozenset[int] | None:
    """The rows that pass the filter; None if all do."""
    if condition is None:
        return None
    sql, values = where(condition, definition)
    return frozenset(rid for (rid,) in connection.execute(f"SELECT rid FROM documents WHERE {sql}", values))  # noqa: S608


def _every(connection: sqlite3.Connection, allowed: frozenset[int] | None) -> list[int]:
    rows = [rid for (rid,) in connection.execute("SELECT rid FROM documents ORDER BY rid")]
    return rows if allowed is None else [rid for rid in rows if rid in allowed]


def _text(
    connection: sqlite3.Connection, request: Request, definition: JSON, allowed: frozenset[int] | None
) -> Scores | None:
    """The text arm; None if the request has no text, or asks for everything."""
    if not request.text.strip() or request.text.strip() == "*":
        return None
    query = parse(request.text, mode=request.mode)
    columns = [f"c{number}" for number, name in enumerate(searchable(definition)) if name in request.search_fields]
    found = matches(connection, query, columns) if query else {}
    return found if allowed is None else {rid: score for rid, score in found.items() if rid in allowed}


def _nearest(view: MatrixView, query: VectorQuery, allowed: frozenset[int] | None) -> Scores:
    """One vector query, exact: filtered before the k nearest are picked, or after, as it says. Ties: by age."""
    slots: Rows = np.flatnonzero(view.scopes)
    passing = np.isin(view.rids, np.fromiter(allowed or (), np.int64)) if allowed is not None else None
    if passing is not None and query.is_filtered_first:
        slots = slots[passing[slots]]
    cosines = view.vectors[slots] @ unit(query.vector)
    best = np.lexsort((slots, -cosines))[: query.k]
    if passing is not None:
        best = best[passing[slots[best]]]
    pairs = zip(view.rids[slots[best]].tolist(), cosines[best].tolist(), strict=True)
    return {rid: score_of(cosine) for rid, cosine in pairs}


def _ordered(scores: Scores, request: Request, bodies: _Bodies) -> list[int]:
    order = list(scores)
    for name, is_descending in reversed(request.order):
        if name == "search.score()":
            order.sort(key=lambda rid: scores[rid], reverse=is_descending)
        else:
            # nulls come first going up, last going down
            order.sort(
                key=lambda rid, name=name: ((v := bodies[rid].get(name)) is not None, v if v is not None else 0),  # type: ignore[misc]
                reverse=is_descending,
            )
    return order


def _reranked(order: Sequence[int], request: Request, bodies: _Bodies) -> Scores:
    """A stand-in for the semantic ranker: 0 to 4 by how close together a text holds the question's words."""
    semantic = request.semantic or {}
    texts = ["\n".join(str(bodies[rid].get(name) or "") for name in semantic["contents"]) for rid in order]
    titles = [str(bodies[rid].get(semantic["title"]) or "") for rid in order]
    found = overlaps(request.semantic_query or request.text, texts, contexts=titles)
    return {rid: 4 * overlap.window for rid, overlap in zip(order, found, strict=True)}


def _row(body: JSON, score: float, reranked: float | None, request: Request) -> JSON:
    row: JSON = {"@search.score": float(np.float32(score))}
    if reranked is not None:
        row["@search.rerankerScore"] = reranked
    whole = body_with_all_fields(body, request.definition)
    return row | {name: whole[name] for name in request.select}
