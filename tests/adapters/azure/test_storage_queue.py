"""Queue Storage through its SDK, against Azurite over http."""

import base64
import json
import socket
from datetime import timedelta

import pytest

from lib.adapters.azure.storage_queue import StorageQueue, connect_by_string
from lib.adapters.local.system_clock import SystemClock
from lib.errors import BadInput, Unreachable
from lib.ports.event_queue import MAX_BODY_BYTES
from local.standins.azurite.azurite import Azurite
from tests.adapters.azure.azurite import StorageQueueContract, emptied


@pytest.fixture(scope="module")
def azurite(tmp_path_factory):
    with Azurite(tmp_path_factory.mktemp("azurite")) as started:
        yield started


@pytest.fixture
def service(azurite):
    with connect_by_string(azurite.connection_string) as connected:
        yield emptied(connected)


@pytest.fixture
def queue(service):
    return StorageQueue(service, clock=SystemClock())


class TestStorageQueue(StorageQueueContract):
    @pytest.fixture
    def queue(self, service):
        return StorageQueue(service, clock=SystemClock())


def test_bodies_lie_there_as_base64_and_never_expire(service, queue):
    queue.send("features", ['{"n": 1}'])

    [stored] = service.get_queue_client("features").peek_messages()

    assert base64.b64decode(stored.content) == b'{"n": 1}'
    assert stored.expires_on.year == 9999


def test_the_host_reads_what_we_send_and_we_read_what_the_host_sets_aside(service, queue):
    queue.send("features", [json.dumps({"text": "é"})])
    [taken] = service.get_queue_client("features").receive_messages()
    service.create_queue("features-poison").send_message(taken.content)

    [poison] = queue.receive("features-poison", limit=5, visibility_s=30)

    assert json.loads(poison.body) == {"text": "é"}


def test_a_message_that_is_not_base64_comes_as_it_is_and_keeps_nobody_else_away(service, queue):
    queue.send("features", ["ours"])
    service.get_queue_client("features").send_message("{not base64}")

    assert {m.body for m in queue.receive("features", limit=5, visibility_s=30)} == {"ours", "{not base64}"}


def test_more_than_a_page_comes_in_one_call(queue):
    queue.send("features", [str(n) for n in range(70)])

    assert sorted(int(m.body) for m in queue.receive("features", limit=65, visibility_s=600)) == list(range(65))
    assert len(queue.receive("features", limit=65, visibility_s=600)) == 5


def test_receiving_none_takes_none(queue):
    queue.send("features", ["x"])

    assert queue.receive("features", limit=0, visibility_s=600) == []
    assert queue.peek("features", limit=0) == []
    assert len(queue.peek("features", limit=100)) == 1


def test_times_are_rounded_up_and_at_most_a_week(service, queue):
    queue.send("features", ["x"])
    [message] = queue.receive("features", limit=1, visibility_s=0.2)
    assert queue.receive("features", limit=1, visibility_s=1) == []

    later = queue.postpone(message, visibility_s=30 * 24 * 3_600)

    assert later is not None
    assert queue.depth("features").messages == 1
    queue.send("features", ["y"], delay_s=timedelta(days=400).total_seconds())
    assert queue.peek("features", limit=2) == []


@pytest.mark.parametrize("delay_s", [-1, float("inf"), float("nan")])
def test_a_delay_that_is_none_is_refused(queue, delay_s):
    with pytest.raises(BadInput, match="delay"):
        queue.send("features", ["x"], delay_s=delay_s)


def test_a_queue_that_was_deleted_is_made_again(service, queue):
    queue.send("features", ["before"])
    service.delete_queue("features")

    queue.send("features", ["after"])

    assert [m.body for m in queue.receive("features", limit=5, visibility_s=30)] == ["after"]


def test_completing_in_a_queue_that_is_gone_says_no(service, queue):
    queue.send("features", ["x"])
    [message] = queue.receive("features", limit=1, visibility_s=30)
    service.delete_queue("features")

    assert queue.complete(message) is False
    assert queue.postpone(message, visibility_s=1) is None


def test_a_queue_that_somebody_made_with_other_metadata_serves(service, queue):
    service.create_queue("features", metadata={"owner": "somebody"})

    queue.send("features", ["x"])

    assert queue.depth("features").messages == 1


def test_what_is_sent_survives_a_restart_of_the_service(tmp_path):
    for portion in ("first", "second"):
        with Azurite(tmp_path) as azurite, connect_by_string(azurite.connection_string) as service:
            StorageQueue(service, clock=SystemClock()).send("features", [portion])
    with Azurite(tmp_path) as azurite, connect_by_string(azurite.connection_string) as service:
        assert StorageQueue(service, clock=SystemClock()).depth("features").messages == 2


def test_a_service_that_does_not_answer_is_unreachable_and_the_body_is_not_quoted():
    with socket.socket() as bound:  # bound, but it does not listen: nobody else gets the port
        bound.bind(("127.0.0.1", 0))
        account = f"QueueEndpoint=http://127.0.0.1:{bound.getsockname()[1]}/devstoreaccount1"
        text = f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Zm9v;{account}"
        with (
            connect_by_string(text, timeout_s=0.2) as service,
            pytest.raises(Unreachable, match="'features'") as refused,
        ):
            StorageQueue(service, clock=SystemClock()).send("features", ["secret body"])

    assert "secret" not in str(refused.value)
    assert refused.value.__cause__


def test_a_bad_connection_string_is_not_quoted():
    with pytest.raises(BadInput, match="connection string") as refused:
        connect_by_string("AccountKey=secret")

    assert "secret" not in str(refused.value)


def test_a_body_of_the_greatest_length_is_what_the_service_takes_at_most(service, queue):
    queue.send("features", ["x" * MAX_BODY_BYTES])

    with pytest.raises(BadInput, match=str(MAX_BODY_BYTES)):
        queue.send("features", ["x" * (MAX_BODY_BYTES + 1)])
