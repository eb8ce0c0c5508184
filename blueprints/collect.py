"""COLLECT: crawl what is due, slice by slice."""

import azure.functions as func

from blueprints.tracing import delivery, invocation
from lib import composition
from lib.domain.messages import parse_crawl
from lib.pipelines.crawl import continue_crawl, crawl_due

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="%CRAWL_SCHEDULE%", run_on_startup=True)
def crawl_due_sources(timer: func.TimerRequest, context: func.Context) -> None:
    """Start the crawls that are due; what does not fit this run goes on through the crawl queue."""
    with invocation(context, "timer"):
        crawl_due(composition.sources(), crawler=composition.crawler())


@bp.queue_trigger(arg_name="message", queue_name="%CRAWL_QUEUE%", connection="AzureWebJobsStorage")
def crawl_slice(message: func.QueueMessage, context: func.Context) -> None:
    """Go on with one crawl for one slice."""
    body, queue = message.get_body(), composition.settings().crawl_queue
    with (
        delivery(context, message),
        composition.failures(queue=queue, body=body, attempt=message.dequeue_count or 1),
    ):
        continue_crawl(parse_crawl(body), composition.sources(), crawler=composition.crawler())
