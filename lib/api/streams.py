"""Server-sent events from an iterator that blocks."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, TypeVar, cast

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Send

T = TypeVar("T")


class EventStream(StreamingResponse):
    """A stream of events; its generator is closed before the response ends, also when the client goes away."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[str]) -> None:
        self.events = events
        # no-transform and x-accel-buffering: proxies must neither compress nor collect what is meant to arrive at once
        super().__init__(events, headers={"cache-control": "no-store, no-transform", "x-accel-buffering": "no"})

    async def stream_response(self, send: Send) -> None:
        """Send the events one by one."""
        async with aclosing(self.events):
            await super().stream_response(send)


def event(name: str, data: dict[str, Any]) -> str:
    """Frame one event. JSON escapes line ends, so the data is one line."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def heard(items: Iterator[T], *, every_s: float) -> AsyncGenerator[T | None]:
    """
    Iterate in the thread pool, one step at a time; None whenever a step has lasted for another `every_s` seconds.

    Closing it waits for the step under way, then closes the iterator, so that nothing runs on unseen.
    """
    step: asyncio.Task[T | object] | None = None
    end = object()
    try:
        while True:
            step = asyncio.ensure_future(run_in_threadpool(next, items, end))
            while not (await asyncio.wait({step}, timeout=every_s))[0]:
                yield None
            item = step.result()
            if item is end:
                return
            yield cast(T, item)
    finally:
        with anyio.CancelScope(shield=True):
            if step is not None:
                await asyncio.wait({step})
                step.exception()  # whoever went away does not want to know
            close = getattr(items, "close", None)
            if close is not None:
                await run_in_threadpool(close)
