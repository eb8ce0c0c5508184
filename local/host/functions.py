"""What the host knows of a function once it is loaded and found valid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerTrigger:
    schedule: str
    run_on_startup: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTrigger:
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTrigger:
    poll_s: float
    max_items: int
    from_beginning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTrigger:
    route: str
    methods: frozenset[str]
    """Empty: all."""


Trigger = TimerTrigger | QueueTrigger | FeedTrigger | HttpTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOutput:
    """A queue that a function writes to by an `Out` parameter, or by what it returns (`$return`)."""

    name: str
    queue: str
    converter: Any
    """The library's own; None for a parameter annotated `Out[str]` or `Out[bytes]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """`@retry`: what the host itself repeats, in this process."""

    max_retries: int
    """-1: for ever."""
    first_delay_s: float
    longest_delay_s: float
    """As long as the first delay if it is fixed."""

    def allows(self, retries: int) -> bool:
        return self.max_retries < 0 or retries < self.max_retries

    def delay_s(self, retries: int) -> float:
        return min(self.longest_delay_s, self.first_delay_s * 2.0 ** min(retries, 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function and its bindings."""

    name: str
    call: Callable[..., Any]
    is_async: bool
    wants_context: bool
    directory: str
    trigger: Trigger
    trigger_parameter: str
    converter: Any
    """The library's converter of the trigger's payload; None hands over the payload's text (annotated str or bytes)."""
    outputs: tuple[QueueOutput, ...] = ()
    retry: RetryPolicy | None = None
    disabled: bool = False
    """By the app setting AzureWebJobs.<name>.Disabled."""
