"""Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends the process at once."""

import logging
import os
import queue
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
INTERRUPTED = 130
"""Exit code after a second Ctrl-C."""


class Interruption:
    """Whether somebody asked for the end. Its queue is the one kind that a signal handler may use at any moment."""

    def __init__(self) -> None:
        self._signals: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._asked = False

    def wait(self, timeout_s: float) -> bool:
        """Wait that long, or until somebody asks; True if somebody has asked."""
        if not self._asked:
            with suppress(queue.Empty):
                self._asked = bool(self._signals.get(timeout=timeout_s))
        return self._asked

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if self._asked or not self._signals.empty():
            os._exit(INTERRUPTED)
        self._signals.put(number)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Take over the signals that ask for an end, on the main thread, and give them back afterwards."""
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.handle) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(code: int) -> NoReturn:
    """End the process without waiting for threads that a function keeps busy."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
