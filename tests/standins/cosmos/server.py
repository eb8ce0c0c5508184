"""The routes of the stand-in in this process, on a clock that tests set."""

import threading
import time
import uuid
from pathlib import Path
from typing import Self

import uvicorn
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from starlette.applications import Starlette
from starlette.middleware import Middleware

from local.standins.cosmos.routes import routes
from local.standins.cosmos.state import CosmosState
from local.standins.faults import Fault, Faults, FaultsMiddleware

KEY = "c29tZSBrZXk="
"""Nobody checks it: the tokens are checked in front of the routes, in `local.standins.app`."""


class Server:
    """Serves on http until the context is left."""

    def __init__(self, folder: Path) -> None:
        self.now = time.time()
        self.database = "d"
        self.faults = Faults()
        self.state = CosmosState(folder, self.faults, clock=lambda: self.now)
        app = Starlette(routes=routes(self.state), middleware=[Middleware(FaultsMiddleware, faults=self.faults)])
        config = uvicorn.Config(app, port=0, lifespan="off", http="h11", ws="none", log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> Self:
        self._thread.start()
        ends = time.monotonic() + 10
        while not self._server.started:
            assert time.monotonic() < ends
            time.sleep(0.005)
        [server] = self._server.servers
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.client = CosmosClient(self.url, KEY, retry_total=0, retry_throttle_total=1)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join()
        self.state.storage.close()

    def begin(self) -> Self:
        """Be as new for the next test, which gets a database of its own."""
        self.now = time.time()
        self.database = f"d{uuid.uuid4().hex}"
        self.faults.set([])
        self.state.set_consistency("Strong")
        return self

    def container(self, name: str = "items", path: str | list[str] = "/pk", **options: object) -> ContainerProxy:
        """A container of this test's database, made if it is not there."""
        database = self.client.create_database_if_not_exists(self.database)
        return database.create_container_if_not_exists(name, PartitionKey(path), **options)

    def set_fault(self, kind: str, **details: object) -> None:
        self.faults.set([Fault(service="cosmos", kind=kind, **details)])


def fill(container: ContainerProxy, *items: dict) -> None:
    """Write items; those without id or key get `i0`, `i1`, ... and `p`."""
    for number, item in enumerate(items):
        container.upsert_item({"id": f"i{number}", "pk": "p", **item})
