"""POST /api/ask: an answer with citations, whole or as it is made."""

import logging
import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response

from lib.api.api import Api
from lib.api.auth import Reader, TheApi
from lib.api.contract import JsonRoute, problems
from lib.api.markdown import answer_html
from lib.api.problems import ProblemError, problem_of, trace_id
from lib.api.schemas import AnswerOut, AskBody, CitationOut, UsageOut
from lib.api.search import known_sources
from lib.api.streams import EventStream, event, heard
from lib.domain.answers import Answer
from lib.errors import PlumblineError

logger = logging.getLogger(__name__)
router = APIRouter(tags=["Questions"], route_class=JsonRoute)

JSON, EVENTS = "application/json", "text/event-stream"

_STREAM_EXAMPLE = (
    'event: delta\ndata: {"text": "Deletes travel"}\n\n'
    'event: citations\ndata: {"citations": [{"marker": 1, "quote": "..."}]}\n\n'
    'event: done\ndata: {"answer_id": "...", "answer": "Deletes travel [1].", "refused": false}\n\n'
)


@router.post(
    "/api/ask",
    response_model=AnswerOut,
    responses={
        200: {
            "description": "The answer, or a refusal (`refused`) without citations. As events: `delta` {text} while it "
            "is made, `citations` {citations}, `done` (the whole answer, which replaces the deltas), or `error` (a "
            "problem document) instead of `done`. Comments (lines that start with a colon) keep the connection open.",
            "content": {EVENTS: {"schema": {"type": "string"}, "example": _STREAM_EXAMPLE}},
        },
        **problems("unknown-source", "not-acceptable"),
    },
)
def ask(body: AskBody, request: Request, api: TheApi, caller: Reader) -> Any:
    """
    Answer a question from the documents, with citations that were checked against them.

    Send `Accept: text/event-stream` to receive the answer while it is made.
    """
    wanted = preferred(request.headers.get("accept", "*/*"))
    pieces = api.ask(
        body.question,
        caller=caller,
        conversation_id=body.conversation_id or f"c{secrets.token_hex(12)}",
        source_ids=known_sources(api, body.source_ids),
    )
    if wanted == EVENTS:
        return EventStream(_events(pieces, api, trace_id(request.scope)))
    answers = [piece for piece in pieces if isinstance(piece, Answer)]
    return _json(answers[-1])


async def _events(pieces: Iterator[str | Answer], api: Api, trace: str) -> AsyncGenerator[str]:
    """Server-sent events of one answer; an error becomes the last event, because the status is sent already."""
    try:
        async with aclosing(heard(pieces, every_s=api.heartbeat_s)) as items:
            done = False
            async for piece in items:
                if piece is None and not done:
                    yield ": still working\n\n"
                elif isinstance(piece, str):
                    yield event("delta", {"text": piece})
                elif piece is not None:
                    done = True
                    answer = _out(piece).model_dump(mode="json")
                    yield event("citations", {"citations": answer["citations"]})
                    yield event("done", answer)
    except Exception as error:
        if isinstance(error, PlumblineError):
            logger.warning("answer failed trace=%s reason=%s: %s", trace, type(error).__name__, error)
        else:
            logger.exception("answer failed trace=%s", trace)
        problem = problem_of(error, candid=api.settings.auth == "loopback")
        yield event("error", problem.document(trace))


def _json(answer: Answer) -> Response:
    return Response(_out(answer).model_dump_json(), media_type=JSON)


def _out(answer: Answer) -> AnswerOut:
    citations = () if answer.refused else answer.citations
    return AnswerOut(
        answer_id=answer.answer_id,
        conversation_id=answer.conversation_id,
        answer=answer.text,
        answer_html=answer_html(answer),
        citations=[CitationOut.model_validate(citation) for citation in citations],
        refused=answer.refused,
        extractive=answer.extractive,
        model=answer.model,
        note=answer.note,
        usage=UsageOut.model_validate(answer.usage),
        took_ms=round(answer.took_ms, 3),
    )


def preferred(accept: str) -> str:
    """
    Choose between JSON and events by an Accept header: the higher quality wins, then the more exact range, then JSON.

    Raises: ProblemError if neither is acceptable.
    """
    best = max((*_quality(accept, kind), kind == JSON, kind) for kind in (JSON, EVENTS))
    if best[0] <= 0:
        raise ProblemError("not-acceptable", f"{accept[:200]!r} accepts neither {JSON} nor {EVENTS}.")
    return best[-1]


def _quality(accept: str, kind: str) -> tuple[float, int]:
    """Quality and exactness of the most exact range that covers the kind (RFC 9110, 12.5.1)."""
    exactness = {kind: 2, kind.partition("/")[0] + "/*": 1, "*/*": 0}
    found: list[tuple[int, float]] = []
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        if name in exactness:
            q = next((p[2:] for p in parameters if p.startswith("q=")), "1")
            try:
                found.append((exactness[name], float(q)))
            except ValueError:
                continue
    if not found:
        return 0.0, 0
    exact, quality = max(found)
    return quality, exact
