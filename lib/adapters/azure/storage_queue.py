"""Queues in Azure Queue Storage."""

import binascii
import math
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.queue import (
    LinearRetry,
    QueueClient,
    QueueServiceClient,
    TextBase64DecodePolicy,
    TextBase64EncodePolicy,
)
from azure.storage.queue import QueueMessage as StoredMessage

from lib.adapters.azure.connections import session
from lib.adapters.azure.storage_errors import code_of, translated
from lib.domain.times import iso
from lib.errors import BadInput
from lib.ports.clock import Clock
from lib.ports.event_queue import Depth, QueueMessage, check_body, check_name

_PAGE = 32
"""As many messages as the service gives at once."""
_WEEK_S = 7 * 24 * 3_600
"""As long as the service hides a message."""
_FOREVER = -1
_MISSING = {"QueueNotFound"}
_VOID = {"PopReceiptMismatch", "MessageNotFound", "QueueNotFound"}
_EXISTS = {"QueueAlreadyExists", ""}
"""Created by somebody else: with other metadata (409), or the same as we want (204, which has no code)."""


class _Decode(TextBase64DecodePolicy):
    """What is not base64 comes as it is: one stranger's message must not keep its page from everybody."""

    def decode(self, content: Any, response: Any) -> str:
        try:
            return b64decode(content, validate=True).decode()
        except (binascii.Error, ValueError):
            return str(content)


class StorageQueue:
    """
    EventQueue over Queue Storage, as the queue trigger of Functions reads and writes it: base64, and failed messages
    in `<queue>-poison`, a queue like any other.

    Threads share it. Times are whole seconds, rounded up, and at most seven days: who asks for more waits seven days.
    A reception hides messages for a second at least. A request without an answer is sent once more, so a message may
    be there twice, and completing may give False though it worked.
    """

    def __init__(self, service: QueueServiceClient, *, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._clients: dict[str, QueueClient] = {}

    def send(self, queue: str, bodies: Sequence[str], *, delay_s: float = 0) -> None:
        client, delay = self._client(queue), _seconds(delay_s)
        for body in bodies:
            check_body(queue, body)
        with translated(f"send to queue {queue!r}"):
            for body in bodies:
                with _Ignoring(_MISSING):
                    client.send_message(body, visibility_timeout=delay, time_to_live=_FOREVER)
                    continue
                with _Ignoring(_EXISTS):
                    client.create_queue()
                client.send_message(body, visibility_timeout=delay, time_to_live=_FOREVER)

    def receive(self, queue: str, *, limit: int, visibility_s: float) -> list[QueueMessage]:
        client, hidden = self._client(queue), max(1, _seconds(visibility_s))
        found: list[QueueMessage] = []
        with translated(f"receive from queue {queue!r}"), _Ignoring(_MISSING):
            while len(found) < limit:
                asked = min(_PAGE, limit - len(found))
                pages = client.receive_messages(messages_per_page=asked, visibility_timeout=hidden).by_page()
                page = [_message(queue, stored) for stored in next(pages, ())]
                found += page
                if len(page) < asked:
                    break
        return found

    def complete(self, message: QueueMessage) -> bool:
        if message.receipt:
            with translated(f"complete a message of queue {message.queue!r}"), _Ignoring(_VOID):
                self._client(message.queue).delete_message(message.id, message.receipt)
                return True
        return False

    def postpone(self, message: QueueMessage, *, visibility_s: float) -> QueueMessage | None:
        hidden = _seconds(visibility_s)
        if message.receipt:
            with translated(f"postpone a message of queue {message.queue!r}"), _Ignoring(_VOID):
                stored = self._client(message.queue).update_message(
                    message.id, message.receipt, message.body, visibility_timeout=hidden
                )
                return replace(message, receipt=str(stored.pop_receipt))
        return None

    def peek(self, queue: str, *, limit: int) -> list[QueueMessage]:
        """As the port says, but 32 messages at most: the service shows no more."""
        client = self._client(queue)
        with translated(f"peek at queue {queue!r}"), _Ignoring(_MISSING):
            if limit > 0:
                return [_message(queue, stored) for stored in client.peek_messages(max_messages=min(limit, _PAGE))]
        return []

    def depth(self, queue: str) -> Depth:
        """
        What waits in the queue, as far as the service tells.

        The number is approximate: never too low, and for a while too high. The age is that of the message that comes
        next: the service shows none that is hidden, so while all are delayed or in flight it is 0, and an older one
        that was postponed counts again only when it is visible.
        """
        client = self._client(queue)
        with translated(f"depth of queue {queue!r}"), _Ignoring(_MISSING):
            messages = client.get_queue_properties().approximate_message_count or 0
            ages = [self._clock.now() - _inserted_at(stored) for stored in client.peek_messages(max_messages=1)]
            return Depth(messages=messages, oldest_s=max([0.0, *(age.total_seconds() for age in ages)]))
        return Depth(messages=0, oldest_s=0)

    def close(self) -> None:
        """Close the connections."""
        self._service.close()

    def _client(self, queue: str) -> QueueClient:
        check_name(queue)
        if queue not in self._clients:  # two threads may both make one; either serves
            self._clients[queue] = self._service.get_queue_client(
                queue, message_encode_policy=TextBase64EncodePolicy(), message_decode_policy=_Decode()
            )
        return self._clients[queue]


def connect(endpoint: str, credential: TokenCredential, *, timeout_s: float = 10) -> QueueServiceClient:
    """The client of an account by its URL (https://NAME.queue.core.windows.net) and an identity; asks nobody."""
    return QueueServiceClient(endpoint, credential=credential, **_options(timeout_s))


def connect_by_string(connection_string: str, *, timeout_s: float = 10) -> QueueServiceClient:
    """The client of an account by its connection string; asks nobody. Raises: BadInput, which does not quote it."""
    try:
        return QueueServiceClient.from_connection_string(connection_string, **_options(timeout_s))
    except ValueError as error:
        raise BadInput(f"the connection string of Queue Storage is not valid: {error}") from None


def _options(timeout_s: float) -> dict[str, Any]:
    """timeout_s: to connect, and between two parts of an answer. One retry, so that Throttled reaches the pipeline."""
    return {
        "retry_policy": LinearRetry(backoff=1, retry_total=1, random_jitter_range=1),
        "transport": RequestsTransport(session=session(), connection_timeout=timeout_s, read_timeout=timeout_s),
        "user_agent": "plumbline",
    }


class _Ignoring:
    """Leaves its block quietly if the service refuses with one of these codes."""

    def __init__(self, codes: set[str]) -> None:
        self._codes = codes

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, HttpResponseError) and code_of(error) in self._codes


def _seconds(seconds: float) -> int:
    if not 0 <= seconds < math.inf:
        raise BadInput(f"{seconds!r} is not a delay: give seconds, 0 or more")
    return min(math.ceil(seconds), _WEEK_S)


def _inserted_at(stored: StoredMessage) -> datetime:
    assert stored.inserted_on
    return stored.inserted_on.astimezone(UTC)


def _message(queue: str, stored: StoredMessage) -> QueueMessage:
    return QueueMessage(
        id=stored.id,
        queue=queue,
        body=stored.content or "",
        dequeue_count=stored.dequeue_count or 0,
        inserted_at=iso(_inserted_at(stored)),
        receipt=stored.pop_receipt or "",
    )
