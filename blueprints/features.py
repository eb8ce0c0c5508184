"""FEATURES: from a changed document to snapshot, chunks, vectors and index; and what to do when that fails."""

import azure.functions as func

from blueprints.tracing import delivery, invocation
from lib import composition
from lib.domain.messages import parse_build
from lib.pipelines.build import build_or_put_off
from lib.pipelines.dead_letters import set_aside
from lib.pipelines.retention import expire
from lib.pipelines.sweep import sweep as sweep_documents

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="%FEATURES_QUEUE%", connection="AzureWebJobsStorage")
def build_features(message: func.QueueMessage, context: func.Context) -> None:
    """Build one document's features; the reason of a failure is recorded before it is raised."""
    body, queue = message.get_body(), composition.settings().features_queue
    with (
        delivery(context, message),
        composition.failures(queue=queue, body=body, attempt=message.dequeue_count or 1),
    ):
        build_or_put_off(parse_build(body), builder=composition.builder())


@bp.queue_trigger(arg_name="message", queue_name="%FEATURES_QUEUE%-poison", connection="AzureWebJobsStorage")
def set_aside_features(message: func.QueueMessage, context: func.Context) -> None:
    """Keep a document that could not be built as a dead letter."""
    a, queue = composition.adapters(), composition.settings().features_queue
    with delivery(context, message):
        set_aside(message.get_body(), queue=queue, letters=a.dead_letters, events=a.queue, clock=a.clock)


@bp.queue_trigger(arg_name="message", queue_name="%CRAWL_QUEUE%-poison", connection="AzureWebJobsStorage")
def set_aside_crawl(message: func.QueueMessage, context: func.Context) -> None:
    """Keep a crawl slice that kept failing as a dead letter."""
    a, queue = composition.adapters(), composition.settings().crawl_queue
    with delivery(context, message):
        set_aside(message.get_body(), queue=queue, letters=a.dead_letters, events=a.queue, clock=a.clock)


@bp.timer_trigger(arg_name="timer", schedule="%SWEEP_SCHEDULE%", run_on_startup=True)
def sweep(timer: func.TimerRequest, context: func.Context) -> None:
    """Re-queue documents whose head is behind, and those an interrupted build left unswept; drop what has expired."""
    with invocation(context, "timer"):
        sweep_documents(builder=composition.builder(), wanted=composition.wanted_feature_set())
        expire(retention=composition.retention())
