"""Running one function once: arguments in, outputs to their queues, and a count of what runs."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from lib.ports.event_queue import EventQueue
from local.host.bindings import Context, Out, Payload, decode, encode, new_context
from local.host.functions import Function

logger = logging.getLogger(__name__)

_EXIT = "a function must not end the process: it called sys.exit()"


class Activity:
    """Counts what runs, and tells whoever asked when something starts or ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watchers: list[Callable[[], None]] = []
        self.running = 0
        self.started = 0
        """Ever: two equal readings with nothing running between them mean that nothing happened."""

    def on_change(self, call: Callable[[], None]) -> None:
        self._watchers.append(call)

    @contextmanager
    def of_one(self) -> Iterator[None]:
        with self._lock:
            self.running += 1
            self.started += 1
        try:
            self._tell()
            yield
        finally:
            with self._lock:
                self.running -= 1
            self._tell()

    def _tell(self) -> None:
        for call in self._watchers:
            call()


class Invoker:
    """Calls functions as the Python worker does; what a function raises goes to the caller."""

    def __init__(
        self, *, queue: EventQueue, activity: Activity, threads: Executor, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._queue = queue
        self._activity = activity
        self._threads = threads
        self._loop = loop

    def run(self, function: Function, payload: Payload, *, retries: int = 0) -> None:
        """Call a function that no HTTP request waits for: here if it is sync, on the loop if it is async."""
        with self._activity.of_one():
            value = decode(function, payload)
            arguments, context = self._arguments(function, value, new_context(function, retries=retries))
            if function.is_async:
                result = asyncio.run_coroutine_threadsafe(_await(function, arguments), self._loop).result()
            else:
                result = contextvars.copy_context().run(_call, function, arguments, context)
            self._send(function, arguments, result)

    async def answer(self, function: Function, request: Any) -> Any:
        """Call an HTTP function on the loop that serves HTTP (a sync one on a thread) and give what it returns."""
        traced = {f"trace_{key[5:]}": request.headers.get(key, "") for key in ("traceparent", "tracestate")}
        arguments, context = self._arguments(function, request, new_context(function, retries=0, **traced))
        loop = asyncio.get_running_loop()
        if function.is_async:
            result = await _await(function, arguments)
        else:
            variables = contextvars.copy_context()
            result = await loop.run_in_executor(self._threads, variables.run, _call, function, arguments, context)
        if function.outputs:
            await loop.run_in_executor(self._threads, self._send, function, arguments, None)
        return result

    def _arguments(self, function: Function, value: Any, context: Context) -> tuple[dict[str, Any], Context]:
        arguments: dict[str, Any] = {function.trigger_parameter: value}
        arguments.update({output.name: Out() for output in function.outputs if output.name != "$return"})
        if function.wants_context:
            arguments["context"] = context
        return arguments, context

    def _send(self, function: Function, arguments: dict[str, Any], result: Any) -> None:
        """Write the outputs; a function whose outputs cannot be written has failed, as in Azure."""
        returns = next((output for output in function.outputs if output.name == "$return"), None)
        if result is not None and returns is None:
            raise RuntimeError(f"function {function.name!r} without a $return binding returned a non-None value")
        for output in function.outputs:
            value = result if output is returns else arguments[output.name].get()
            if value is not None:
                self._queue.send(output.queue, encode(output, value))


def _call(function: Function, arguments: dict[str, Any], context: Context) -> Any:
    context.thread_local_storage.invocation_id = context.invocation_id
    try:
        return function.call(**arguments)
    except SystemExit as error:
        raise RuntimeError(_EXIT) from error
    finally:
        context.thread_local_storage.invocation_id = None


async def _await(function: Function, arguments: dict[str, Any]) -> Any:
    try:
        return await function.call(**arguments)
    except SystemExit as error:
        raise RuntimeError(_EXIT) from error


def log_failure(function: Function, error: BaseException, facts: str) -> None:
    """One line for a failed invocation; the traceback at level DEBUG."""
    logger.warning("failed function=%s %s error=%s: %s", function.name, facts, type(error).__name__, error)
    logger.debug("traceback function=%s", function.name, exc_info=error)
