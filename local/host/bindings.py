"""What goes into a function and what comes out of it, in the shapes that the library's converters read and write."""

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
from azure.functions.meta import Datum

from lib.domain.changes import change_to_item
from lib.domain.documents import DocumentChange
from lib.domain.times import parse_iso
from lib.ports.event_queue import QueueMessage
from local.host.functions import Function, QueueOutput

_NEVER = "9999-12-31T23:59:59+00:00"
"""What Azure reports as the expiry of a message that does not expire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A trigger's value and what comes with it."""

    datum: Datum
    metadata: Mapping[str, Datum] = field(default_factory=dict)


def queue_payload(message: QueueMessage, *, next_visible: datetime) -> Payload:
    """As from Queue Storage, whose times have no fractions of seconds."""

    def text(value: str) -> Datum:
        return Datum(value, "string")

    return Payload(
        datum=text(message.body),
        metadata={
            "Id": text(message.id),
            "PopReceipt": text(message.receipt),
            "DequeueCount": Datum(json.dumps(message.dequeue_count), "json"),
            "InsertionTime": _time(parse_iso(message.inserted_at)),
            "ExpirationTime": Datum(f'"{_NEVER}"', "json"),
            "NextVisibleTime": _time(next_visible),
        },
    )


def _time(moment: datetime) -> Datum:
    return Datum(f'"{moment.astimezone(UTC).isoformat(timespec="seconds")}"', "json")


def timer_payload(*, past_due: bool, last: datetime | None, following: datetime) -> Payload:
    status = {"Last": last.isoformat() if last else "0001-01-01T00:00:00+00:00", "Next": following.isoformat()}
    info = {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": {**status, "LastUpdated": status["Last"]},
        "IsPastDue": past_due,
    }
    return Payload(datum=Datum(json.dumps(info), "json"))


def feed_payload(changes: Sequence[DocumentChange]) -> Payload:
    return Payload(datum=Datum(json.dumps([change_to_item(change) for change in changes]), "json"))


class Out(func.Out[Any]):
    """An output parameter."""

    def __init__(self) -> None:
        self._value: Any = None

    def set(self, val: Any) -> None:
        self._value = val

    def get(self) -> Any:
        return self._value


@dataclass(kw_only=True)
class TraceContext:
    trace_parent: str = ""
    trace_state: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class RetryContext:
    retry_count: int = 0
    max_retry_count: int = 0
    exception: Any = None


@dataclass(kw_only=True)
class Context(func.Context):
    invocation_id: str = ""
    function_name: str = ""
    function_directory: str = ""
    trace_context: Any = None
    retry_context: Any = None
    thread_local_storage: Any = None


_THREADS = threading.local()


def new_context(function: Function, *, retries: int, trace_parent: str = "", trace_state: str = "") -> Context:
    """The context of one invocation; a trace starts here unless the caller brings one."""
    return Context(
        invocation_id=str(uuid.uuid4()),
        function_name=function.name,
        function_directory=function.directory,
        trace_context=TraceContext(
            trace_parent=trace_parent or f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01", trace_state=trace_state
        ),
        retry_context=RetryContext(
            retry_count=retries, max_retry_count=function.retry.max_retries if function.retry else 0
        ),
        thread_local_storage=_THREADS,
    )


def decode(function: Function, payload: Payload) -> Any:
    """The trigger's argument, made by the library's converter."""
    if function.converter is None:
        return payload.datum.value
    return function.converter.decode(payload.datum, trigger_metadata=payload.metadata)


def encode(output: QueueOutput, value: Any) -> list[str]:
    """
    The bodies of the messages that a value written to a queue output becomes.

    As in Azure: a list is one message for each element; a dict given to an output that is not annotated `Out[str]` is
    taken apart the same way, and its keys are sent.
    Raises: TypeError for what the library's converter does not take.
    """
    if output.converter is None:
        return [value if isinstance(value, str) else _text(value)]
    try:
        datum = output.converter.encode(value, expected_type=None)
    except NotImplementedError as error:
        raise TypeError(f"queue output {output.name!r} cannot send {type(value).__name__}: {error}") from error
    if datum.type != "json":
        return [_text(datum.value)]
    decoded = json.loads(datum.value)
    return [_body(element) for element in (decoded if isinstance(decoded, list) else [decoded])]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return bytes(value).decode() if isinstance(value, bytes | bytearray) else json.dumps(value)


def _body(element: Any) -> str:
    """A func.QueueMessage arrives from the converter as {"id", "body"}: only its body is sent."""
    if isinstance(element, dict) and set(element) == {"id", "body"}:
        return str(element["body"])
    return _text(element)
