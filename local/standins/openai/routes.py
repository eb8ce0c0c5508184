"""Azure OpenAI's v1 endpoint: `/openai/v1/embeddings` and `/openai/v1/chat/completions`."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from local.standins.faults import CUT
from local.standins.openai.chat import as_events, as_json, complete
from local.standins.openai.embeddings import embeddings
from local.standins.openai.refusals import Refused, invalid
from local.standins.openai.state import OpenAIState

EVENTS_BEFORE_TROUBLE = 3


def routes(state: OpenAIState) -> list[Route]:
    """
    The routes of the service. It can misbehave in these ways of its own (see `faults.Fault`):

    `content_filter` blocks inputs and `content_filter_output` answers that contain the fault's text; `refusal` makes
    the model refuse structured output; `length` cuts the answer; `stream_error` and `cut_stream` break a stream.
    """

    async def embed(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(embeddings, state, await _body(request)))
        except Refused as refused:
            return refused.response()

    async def chat(request: Request) -> Response:
        try:
            body = await _body(request)
            found = await run_in_threadpool(complete, state, body)
        except Refused as refused:
            return refused.response()
        if not body.get("stream"):
            return JSONResponse(as_json(found))
        events = as_events(found, usage=bool((body.get("stream_options") or {}).get("include_usage")))
        return StreamingResponse(_troubled(state, request, events), media_type="text/event-stream")

    return [
        Route("/openai/v1/embeddings", embed, methods=["POST"]),
        Route("/openai/v1/chat/completions", chat, methods=["POST"]),
    ]


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise invalid("the body is not JSON") from error
    if not isinstance(body, dict):
        raise invalid("the body is not an object")
    return body


async def _troubled(state: OpenAIState, request: Request, events: Iterable[str]) -> AsyncIterator[str]:
    """The events, until a fault stops them."""
    broken, cut = (state.faults.draw("openai", kind) for kind in ("stream_error", "cut_stream"))
    for count, event in enumerate(events):
        if count == EVENTS_BEFORE_TROUBLE and broken:
            error = {"message": "The server had an error", "type": "server_error", "param": None, "code": None}
            yield f"data: {json.dumps({'error': error})}\n\n"
            return
        if count == EVENTS_BEFORE_TROUBLE and cut:
            request.scope[CUT]()
            return
        yield event
