"""Two processes at once on the same items of Cosmos DB."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.adapters.azure.cosmos_containers import CRAWL_STATE, FEATURES, REGISTRY
from lib.adapters.azure.cosmos_crawl_state import CosmosCrawlState
from lib.adapters.azure.cosmos_head_store import CosmosHeadStore
from lib.adapters.azure.cosmos_meter import CosmosMeter
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from tests.adapters.azure.cosmos_account import OnCosmos
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.examples import SET_A, SET_B, key

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 30


class TestTwoProcesses(OnCosmos):
    @pytest.fixture
    def race(self, account, azure_environment):
        """Run a job in two processes, which begin together; returns what the rounds of each returned."""
        started = []

        def run(job):
            for name in "01":
                process = subprocess.Popen(
                    [sys.executable, "-m", "tests.adapters.azure.cosmos_racer"],
                    cwd=ROOT,
                    env={**os.environ, **azure_environment},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                started.append(process)
                url, database = azure_environment["COSMOS__accountEndpoint"], account.database
                task = {"url": url, "database": database, "name": name, "job": job, "rounds": ROUNDS}
                process.stdin.write(json.dumps(task) + "\n")
                process.stdin.flush()
            assert [process.stdout.readline() for process in started] == ["ready\n"] * 2
            for process in started:
                process.stdin.write("go\n")
                process.stdin.flush()
            return [json.loads(process.stdout.readline()) for process in started]

        yield run
        for process in started:
            process.stdin.close()
            process.wait(10)
            process.stdout.close()

    def test_flips_of_two_sets_are_both_kept(self, account, race):
        results = race("flip")

        live = CosmosHeadStore(features=account.open(FEATURES)).heads([key("a")])[key("a")].live
        assert results == [[True] * ROUNDS] * 2
        assert (live[SET_A].version, live[SET_B].version) == (ROUNDS, ROUNDS)

    def test_denials_only_grow(self, account, race):
        results = race("deny")

        head = CosmosHeadStore(features=account.open(FEATURES)).heads([key("a")])[key("a")]
        assert results == [[True] * ROUNDS] * 2
        assert head.denied_below == 2 * ROUNDS

    def test_of_two_who_put_the_same_version_one_wins(self, account, race):
        first, second = race("put")

        assert all(a != b for a, b in zip(first, second, strict=True) if a or b)
        stored = store_in(account).get([key("a")])[key("a")]
        assert stored.version == sum(first) + sum(second)
        assert store_in(account).totals().documents == 1

    def test_no_registry_write_is_lost(self, account, race):
        race("add")

        item = CosmosRegistry(registry=account.open(REGISTRY)).get("counts", "x")
        assert (item.value["count"], item.revision) == (2 * ROUNDS, 2 * ROUNDS)

    def test_every_run_that_was_saved_was_saved_by_one(self, account, race):
        first, second = race("save_run")

        run = CosmosCrawlState(crawl_state=account.open(CRAWL_STATE)).load_run("handbook")
        assert run.revision == sum(first) + sum(second)

    def test_no_sample_is_lost(self, account, race):
        race("record")

        assert CosmosMeter(registry=account.open(REGISTRY)).read(("tokens",))["tokens"].count == 2 * ROUNDS
