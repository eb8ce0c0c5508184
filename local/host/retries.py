"""Running a function under its retry policy: in this process, with a count that a restart forgets, as in Azure."""

import threading
from collections.abc import Callable
from enum import Enum, auto

from local.host.functions import Function
from local.host.invocation import log_failure


class Outcome(Enum):
    DONE = auto()
    FAILED = auto()
    """There is no retry policy, or it has come to its end."""
    STOPPED = auto()
    """The host stops before the policy has come to its end: whatever triggered it is not settled."""


def run_with_retries(function: Function, run: Callable[[int], None], *, stopping: threading.Event) -> Outcome:
    """Run until it succeeds, the policy gives up or the host stops; `run` is told how many retries went before."""
    retries = 0
    while True:
        try:
            run(retries)
        except Exception as error:  # noqa: BLE001 - whatever a function raises must not end the host
            log_failure(function, error, f"retries={retries}")
        else:
            return Outcome.DONE
        if function.retry is None or not function.retry.allows(retries):
            return Outcome.FAILED
        if stopping.wait(function.retry.delay_s(retries)):
            return Outcome.STOPPED
        retries += 1
