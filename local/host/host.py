"""The local Functions host: one process that does for a Functions app what Azure does."""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib.errors import BadInput, Transient
from lib.ports.change_feed import ChangeFeed
from lib.ports.clock import Clock
from lib.ports.event_queue import EventQueue
from lib.ports.registry import Registry
from local.host.feed import FeedListener
from local.host.functions import FeedTrigger, Function, HttpTrigger, QueueTrigger, TimerTrigger
from local.host.http import Dispatcher, HttpServer, bind
from local.host.invocation import Activity, Invoker
from local.host.loader import load
from local.host.queues import QueueListener
from local.host.routes import Routes
from local.host.settings_resolution import read_host_json
from local.host.timers import TimerListener
from local.host.waiting import Listener, WakingQueue

logger = logging.getLogger(__name__)

MESSAGE_LEASE_S = 300.0
SHUTDOWN_S = 10.0
HTTP_SHUTDOWN_S = 5.0


class FunctionsHost:
    """
    Runs the functions of a folder that holds function_app.py and host.json.

    `start` and `stop` are called from one thread; a second `stop` only says what the first one said.
    What is imitated, and what is not: docs/local-host.md.
    """

    def __init__(
        self,
        app_dir: Path,
        *,
        queue: EventQueue,
        feed: ChangeFeed,
        leases: Registry,
        clock: Clock,
        settings: Mapping[str, str],
        port: int,
        bind: str = "127.0.0.1",
        message_lease_s: float = MESSAGE_LEASE_S,
        shutdown_s: float = SHUTDOWN_S,
    ) -> None:
        self.queue = queue if isinstance(queue, WakingQueue) else WakingQueue(queue)
        """Whoever sends through this one wakes the functions that wait for it."""
        self.port = port
        """The real one once started, if 0 was asked for."""
        self.functions: list[Function] = []
        self._app_dir = app_dir.resolve()
        self._feed = feed
        self._leases = leases
        self._clock = clock
        self._settings = settings
        self._bind = bind
        self._message_lease_s = message_lease_s
        self._shutdown_s = shutdown_s
        self._activity = Activity()
        self._listeners: list[Listener] = []
        self._server: HttpServer | None = None
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._loop_thread = threading.Thread(target=self._run_loop, name="functions loop", daemon=True)
        self._threads: ThreadPoolExecutor | None = None
        self._stopped: bool | None = None

    def start(self) -> None:
        """
        Load and check the app, take the port, then start everything.

        Raises: BadInput if the app would not run in Azure either or needs what the local host does not imitate;
        AlreadyRunning if the port is taken. Then nothing has been started.
        """
        started = time.perf_counter()
        self.functions = load(self._app_dir, self._settings)
        options = read_host_json(self._app_dir, self._settings)
        enabled = [function for function in self.functions if not function.disabled]
        routes = Routes.of(enabled, prefix=options.route_prefix)
        threads = self._thread_count(options.queues.batch_size + options.queues.new_batch_threshold + 4)
        listener = bind(self._bind, self.port) if routes else None
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="function")
        invoker = Invoker(queue=self.queue, activity=self._activity, threads=self._threads, loop=self._loop)
        self._loop_thread.start()
        if listener:
            self.port = listener.getsockname()[1]
            dispatcher = Dispatcher(routes, invoker=invoker, activity=self._activity)
            self._server = HttpServer(dispatcher, listener, loop=self._loop)
            self._server.start()
        for function in enabled:
            match function.trigger:
                case TimerTrigger() as trigger:
                    self._listeners.append(TimerListener(function, trigger, invoker=invoker, clock=self._clock))
                case FeedTrigger() as trigger:
                    reader = FeedListener(
                        function,
                        trigger,
                        feed=self._feed,
                        leases=self._leases,
                        invoker=invoker,
                        activity=self._activity,
                    )
                    self._activity.on_change(reader.wake)
                    self._listeners.append(reader)
                case QueueTrigger(queue=name):
                    poller = QueueListener(
                        function,
                        name,
                        queue=self.queue,
                        options=options.queues,
                        invoker=invoker,
                        threads=self._threads,
                        clock=self._clock,
                        lease_s=self._message_lease_s,
                    )
                    self.queue.on_send(name, poller.wake)
                    self._listeners.append(poller)
                case HttpTrigger():
                    pass
        for each in self._listeners:
            each.start()
        logger.info("started functions=%d ms=%d", len(enabled), (time.perf_counter() - started) * 1_000)

    def idle(self) -> bool:
        """Nothing runs, no message of a bound queue waits, rests or is in flight, and the feed is read to its end."""
        before = self._activity.started
        try:
            quiet = not self._activity.running and all(listener.is_idle() for listener in self._listeners)
        except Transient:  # what cannot be looked at may hold work
            return False
        return quiet and not self._activity.running and self._activity.started == before

    def stop(self) -> bool:
        """
        Take no new work, let what runs finish, and give back what does not in time.

        False: a function still runs on one of the threads, which would keep the interpreter from ending: `leave`.
        """
        if self._stopped is None:
            self._stopped = self._stop(time.monotonic() + self._shutdown_s)
            logger.info("stopped finished=%s", self._stopped)
        return self._stopped

    def _stop(self, deadline: float) -> bool:
        for listener in self._listeners:
            listener.stop_taking()
        if self._server:
            self._server.stop_taking(grace_s=min(HTTP_SHUTDOWN_S, self._shutdown_s))
        finished = [listener.finish(deadline) for listener in self._listeners]
        if self._server:
            finished.append(self._server.finish(max(0.0, deadline - time.monotonic()) + 1))
        if self._threads:
            self._threads.shutdown(wait=False, cancel_futures=True)
        if self._loop_thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
            self._loop_thread.join(2)
        if not self._loop_thread.is_alive():
            self._loop.close()
        return all(finished)

    def _run_loop(self) -> None:
        # Not run_forever: AnyIO would take each request for a root task of its own and end its threads with it, and
        # with each thread its database connections.
        self._loop.run_until_complete(self._until_end())

    async def _until_end(self) -> None:
        await self._end.wait()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1)

    def _thread_count(self, default: int) -> int:
        text = next((v for k, v in self._settings.items() if k.upper() == "PYTHON_THREADPOOL_THREAD_COUNT"), "")
        if not text:
            return default
        if not text.isdecimal() or not 1 <= int(text) <= 1_000:
            raise BadInput(f"the app setting PYTHON_THREADPOOL_THREAD_COUNT is {text!r}; it must be from 1 to 1000")
        return int(text)
