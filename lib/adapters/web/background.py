"""Asynchronous work behind an ordinary iterator: an event loop in a thread of its own, results over a bounded queue."""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
Emit = Callable[[T], Awaitable[None]]
"""Hands a result over; waits while `room` results are waiting to be taken."""


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


def iterate(produce: Callable[[Emit[T]], Coroutine[Any, Any, None]], *, room: int) -> Generator[T, None, None]:
    """
    Run `produce` in the background and yield what it emits, as it comes.

    Closing the iterator cancels `produce` and waits for its clean-up: no thread, socket or task outlives it. What
    `produce` raises is raised here, after what it had emitted.
    """
    results: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
    loop = asyncio.new_event_loop()
    places = asyncio.Semaphore(room)

    async def emit(result: T) -> None:
        await places.acquire()
        results.put(result)

    task = loop.create_task(produce(emit))
    thread = threading.Thread(target=_run, args=(loop, task, results), name="plumbline-fetch", daemon=True)
    thread.start()
    try:
        while not isinstance(result := results.get(), _End):
            with suppress(RuntimeError):  # the loop has ended and closed: nobody waits for a place
                loop.call_soon_threadsafe(places.release)
            yield result
        if result.error is not None:
            raise result.error
    finally:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(task.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]", results: "queue.SimpleQueue[Any]") -> None:
    error: BaseException | None = None
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        pass
    except BaseException as raised:  # noqa: BLE001 - carried over to the thread that iterates, and raised there
        error = raised
    finally:
        try:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(asyncio.sleep(0))  # closed transports say goodbye in the next round
            loop.close()
        finally:
            results.put(_End(error))
