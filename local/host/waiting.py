"""How the host's threads wait: until a time, a stop or a wake-up; longer after each failure."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from lib.errors import PlumblineError
from lib.ports.event_queue import Depth, EventQueue, QueueMessage

logger = logging.getLogger(__name__)


class WakingQueue:
    """
    An event queue that wakes its readers in this process when something is sent.

    The host wraps the queue it is given; who sends through `host.queue` saves the wait for the next poll.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue
        self._readers: dict[str, list[Callable[[], None]]] = {}

    def on_send(self, queue: str, wake: Callable[[], None]) -> None:
        self._readers.setdefault(queue, []).append(wake)

    def send(self, queue: str, bodies: Sequence[str], *, delay_s: float = 0) -> None:
        self._queue.send(queue, bodies, delay_s=delay_s)
        for wake in self._readers.get(queue, ()) if delay_s <= 0 else ():
            wake()

    def receive(self, queue: str, *, limit: int, visibility_s: float) -> list[QueueMessage]:
        return self._queue.receive(queue, limit=limit, visibility_s=visibility_s)

    def complete(self, message: QueueMessage) -> bool:
        return self._queue.complete(message)

    def postpone(self, message: QueueMessage, *, visibility_s: float) -> QueueMessage | None:
        return self._queue.postpone(message, visibility_s=visibility_s)

    def peek(self, queue: str, *, limit: int) -> list[QueueMessage]:
        return self._queue.peek(queue, limit=limit)

    def depth(self, queue: str) -> Depth:
        return self._queue.depth(queue)


class Trouble:
    """Something a loop needs is out of order: said once when it starts and once when it ends, not at every attempt."""

    SHORTEST_S = 0.5
    LONGEST_S = 30.0

    def __init__(self, what: str) -> None:
        self._what = what
        self._said = ""
        self._delay_s = 0.0

    def failed(self, error: BaseException) -> float:
        """Note a failure; gives how long to wait before the next attempt, seconds."""
        if (line := f"{type(error).__name__}: {error}") != self._said:
            logger.error("trouble what=%s error=%s; trying again", self._what, line)
            logger.debug("traceback", exc_info=None if isinstance(error, PlumblineError) else error)
        self._said = line
        self._delay_s = min(self.LONGEST_S, max(self.SHORTEST_S, self._delay_s * 2))
        return self._delay_s

    def over(self) -> None:
        if self._said:
            logger.info("recovered what=%s", self._what)
            self._said, self._delay_s = "", 0.0


class Listener:
    """A thread that waits for one trigger. Subclasses write `_listen`, which returns once `self._stopping` is set."""

    def __init__(self, name: str) -> None:
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look now instead of at the next poll."""
        self._woken.set()

    def stop_taking(self) -> None:
        """Take no new work; returns at once."""
        self._stopping.set()
        self._woken.set()

    def finish(self, deadline: float) -> bool:
        """Wait for the work in hand until then (time.monotonic()); what is not done is given back. True: all done."""
        if self._thread.ident:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def is_idle(self) -> bool:
        raise NotImplementedError

    def _listen(self) -> None:
        raise NotImplementedError

    def _wait(self, timeout_s: float) -> bool:
        """Wait for a wake-up, at most that long; True if there was one."""
        woken = self._woken.wait(timeout_s)
        self._woken.clear()
        return woken
