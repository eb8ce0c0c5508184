"""Queues: at least once, in no order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lib.errors import BadInput

MAX_BODY_BYTES = 48 * 1024
"""What Queue Storage takes once the body is base64."""
_NAME = re.compile(r"[a-z0-9](-?[a-z0-9])*")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage:
    """A message as received."""

    id: str
    queue: str
    body: str
    dequeue_count: int
    """1 at the first delivery."""
    inserted_at: str
    receipt: str
    """Proof of this delivery; a later delivery makes it void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How much waits in a queue."""

    messages: int
    """Waiting, delayed and in flight."""
    oldest_s: float
    """Age of the oldest, seconds; 0 if empty."""


class EventQueue(Protocol):
    """
    Named queues. A received message is invisible for a while; completed it is gone, otherwise it comes again.

    Messages never expire. Bodies are text of at most `MAX_BODY_BYTES` in UTF-8. Names are 3 to 63 lower-case letters,
    digits and single hyphens between them; every method raises BadInput for another one.
    """

    def send(self, queue: str, bodies: Sequence[str], *, delay_s: float = 0) -> None:
        """
        Put messages in, visible after the delay. Makes the queue if it is new. Durable when it returns.

        Raises: BadInput if a body is too long (then none is sent), Unreachable, StorageFull.
        """

    def receive(self, queue: str, *, limit: int, visibility_s: float) -> list[QueueMessage]:
        """Take up to `limit` visible messages, oldest first, and hide them for that long; never blocks."""

    def complete(self, message: QueueMessage) -> bool:
        """Delete a received message; False if its receipt is void (it was delivered again, or is gone)."""

    def postpone(self, message: QueueMessage, *, visibility_s: float) -> QueueMessage | None:
        """Hide a received message for that long from now (0 gives it back at once); None if its receipt is void."""

    def peek(self, queue: str, *, limit: int) -> list[QueueMessage]:
        """Look at visible messages without taking them (their receipt is empty)."""

    def depth(self, queue: str) -> Depth:
        """What waits in the queue; an unknown queue is empty."""


def check_name(queue: str) -> None:
    """Raises: BadInput if this cannot be the name of a queue."""
    if not (3 <= len(queue) <= 63 and _NAME.fullmatch(queue)):
        raise BadInput(
            f"{queue!r} is not a queue name: use 3 to 63 lower-case letters, digits and single hyphens between them"
        )


def check_body(queue: str, body: str) -> None:
    """Raises: BadInput if a message is too long, or cannot be written as UTF-8."""
    try:
        size = len(body.encode())
    except UnicodeEncodeError as error:
        raise BadInput(f"a message for queue {queue!r} is not valid Unicode: {error.reason}") from error
    if size > MAX_BODY_BYTES:
        raise BadInput(
            f"a message for queue {queue!r} has {size} bytes, more than {MAX_BODY_BYTES}: send ids, not text"
        )
