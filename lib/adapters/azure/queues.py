"""The queues that the settings name: Queue Storage in Azure, or its emulator."""

from lib.adapters.azure.identity import azure_credential
from lib.adapters.azure.storage_queue import StorageQueue, connect, connect_by_string
from lib.ports.clock import Clock
from lib.settings import Settings


def build_queue(settings: Settings, *, clock: Clock) -> StorageQueue:
    """The queues of one process; asks nobody before the first use. Raises: BadInput."""
    if connection := settings.storage_connection.get_secret_value():
        return StorageQueue(connect_by_string(connection), clock=clock)
    credential = azure_credential(managed=bool(settings.identity_endpoint), client_id=settings.azure_client_id)
    return StorageQueue(connect(settings.queue_endpoint, credential), clock=clock)
