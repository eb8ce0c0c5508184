"""The span around each invocation of a function."""

import functools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import Counter, Histogram
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

NAME = "plumbline"
"""Instrumentation scope of all our spans and metrics."""

Trigger = Literal["http", "timer", "pubsub", "datasource"]
"""As OpenTelemetry calls them; a queue is `pubsub`, a change feed is a `datasource`."""


@contextmanager
def invocation(
    name: str, trigger: Trigger, *, host: str = "", parent: str = "", links: Sequence[str] = (), attempt: int = 1
) -> Iterator[Span]:
    """
    Run one invocation of a function in a span.

    host: the traceparent that the Functions host gave. parent: the one that a message carries; it goes first, so that
    one trace shows a document's way from crawl to index, and the host's becomes a link. links: those of what a batch
    holds. What is no traceparent is left out. attempt: above 1 counts as a retry. An error is told by its type alone:
    its message is for the log.
    """
    given = parent if _span_context(parent).is_valid else host
    others = [_span_context(other) for other in dict.fromkeys((*links, host)) if other != given]
    if attempt > 1:
        _retries().add(1, {"faas.name": name})
    with _tracer().start_as_current_span(
        name,
        context=_context(given),
        kind=SpanKind.INTERNAL,  # the Functions host records what was asked of it, and this would count it twice
        attributes={"faas.name": name, "faas.trigger": trigger, "plumbline.attempt": attempt},
        links=[Link(other) for other in others if other.is_valid],
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        began, outcome = time.perf_counter(), {"faas.name": name}
        try:
            yield span
        except Exception as error:
            outcome["error.type"] = type(error).__name__
            span.set_attributes(outcome)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            _durations().record(time.perf_counter() - began, outcome)


def traceparent() -> str:
    """The W3C traceparent of where this runs; empty if nobody traces it."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def _context(parent: str) -> Context:
    return TraceContextTextMapPropagator().extract({"traceparent": parent}, context=Context())


def _span_context(parent: str) -> trace.SpanContext:
    return trace.get_current_span(_context(parent)).get_span_context()


@functools.cache
def _tracer() -> Tracer:
    return trace.get_tracer(NAME)


@functools.cache
def _retries() -> Counter:
    return metrics.get_meter(NAME).create_counter("plumbline.retries", unit="{invocation}")


@functools.cache
def _durations() -> Histogram:
    return metrics.get_meter(NAME).create_histogram("faas.invoke_duration", unit="s")
