"""What the tests of Queue Storage share."""

import time

from azure.storage.queue import QueueServiceClient

from tests.contracts.event_queue import EventQueueContract


def emptied(service: QueueServiceClient) -> QueueServiceClient:
    """The account without any queue, as a new one."""
    for queue in list(service.list_queues()):
        service.delete_queue(queue.name)
    return service


class StorageQueueContract(EventQueueContract):
    """The contract against a service whose clock nobody can set."""

    def advance(self, seconds):
        time.sleep(seconds)
