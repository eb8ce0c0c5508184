"""POST /api/search: the best passages."""

import time

from fastapi import APIRouter

from lib.api.api import Api
from lib.api.auth import Reader, TheApi
from lib.api.contract import JsonRoute, problems
from lib.api.problems import ProblemError
from lib.api.schemas import HitOut, SearchBody, SearchOut

router = APIRouter(tags=["Questions"], route_class=JsonRoute)


@router.post("/api/search", responses=problems("unknown-source"))
def search(body: SearchBody, api: TheApi, caller: Reader) -> SearchOut:
    """
    Find the passages that fit a query best, by words and by meaning.

    Every hit was checked against its document: deleted pages and pages that you may not read never appear.
    """
    started = time.perf_counter()
    hits = api.retrieve(body.query, top=body.top, caller=caller, source_ids=known_sources(api, body.source_ids))
    took_ms = (time.perf_counter() - started) * 1_000
    return SearchOut(hits=[HitOut.model_validate(hit) for hit in hits], took_ms=round(took_ms, 3))


def known_sources(api: Api, ids: list[str] | None) -> tuple[str, ...] | None:
    """The ids as they came, each once. Raises: ProblemError naming those that no source has."""
    if ids is None:
        return None
    known = [source.id for source in api.sources().items]
    unknown = [given for given in dict.fromkeys(ids) if given not in known]
    if unknown:
        detail = f"No source has the id {', '.join(map(repr, unknown))}. Known ids: {', '.join(known) or 'none'}."
        raise ProblemError("unknown-source", detail, extra={"unknown": unknown, "known": known})
    return tuple(dict.fromkeys(ids))
