"""Time, so that tests can set it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, in UTC and aware of it."""
