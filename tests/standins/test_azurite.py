"""Azurite as a child: what its holder may rely on."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.storage.queue import QueueServiceClient

from lib.errors import Permanent
from local.standins.azurite.azurite import Azurite
from local.standins.certificate import ensure_certificate

ROOT = Path(__file__).resolve().parents[2]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_busy_port_is_named(tmp_path):
    with Azurite(tmp_path / "first") as first:
        port = urlsplit(first.queue_endpoint).port

        with pytest.raises(Permanent, match=f"port {port} is taken"):
            Azurite(tmp_path / "second", port=port)


def test_it_listens_on_the_port_that_was_asked_for_and_ends_when_told(tmp_path):
    with Azurite(tmp_path) as first:
        port = urlsplit(first.queue_endpoint).port
    assert not _lives(first.pid)

    with Azurite(tmp_path, port=port) as again:
        assert urlsplit(again.queue_endpoint).port == port
        again.stop()
        assert not _lives(again.pid)


def test_blobs_come_when_they_are_asked_for(tmp_path):
    with Azurite(tmp_path, blob=True, certificate=ensure_certificate(tmp_path)) as azurite:
        assert azurite.queue_endpoint.startswith("https://127.0.0.1:")
        assert f"BlobEndpoint={azurite.blob_endpoint}" in azurite.connection_string
        assert azurite.blob_endpoint.startswith("https://127.0.0.1:")


def test_it_ends_and_saves_when_its_holder_is_killed(tmp_path):
    holder = (
        "import sys, time; from pathlib import Path; from local.standins.azurite.azurite import Azurite\n"
        "a = Azurite(Path(sys.argv[1])); print(a.pid, a.connection_string, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        pid, connection_string = process.stdout.readline().split(maxsplit=1)
        with QueueServiceClient.from_connection_string(connection_string) as service:
            service.create_queue("features").send_message("x")
        process.kill()

    ends = time.monotonic() + 10
    while _lives(int(pid)) and time.monotonic() < ends:
        time.sleep(0.02)
    assert not _lives(int(pid))
    with Azurite(tmp_path) as again, QueueServiceClient.from_connection_string(again.connection_string) as service:
        assert service.get_queue_client("features").get_queue_properties().approximate_message_count == 1
