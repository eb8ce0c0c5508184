"""Writers side by side, and a server that is killed."""

import os
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceExistsError
from azure.identity import ManagedIdentityCredential

from lib.adapters.azure.cosmos_client import connect
from local.standins.stand_ins import StandIns
from tests.standins.cosmos.test_containers import set_up

THREADS = 4


def test_no_increment_is_lost_between_writers_that_watch_the_etag(container):
    container.create_item({"id": "i", "pk": "p", "n": 0})

    def increment(_):
        while True:
            item = container.read_item("i", "p")
            condition = {"etag": item["_etag"], "match_condition": MatchConditions.IfNotModified}
            try:
                return container.replace_item("i", {**item, "n": item["n"] + 1}, **condition)["n"]
            except CosmosAccessConditionFailedError:
                continue

    with ThreadPoolExecutor(THREADS) as pool:
        seen = list(pool.map(increment, range(40)))

    assert sorted(seen) == list(range(1, 41))
    assert container.read_item("i", "p")["n"] == 40


def test_patches_and_batches_of_many_writers_all_count(container):
    container.create_item({"id": "i", "pk": "p", "n": 0})
    increment = [{"op": "incr", "path": "/n", "value": 1}]

    with ThreadPoolExecutor(THREADS) as pool:
        patches = [pool.submit(container.patch_item, "i", "p", increment) for _ in range(20)]
        batches = [pool.submit(container.execute_item_batch, [("patch", ("i", increment))] * 2, "p") for _ in range(10)]
        for done in (*patches, *batches):
            done.result()

    assert container.read_item("i", "p")["n"] == 40


def test_one_of_many_creates_wins(container):
    def create(number):
        try:
            return [container.create_item({"id": "i", "pk": "p", "number": number})["number"]]
        except CosmosResourceExistsError:
            return []

    with ThreadPoolExecutor(THREADS) as pool:
        [winner] = [number for found in pool.map(create, range(12)) for number in found]

    assert container.read_item("i", "p")["number"] == winner


@pytest.mark.crash
def test_what_was_answered_outlives_a_kill(tmp_path, monkeypatch):
    def container_of(client):
        return client.get_database_client("d").get_container_client("items")

    with StandIns(tmp_path) as stand_ins:
        for name, value in stand_ins.environment.items():
            monkeypatch.setenv(name, value)
        set_up(stand_ins, {"database": "d", "containers": [{"id": "items", "partition_key": "/pk"}]})
        with ManagedIdentityCredential() as credential, connect(stand_ins.url, credential) as client:
            container = container_of(client)
            written = [container.create_item({"id": uuid.uuid4().hex, "pk": "p"}) for _ in range(50)]
            os.kill(stand_ins.pid, signal.SIGKILL)
    with StandIns(tmp_path) as stand_ins:
        for name, value in stand_ins.environment.items():
            monkeypatch.setenv(name, value)
        with ManagedIdentityCredential() as credential, connect(stand_ins.url, credential) as client:
            fed = list(container_of(client).query_items_change_feed(start_time="Beginning"))

    assert [item["id"] for item in fed] == [item["id"] for item in written]
