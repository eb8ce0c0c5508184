"""Politeness: when a host may be asked next, and by how many at once."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from lib.domain.times import parse_date

MAX_PAUSE_S = 86_400.0
_FIRST_PAUSE_S = 1.0
BREAKS_AFTER = 10
"""Failures in a row after which a host is left alone."""
_FIRST_BREAK_S = 60.0
_LONGEST_BREAK_S = 3600.0


class TooSoon(Exception):
    """The host may not be asked for longer than anybody here waits."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"the host may not be asked for another {wait_s:.0f} s")
        self.wait_s = wait_s


def retry_after_s(value: str, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for, in seconds or as a date; None if it is neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_PAUSE_S)
    at = parse_date(value)
    return min(max((at - now).total_seconds(), 0.0), MAX_PAUSE_S) if at else None


class Paces:
    """
    What hosts have asked of us: gaps between requests, and pauses. Lives as long as its reader; safe between threads.

    Times are `seconds` as `time.monotonic` gives them; tests pass their own.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._gap_s: dict[str, float] = {}
        self._next_at: dict[str, float] = {}
        self._strikes: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._broken_until: dict[str, float] = {}

    def set_gap(self, host: str, gap_s: float) -> None:
        """From now on leave that many seconds between requests to a host (its crawl-delay)."""
        with self._lock:
            self._gap_s[host] = min(max(gap_s, 0.0), MAX_PAUSE_S)

    def pause(self, host: str, retry_after_s: float | None) -> float:
        """The host asked us to slow down: leave it alone for that long, or longer each time if it did not say."""
        with self._lock:
            strikes = self._strikes.get(host, 0)
            self._strikes[host] = min(strikes + 1, 16)
            pause_s = _FIRST_PAUSE_S * 2**strikes if retry_after_s is None else retry_after_s
            pause_s = min(pause_s, MAX_PAUSE_S)
            self._next_at[host] = max(self._next_at.get(host, 0.0), self._seconds() + pause_s)
            return pause_s

    def failed(self, host: str) -> float:
        """
        The host did not answer, or stumbled. Returns the seconds for which it is left alone: 0 at first.

        After `BREAKS_AFTER` failures in a row a minute, then twice as long each time that it fails again. What is under
        way when that begins, and fails, makes it no longer.
        """
        with self._lock:
            now = self._seconds()
            if (left_s := self._broken_until.get(host, now) - now) > 0:
                return left_s
            self._failures[host] = failures = self._failures.get(host, 0) + 1
            if failures < BREAKS_AFTER:
                return 0.0
            break_s = min(_FIRST_BREAK_S * 2.0 ** min(failures - BREAKS_AFTER, 16), _LONGEST_BREAK_S)
            self._broken_until[host] = now + break_s
            self._next_at[host] = max(self._next_at.get(host, 0.0), now + break_s)
            return break_s

    def is_on_trial(self, host: str) -> bool:
        """Say whether the host has been left alone for failing, and has not answered since."""
        with self._lock:
            return self._failures.get(host, 0) >= BREAKS_AFTER

    def answered(self, host: str) -> None:
        """The host answered as usual: its pauses start short again."""
        with self._lock:
            self._strikes.pop(host, None)
            self._failures.pop(host, None)

    def rest_s(self, host: str) -> float:
        """Seconds for which a host is to be left alone from now on."""
        with self._lock:
            return max(0.0, self._next_at.get(host, 0.0) - self._seconds())

    def take_turn(self, host: str, *, patience_s: float) -> float:
        """
        Reserve the next turn; returns the seconds to wait for it.

        Raises: TooSoon if that is longer than `patience_s`; then nothing is reserved.
        """
        with self._lock:
            now = self._seconds()
            start = max(now, self._next_at.get(host, 0.0))
            if start - now > patience_s:
                raise TooSoon(start - now)
            gap = self._gap_s.get(host, 0.0)
            if gap:
                self._next_at[host] = start + gap
            return start - now


class Turns:
    """Turns at hosts within one call: at most `concurrency` at once for each, in the order of asking."""

    def __init__(self, paces: Paces, *, concurrency: int, patience_s: float) -> None:
        self._paces = paces
        self._concurrency = concurrency
        self._patience_s = patience_s
        self._places: dict[str, asyncio.Semaphore] = {}
        self._heads: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at a host and hold it. Raises: TooSoon."""
        places = self._places.setdefault(host, asyncio.Semaphore(self._concurrency))
        head = self._heads.setdefault(host, asyncio.Lock())
        async with places:
            async with head:  # one waits, so that nobody's wait is longer than the host's own gap or pause
                wait_s = self._paces.take_turn(host, patience_s=self._patience_s)
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                if self._paces.is_on_trial(host):  # one finds out for all
                    yield
                    return
            yield
