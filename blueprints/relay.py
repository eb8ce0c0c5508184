"""RELAY: from the change feed of the documents to the features queue."""

import azure.functions as func

from blueprints.tracing import invocation
from lib import composition
from lib.domain.changes import change_from_item
from lib.pipelines.relay import relay

bp = func.Blueprint()


@bp.cosmos_db_trigger(
    arg_name="items",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="%DOCUMENTS_CONTAINER%",
    lease_database_name="%COSMOS_DATABASE%",
    lease_container_name="%LEASES_CONTAINER%",
    create_lease_container_if_not_exists=False,
    start_from_beginning=True,  # type: ignore[arg-type]  # annotated as a time, is a flag (azure-facts 1.1)
    feed_poll_delay=1_000,
    max_items_per_invocation=100,
)
@bp.retry(strategy="fixed_delay", max_retry_count="-1", delay_interval="00:00:05")
def relay_changes(items: func.DocumentList, context: func.Context) -> None:
    """Push ids of changed documents; raises only if the queue is out of reach, so no batch is checkpointed unsent."""
    a, queue = composition.adapters(), composition.settings().features_queue
    changes = [change for item in items if (change := change_from_item(item))]
    with invocation(context, "datasource", links=[change.traceparent for change in changes]):
        relay(changes, queue=a.queue, queue_name=queue, registry=a.registry, clock=a.clock)
