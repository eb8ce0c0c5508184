"""What all observed ports do alike: a span for an operation, a count of what failed; never a message or a text."""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

NAME = "plumbline"
"""Instrumentation scope of all our spans and metrics."""

Attribute = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of a port, as its span shows it."""

    port: str
    method: str
    name: str
    """Of the span."""
    kind: SpanKind = SpanKind.INTERNAL
    attributes: Mapping[str, Attribute]


def is_traced() -> bool:
    """Whether an invocation that is recorded is under way: a poller's idle looks are no traces of their own."""
    return trace.get_current_span().is_recording()


def here() -> str:
    """The W3C traceparent of where this runs; empty if nobody traces it."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def span(operation: Operation) -> Iterator[Span]:
    """Run the block in a span of its own, if it is part of a traced invocation; count it if it fails."""
    if not is_traced():
        try:
            yield NonRecordingSpan(trace.get_current_span().get_span_context())
        except Exception as error:
            count_failure(operation, error)
            raise
        return
    started = start(operation, context.get_current())
    with trace.use_span(started, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield started
        except Exception as error:
            fail(started, operation, error)
            raise


def start(operation: Operation, parent: Context) -> Span:
    """Start a span that the caller ends."""
    attributes = {"plumbline.port": operation.port, **operation.attributes}
    return _tracer().start_span(operation.name, context=parent, kind=operation.kind, attributes=attributes)


def fail(failed: Span, operation: Operation, error: BaseException) -> None:
    """Mark a span as failed, by the error's type alone: its message is for the log."""
    failed.set_attribute("error.type", type(error).__name__)
    failed.set_status(StatusCode.ERROR)
    count_failure(operation, error)


def count_failure(operation: Operation, error: BaseException) -> None:
    """Count an error by port, operation and type; Throttled among them."""
    attributes = {"plumbline.port": operation.port, "plumbline.operation": operation.method}
    counter("plumbline.errors", "{error}").add(1, {**attributes, "error.type": type(error).__name__})


@functools.cache
def counter(name: str, unit: str) -> Counter:
    """A counter of this process."""
    return metrics.get_meter(NAME).create_counter(name, unit=unit)


@functools.cache
def histogram(name: str, unit: str) -> Histogram:
    """A histogram of this process."""
    return metrics.get_meter(NAME).create_histogram(name, unit=unit)


@functools.cache
def _tracer() -> Tracer:
    return trace.get_tracer(NAME)
