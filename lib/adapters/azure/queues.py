"""The queues that the settings name: Queue Storage in Azure, or its emulator."""

from azure.core.credentials import TokenCredential

from lib.adapters.azure.storage_queue import StorageQueue, connect, connect_by_string
from lib.ports.clock import Clock
from lib.settings import Settings


def build_queue(settings: Settings, credential: TokenCredential, *, clock: Clock) -> StorageQueue:
    """The queues of one process; a connection string needs no credential. Asks nobody yet. Raises: BadInput."""
    if connection := settings.storage_connection.get_secret_value():
        return StorageQueue(connect_by_string(connection), clock=clock)
    return StorageQueue(connect(settings.queue_endpoint, credential), clock=clock)
