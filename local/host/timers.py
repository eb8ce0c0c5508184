"""Timer triggers: NCRONTAB, one run of a timer at a time."""

from datetime import timedelta

from lib.domain.schedules import next_after
from lib.ports.clock import Clock
from local.host.bindings import Payload, timer_payload
from local.host.functions import Function, TimerTrigger
from local.host.invocation import Invoker
from local.host.retries import run_with_retries
from local.host.waiting import Listener

_LOOK_S = 1.0
"""Longest wait without a look at the clock, which may be set, and stands still for no one while the laptop sleeps."""
_LATE = timedelta(seconds=1.5)


class TimerListener(Listener):
    """
    Runs one timer function on its own thread, so that a run that takes long delays the next one.

    Ticks that pass while a run is on, or while the machine sleeps, become one run afterwards, marked past due.
    """

    def __init__(self, function: Function, trigger: TimerTrigger, *, invoker: Invoker, clock: Clock) -> None:
        super().__init__(f"timer {function.name}")
        self._function = function
        self._trigger = trigger
        self._invoker = invoker
        self._clock = clock
        self._busy = trigger.run_on_startup

    def is_idle(self) -> bool:
        return not self._busy

    def _listen(self) -> None:
        last = None
        due = next_after(self._trigger.schedule, self._clock.now())
        if self._trigger.run_on_startup:
            last = self._clock.now()
            self._run(timer_payload(past_due=False, last=None, following=due))
        while not self._stopping.is_set():
            now = self._clock.now()
            missed = last is not None and due <= now
            while (now := self._clock.now()) < due and not self._stopping.is_set():
                self._wait(min(_LOOK_S, (due - now).total_seconds()))
            if self._stopping.is_set():
                return
            past_due = missed or now - due > _LATE
            following = next_after(self._trigger.schedule, now if past_due else due)
            self._run(timer_payload(past_due=past_due, last=last, following=following))
            last, due = now, following

    def _run(self, payload: Payload) -> None:
        self._busy = True
        try:
            run_with_retries(
                self._function,
                lambda retries: self._invoker.run(self._function, payload, retries=retries),
                stopping=self._stopping,
            )
        finally:
            self._busy = False
