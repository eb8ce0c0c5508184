"""Plays the part of the Functions host and its worker process towards azure-functions-runtime."""

import asyncio
import contextlib
import importlib
import json
import os
import socket
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from tests.runtime import protos

NOW = "2026-01-01T00:00:00+00:00"
WAIT_S = 30


class RefusedError(Exception):
    """The runtime does not take the app."""


class Worker:
    """One app in this process; there can be no second one, since the runtime keeps it in module globals."""

    def __init__(self, app_dir: Path) -> None:
        self.app_dir = str(app_dir.resolve())
        self.protos = protos.build()
        self.functions: dict[str, Any] = {}
        self.http = ""
        """Where the runtime's own HTTP server listens."""

    async def start(self) -> None:
        """Index the app. Raises: RefusedError with the runtime's reason."""
        os.chdir(self.app_dir)
        sys.path.insert(0, self.app_dir)
        self._runtime = importlib.import_module("azure_functions_runtime")
        self._runtime.start_threadpool_executor()  # before the first verb, or sync functions run on asyncio's pool
        init = await self._ask(
            "worker_init_request",
            self.protos.WorkerInitRequest(host_version="4.1040.0", function_app_directory=self.app_dir),
        )
        self._check(init)
        found = await self._ask("functions_metadata_request", self.protos.FunctionsMetadataRequest())
        self._check(found)
        self.functions = {function.name: function for function in found.function_metadata_results}
        self.http = dict(init.capabilities).get("HttpUri", "")
        await self._until_open()

    def bindings(self, name: str) -> list[dict[str, Any]]:
        """What the real host would get to know of a function."""
        return [json.loads(binding) for binding in self.functions[name].raw_bindings]

    def retry(self, name: str) -> str:
        return str(self.functions[name].retry_options)

    async def timer(self, name: str) -> None:
        status = dict.fromkeys(("Last", "Next", "LastUpdated"), NOW)
        await self._invoke(name, json.dumps({"Schedule": {}, "ScheduleStatus": status, "IsPastDue": False}))

    async def changes(self, name: str, items: list[dict[str, Any]]) -> None:
        """Deliver a batch as the Cosmos DB trigger does, with the system's own fields."""
        system = {"_rid": "r", "_etag": '"e"', "_ts": 1_767_225_600, "_lsn": 1}
        await self._invoke(name, json.dumps([{**item, **system} for item in items]))

    async def message(self, name: str, body: str, *, dequeue_count: int = 1) -> None:
        text, as_json = self._text, self._json
        metadata = {
            "Id": text(str(uuid.uuid4())),
            "PopReceipt": text("AgAAAA=="),
            "DequeueCount": as_json(json.dumps(dequeue_count)),
            **{key: as_json(json.dumps(NOW)) for key in ("InsertionTime", "ExpirationTime", "NextVisibleTime")},
        }
        await self._invoke(name, text(body), metadata)

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Invoke the HTTP function and forward the client's request to the runtime, as the real host does."""
        invocation = str(uuid.uuid4())
        url = f"http://localhost:7071{path}"
        route = {"path": urlsplit(path).path.lstrip("/")}
        given = self.protos.RpcHttp(method=method, url=url, headers=headers or {}, params=route)
        call = self._invoke("http", self.protos.TypedData(http=given), invocation_id=invocation)
        sent = {"host": "localhost:7071", **(headers or {}), "x-ms-invocation-id": invocation}
        answer, _ = await asyncio.gather(self._forward(method, path, sent, body), call)
        return answer

    async def _invoke(
        self, name: str, data: Any, metadata: dict[str, Any] | None = None, invocation_id: str = ""
    ) -> None:
        """Raises: RuntimeError with the function's error."""
        function = self.functions[name]
        trigger = next(b["name"] for b in self.bindings(name) if b["type"].endswith("Trigger"))
        value = self._json(data) if isinstance(data, str) else data
        request = self.protos.InvocationRequest(
            invocation_id=invocation_id or str(uuid.uuid4()),
            function_id=function.function_id,
            input_data=[self.protos.ParameterBinding(name=trigger, data=value)],
            trigger_metadata=metadata or {},
            trace_context=self.protos.RpcTraceContext(trace_parent=f"00-{uuid.uuid4().hex}-{'1' * 16}-01"),
        )
        response = await asyncio.wait_for(self._ask("invocation_request", request), WAIT_S)
        if response.result.status != self.protos.StatusResult.Success:
            raise RuntimeError(f"{name}: {response.result.exception.message}\n{response.result.exception.stack_trace}")

    async def _ask(self, verb: str, message: Any) -> Any:
        streamed = self.protos.StreamingMessage(**{verb: message})
        properties = {"protos": self.protos, "host": "127.0.0.1"}
        return await getattr(self._runtime, verb)(SimpleNamespace(request=streamed, properties=properties))

    def _check(self, response: Any) -> None:
        if response.result.status != self.protos.StatusResult.Success:
            raise RefusedError(response.result.exception.message)

    async def _until_open(self) -> None:
        """The runtime answers before its HTTP server listens."""
        for _ in range(WAIT_S * 50 if self.http else 0):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(self.http).port)
                writer.close()
                return
            await asyncio.sleep(0.02)

    async def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        return await asyncio.to_thread(exchange, urlsplit(self.http).port, method, path, headers, body)

    def _text(self, value: str) -> Any:
        return self.protos.TypedData(string=value)

    def _json(self, value: str) -> Any:
        return self.protos.TypedData(json=value)


def exchange(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """One HTTP/1.1 exchange, read by hand: `pieces` are the chunks as the server framed them."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items()), f"content-length: {len(body)}"]
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as connection:
        connection.sendall("\r\n".join([*lines, "connection: close", "", ""]).encode() + body)
        received = connection.makefile("rb")
        status = int(received.readline().split()[1])
        answered: dict[str, str] = {}
        while line := received.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            answered[name.lower()] = value.strip()
        pieces = []
        if answered.get("transfer-encoding") == "chunked":
            while size := int(received.readline(), 16):
                pieces.append(received.read(size))
                received.readline()
        elif rest := received.read():
            pieces.append(rest)
    return {"status": status, "headers": answered, "pieces": [piece.decode() for piece in pieces]}
