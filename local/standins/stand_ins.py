"""The stand-ins as a child process, for the host and for tests."""

import json
import os
import queue
import subprocess
import sys
import threading
import types
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from ssl import create_default_context
from typing import Any, Self

from lib.adapters.azure.cosmos_containers import ContainerFacts
from lib.errors import Permanent
from local.standins.openai.deployments import CHAT, EMBEDDING

ROOT = Path(__file__).resolve().parents[2]
START_S = 30
STOP_S = 5


class StandIns:
    """
    Starts the child and waits until it listens; `stop`, or leaving the context, ends it. Its data stay in the folder.

    Raises: Permanent with what the child said last, if it does not start.
    """

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._log = folder / "stand-ins.log"
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "local.standins", "--data", str(folder.resolve()), "--port", str(port)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # Ctrl-C is for the host, which needs its services until it has ended
            )
        try:
            ready = self._wait()
        except BaseException:
            self.stop()
            raise
        self.url: str = ready["url"]
        """https://127.0.0.1:PORT"""
        self.certificate: str = ready["certificate"]
        """The bundle of certificate authorities that a client needs."""
        self._identity_header: str = ready["identity_header"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def environment(self) -> dict[str, str]:
        """Variables of a process that shall use the stand-ins in place of Azure."""
        models = f"{self.url}/openai/v1/"
        return {
            "IDENTITY_ENDPOINT": f"{self.url}/msi/token",
            "IDENTITY_HEADER": self._identity_header,
            "REQUESTS_CA_BUNDLE": self.certificate,
            "SSL_CERT_FILE": self.certificate,
            "COSMOS__accountEndpoint": f"{self.url}/",
            "SEARCH_ENDPOINT": self.url,
            "EMBEDDING_ENDPOINT": models,
            "EMBEDDING_MODEL": EMBEDDING.name,
            "EMBEDDING_DIMENSIONS": str(EMBEDDING.dimensions),
            "EMBEDDING_MAX_TOKENS": str(EMBEDDING.max_tokens),
            "CHAT_ENDPOINT": models,
            "CHAT_MODEL": CHAT.name,
        }

    def set_faults(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Put these faults (see `faults.Fault`) in place of all others. Raises: ValueError if one is wrong."""
        self._call("PUT", "/standins/faults", [dict(fault) for fault in faults])

    def faults(self) -> list[dict[str, Any]]:
        """The faults, each with the number of its `hits`."""
        found: list[dict[str, Any]] = self._call("GET", "/standins/faults")
        return found

    def ensure_containers(self, database: str, containers: Iterable[ContainerFacts]) -> None:
        """Make what is missing of these, as Bicep does in Azure. Raises: ValueError if one is there in another form."""
        specs = [
            {
                "id": container.name,
                "partition_key": container.partition_key,
                "default_ttl": container.default_ttl,
                "indexing_policy": container.indexing_policy,
            }
            for container in containers
        ]
        self._call("PUT", "/standins/cosmos", {"database": database, "containers": specs})

    def stop(self) -> None:
        """End the child; calling it twice is no error."""
        if self._child.stdin:
            self._child.stdin.close()
        try:
            self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        context = create_default_context(cafile=self.certificate)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310 - https
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310 - https
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(f"the stand-ins refused {method} {path}: {error.read().decode()}") from error

    def _wait(self) -> dict[str, str]:
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        stdout = self._child.stdout
        assert stdout
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            ready: dict[str, str] = json.loads(lines.get(timeout=START_S))
        except (queue.Empty, ValueError) as error:
            said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            raise Permanent(f"the stand-ins did not start; see {self._log}: {' / '.join(said)}") from error
        return ready
