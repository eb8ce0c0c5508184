"""Each invocation in a span, inside the trace that its message or its host carries on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import azure.functions as func

from lib import composition
from lib.api import wiring
from lib.domain.messages import carried_traceparent
from lib.telemetry import gauges, invocations


@contextmanager
def invocation(
    context: func.Context,
    trigger: invocations.Trigger,
    *,
    parent: str = "",
    links: Sequence[str] = (),
    attempt: int = 1,
) -> Iterator[None]:
    """Run one invocation in a span. The process's first one builds the adapters, and with them telemetry (rule 8)."""
    composition.adapters()
    gauges.observe(wiring.status_report)
    with invocations.invocation(
        context.function_name, trigger, host=host_of(context), parent=parent, links=links, attempt=attempt
    ):
        yield


@contextmanager
def delivery(context: func.Context, message: func.QueueMessage) -> Iterator[None]:
    """Run the delivery of a queue message in a span that goes on with the message's own trace."""
    parent, attempt = carried_traceparent(message.get_body()), message.dequeue_count or 1
    with invocation(context, "pubsub", parent=parent, attempt=attempt):
        yield


def host_of(context: func.Context) -> str:
    """The traceparent that the host gave this invocation; empty if it gave none."""
    return getattr(context.trace_context, "trace_parent", None) or ""
