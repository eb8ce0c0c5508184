"""One decorator for every port: each of its operations runs in a span."""

import functools
import json
from collections.abc import Callable, Sequence, Sized
from dataclasses import replace
from typing import Any

from opentelemetry.trace import SpanKind

from lib.adapters.observed.spans import Attribute, Operation, here, histogram, span
from lib.domain.documents import Document

CLIENT = SpanKind.CLIENT

Describe = Callable[..., tuple[str, dict[str, Attribute]]]
"""From the arguments of an operation to the name of its span and its own attributes."""
Stamp = Callable[..., tuple[tuple[Any, ...], dict[str, Any]]]
"""From the arguments of an operation to the same ones, carrying the trace."""


class ObservedPort:
    """
    Passes everything on to an adapter. What the port's protocol names as a method runs in a span.

    A span tells the port, the adapter, and how many things went in and came out. It never has an argument's content.
    """

    def __init__(self, port: str, protocol: type, adapter: object) -> None:
        self._port = port
        self._adapter = adapter
        self._operations = {name for name, member in vars(protocol).items() if callable(member) and name[0] != "_"}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        if name not in self._operations:
            return found
        call = functools.partial(self._call, name, found)
        setattr(self, name, call)  # so that it is looked up once
        return call

    def _call(self, method: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        describe = _DESCRIPTIONS.get((self._port, method))
        stamp = _STAMPS.get((self._port, method))
        name, attributes = describe(*args, **kwargs) if describe else (f"{self._port}.{method}", {})
        given = next((argument for argument in args if _is_many(argument)), None)
        if given is not None:
            attributes["plumbline.items"] = len(given)
        attributes["plumbline.adapter"] = type(self._adapter).__name__
        kind = SpanKind.PRODUCER if (self._port, method) == ("queue", "send") else CLIENT
        operation = Operation(port=self._port, method=method, name=name, kind=kind, attributes=attributes)
        with span(operation) as current:
            if stamp and (trace := here()):
                args, kwargs = stamp(trace, *args, **kwargs)
            result = function(*args, **kwargs)
            if _is_many(result):
                current.set_attribute("plumbline.results", len(result))
        return result


class ObservedMeter:
    """A Meter whose samples are metrics as well: `freshness_s` is the histogram `plumbline.freshness`, in seconds."""

    def __init__(self, meter: Any) -> None:
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._meter, name)

    def record(self, samples: dict[str, float]) -> None:
        self._meter.record(samples)
        for series, value in samples.items():
            name, _, unit = series.rpartition("_")
            if unit == "ms":
                histogram(f"plumbline.{name}", "s").record(value / 1_000)
            elif unit == "s":
                histogram(f"plumbline.{name}", "s").record(value)
            else:
                histogram(f"plumbline.{series}", "1").record(value)


def _is_many(value: object) -> bool:
    return isinstance(value, Sized) and not isinstance(value, str | bytes)


def _describe_send(queue: str, bodies: Sequence[str], **_: Any) -> tuple[str, dict[str, Attribute]]:
    return f"send {queue}", {
        "messaging.system": "azure_queue_storage",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
        "messaging.batch.message_count": len(bodies),
    }


def _describe_index(method: str) -> Describe:
    def describe(index: str, *_: Any, **__: Any) -> tuple[str, dict[str, Attribute]]:
        return f"{method} {index}", {"db.operation.name": method, "db.collection.name": index}

    return describe


_DESCRIPTIONS: dict[tuple[str, str], Describe] = {
    ("queue", "send"): _describe_send,
    **{("index", name): _describe_index(name) for name in ("ensure", "upsert", "delete", "search", "count")},
}


def _stamp_documents(
    trace: str, documents: Sequence[Document], **kwargs: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A version carries the trace that wrote it; the relay hands it on."""
    return ([replace(document, traceparent=trace) for document in documents],), kwargs


def _stamp_bodies(
    trace: str, queue: str, bodies: Sequence[str], **kwargs: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A message that belongs to no trace yet belongs to the one that sends it."""
    return (queue, [_stamped(body, trace) for body in bodies]), kwargs


def _stamped(body: str, trace: str) -> str:
    if '"traceparent":""' not in body:
        return body
    return json.dumps({**json.loads(body), "traceparent": trace}, separators=(",", ":"), ensure_ascii=False)


_STAMPS: dict[tuple[str, str], Stamp] = {("documents", "put"): _stamp_documents, ("queue", "send"): _stamp_bodies}
