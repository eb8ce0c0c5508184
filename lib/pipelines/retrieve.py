"""RETRIEVE: the index proposes, the heads decide, the ranking orders."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lib.domain.answers import Hit
from lib.domain.callers import Caller
from lib.domain.documents import DocumentId
from lib.domain.features import FeatureSet, FeatureSetId, Head, Live, Recipe
from lib.domain.ranking import rank
from lib.domain.retrieval import Candidate, SearchRequest
from lib.domain.times import parse_iso
from lib.domain.vectors import Vector
from lib.errors import NotConfigured, NotFound
from lib.pipelines.feature_sets import live
from lib.ports.clock import Clock
from lib.ports.embedder import Embedder
from lib.ports.feature_store import HeadStore
from lib.ports.registry import Registry
from lib.ports.search_index import SearchIndex

logger = logging.getLogger(__name__)

CANDIDATES = 50
"""Asked of each arm at first; more only if too few survive the check."""
MOST_CANDIDATES = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retriever:
    """The ports that retrieval needs."""

    index: SearchIndex
    heads: HeadStore
    registry: Registry
    embedder_for: Callable[[Recipe], Embedder]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """Hits with what finding them cost and which features they came from."""

    hits: list[Hit]
    feature_set: str
    embedding_tokens: int


def retrieve(
    query: str, *, top: int, caller: Caller, source_ids: tuple[str, ...] | None, retriever: Retriever
) -> Retrieved:
    """
    Find the best chunks for a question, best first, each one checked against its document's head (rule 1).

    Empty: nothing indexed, or nothing the caller may read, gives no hits.
    Raises: what the ports raise.
    """
    r = retriever
    try:
        feature_set = live(r.registry)
    except NotFound:
        return Retrieved(hits=[], feature_set="", embedding_tokens=0)
    vector, tokens = _query_vector(query, feature_set, r)
    limit = CANDIDATES
    while True:
        request = SearchRequest(text=query, vector=vector, groups=caller.groups, source_ids=source_ids, limit=limit)
        proposed = r.index.search(feature_set.index, request)
        allowed = _allowed(proposed, feature_set, caller, r)
        ranked = rank(query, allowed, top=top)
        if len(ranked) >= top or len(proposed) < limit or limit >= MOST_CANDIDATES:
            break
        limit = min(4 * limit, MOST_CANDIDATES)
    hits = [_hit(found.candidate, found.score) for found in ranked]
    return Retrieved(hits=hits, feature_set=feature_set.id, embedding_tokens=tokens)


def _query_vector(query: str, feature_set: FeatureSet, r: Retriever) -> tuple[Vector | None, int]:
    """The query's vector and its tokens; None if the settings have moved on and the new set is still being filled."""
    try:
        embedding = r.embedder_for(feature_set.recipe).embed([query], purpose="query")
    except NotConfigured as error:
        logger.warning("searching by words only reason=%s", error)
        return None, 0
    return embedding.vectors[0], embedding.tokens


def _allowed(candidates: Sequence[Candidate], feature_set: FeatureSet, caller: Caller, r: Retriever) -> list[Candidate]:
    """Keep what the heads confirm: the live version, or in its grace the one before, while that one is invisible."""
    heads = r.heads.heads(list({DocumentId(c.document_id) for c in candidates}))
    seen_live = {c.document_id for c in candidates if _is_live(c, heads, feature_set.id)}
    now = r.clock.now()
    grace = timedelta(seconds=r.index.visibility_delay_s)
    allowed = []
    for candidate in candidates:
        head = heads.get(DocumentId(candidate.document_id))
        entry = head.live.get(feature_set.id) if head else None
        if head is None or entry is None or entry.deleted:
            continue
        if candidate.version < head.denied_below or not caller.may_read(head.access):
            continue
        is_live = candidate.version == entry.version
        if is_live or (candidate.document_id not in seen_live and _is_in_grace(candidate, entry, now, grace)):
            allowed.append(candidate)
    return allowed


def _is_live(candidate: Candidate, heads: dict[DocumentId, Head], feature_set: FeatureSetId) -> bool:
    head = heads.get(DocumentId(candidate.document_id))
    return bool(head and feature_set in head.live and head.live[feature_set].version == candidate.version)


def _is_in_grace(candidate: Candidate, live: Live, now: datetime, grace: timedelta) -> bool:
    if not grace or candidate.version != live.previous:
        return False
    return now < parse_iso(live.flipped_at) + grace


def _hit(candidate: Candidate, score: float) -> Hit:
    return Hit(
        chunk_id=candidate.id,
        document_id=candidate.document_id,
        document_version=candidate.version,
        source_id=candidate.source_id,
        url=candidate.url,
        title=candidate.title,
        heading=candidate.heading,
        text=candidate.text,
        start=candidate.start,
        end=candidate.end,
        fetched_at=candidate.fetched_at,
        score=score,
    )
