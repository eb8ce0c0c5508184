"""Queue Storage with a managed identity: tokens over https, as in Azure."""

from pathlib import Path

import pytest

from lib.adapters.azure.storage_queue import StorageQueue, connect
from lib.adapters.local.system_clock import SystemClock
from lib.errors import Permanent
from local.standins.azurite.azurite import Azurite
from local.standins.certificate import ensure_certificate
from tests.adapters.azure.azurite import StorageQueueContract, emptied


@pytest.fixture(scope="module")
def azurite(stand_ins, tmp_path_factory):
    certificate = ensure_certificate(Path(stand_ins.certificate).parent)
    with Azurite(tmp_path_factory.mktemp("azurite"), certificate=certificate) as started:
        yield started


@pytest.fixture
def queues(azurite, credential):
    with connect(azurite.queue_endpoint, credential) as service:
        yield StorageQueue(emptied(service), clock=SystemClock())


class TestStorageQueueByToken(StorageQueueContract):
    @pytest.fixture
    def queue(self, queues):
        return queues


def test_a_token_that_is_not_taken_is_said_with_the_role_that_is_missing(azurite, azure_environment):
    class OfAnotherService:
        def get_token(self, *scopes, **options):
            from azure.core.credentials import AccessToken

            return AccessToken("x", 9_999_999_999)

    with connect(azurite.queue_endpoint, OfAnotherService()) as service:
        queue = StorageQueue(service, clock=SystemClock())
        with pytest.raises(Permanent, match="Storage Queue Data Contributor"):
            queue.send("features", ["x"])
