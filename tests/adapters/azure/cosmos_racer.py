"""
Write to Cosmos DB against other processes: started by test_cosmos_races.py.

Reads one JSON line {"url", "database", "name", "job", "rounds"}, says "ready", waits for a line, and then prints as one
JSON list what each round returned.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import replace

from azure.identity import ManagedIdentityCredential

from lib.adapters.azure.cosmos_client import connect
from lib.adapters.azure.cosmos_containers import CRAWL_STATE, FEATURES, REGISTRY
from lib.adapters.azure.cosmos_crawl_state import CosmosCrawlState
from lib.adapters.azure.cosmos_head_store import CosmosHeadStore
from lib.adapters.azure.cosmos_meter import CosmosMeter
from lib.adapters.azure.cosmos_registry import CosmosRegistry
from lib.domain.features import Live
from lib.errors import Conflict
from tests.adapters.azure.cosmos_account import Account
from tests.adapters.azure.test_cosmos_documents import store_in
from tests.examples import SET_A, SET_B, crawl_run, document, key


def job(account: Account, name: str, what: str) -> Callable[[int], object]:
    """What one round of a job does."""
    heads = CosmosHeadStore(features=account.open(FEATURES))
    crawls = CosmosCrawlState(crawl_state=account.open(CRAWL_STATE))
    registry = CosmosRegistry(registry=account.open(REGISTRY))
    meter = CosmosMeter(registry=account.open(REGISTRY))
    store = store_in(account)

    def flip(n: int) -> object:
        feature_set = SET_A if name == "0" else SET_B
        live = Live(version=n + 1, chunks=n)
        return heads.flip(key("a"), feature_set, live, source_id="handbook", access=("everyone",))

    def deny(n: int) -> object:
        version = 2 * n + int(name) + 1
        heads.deny({key("a"): version}, source_id="handbook")
        return heads.heads([key("a")])[key("a")].denied_below >= version

    def put(n: int) -> object:
        written = document("a", version=n + 1, title=name)
        return store.put([written], expected={key("a"): n})[key("a")]

    def add(n: int) -> object:
        """Read, add one, write; again until nobody was in between."""
        while True:
            item = registry.get("counts", "x")
            count = item.value["count"] if item else 0
            try:
                registry.put("counts", "x", {"count": count + 1}, revision=item.revision if item else 0)
            except Conflict:
                continue
            return True

    def save_run(n: int) -> object:
        run = crawls.load_run("handbook")
        try:
            crawls.save_run(replace(run, slice=run.slice + 1) if run else crawl_run())
        except Conflict:
            return False
        return True

    def record(n: int) -> object:
        return meter.record({"tokens": 1})

    return {"flip": flip, "deny": deny, "put": put, "add": add, "save_run": save_run, "record": record}[what]


def main() -> None:
    task = json.loads(sys.stdin.readline())
    with ManagedIdentityCredential() as credential, connect(task["url"], credential) as client:
        step = job(Account(client=client, database=task["database"]), task["name"], task["job"])
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps([step(n) for n in range(task["rounds"])]), flush=True)


if __name__ == "__main__":
    main()
