"""The product as a process of its own, on a free port, over a data folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.standins.azurite.azurite import PACKAGE as AZURITE
from local.standins.node import install

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90.0
MODES = {"embedded": (), "azurite": ("--azurite",), "azure": ("--azure", "--stand-ins")}
"""The options of `up` in every mode that needs nothing but this machine."""


class App:
    """`with App(folder, sources) as app: app.post("/api/ask", {...})`."""

    def __init__(self, folder: Path, sources: str, *, mode: str = "embedded", **environment: str) -> None:
        self.data = folder / "data"
        self.sources = folder / "sources.yaml"
        self.sources.write_text(sources, encoding="utf-8")
        self.port = free_port()
        self.mode = mode
        self.options = MODES[mode]
        if self.options:
            install(AZURITE)  # the first time it is downloaded, which may take longer than a start
        self.log = folder / "app.log"
        self.environment = {**os.environ, "CRAWL_SCHEDULE": "* * * * * *", **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *more: str) -> list[str]:
        given = ["--sources", str(self.sources), "--data", str(self.data), "--port", str(self.port)]
        return [sys.executable, "-m", "local", "up", *self.options, *given, *more]

    def start(self, *, wait: bool = True) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        if wait:
            until(lambda: self.answers("/api/health/live"), f"the app to answer; its log: {self.log}")
        return self

    def once(self) -> dict[str, Any]:
        """Run `up --once` to its end; returns its summary."""
        done = subprocess.run(
            self.command("--once"), cwd=ROOT, env=self.environment, capture_output=True, timeout=PATIENCE_S, check=False
        )
        with self.log.open("ab") as log:
            log.write(done.stderr)
        assert done.stdout, done.stderr.decode()[-2_000:]
        return dict(json.loads(done.stdout))

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(timeout=30)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process and self.process.poll() is None:
            self.stop()

    def answers(self, path: str) -> bool:
        try:
            self.get(path)
        except (OSError, ValueError):
            assert self.process is None or self.process.poll() is None, self.log.read_text()[-2_000:]
            return False
        return True

    def get(self, path: str) -> Any:
        return self._request("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        return self._request("POST", path, body)

    def settle(self, *, documents: int = 1) -> None:
        """Wait until every source is crawled, at least so many documents are there and nothing is pending."""
        what = "the crawls to end and the queues to drain"
        until(lambda: self._is_settled(documents), what, patience_s=5 * PATIENCE_S)

    def _is_settled(self, documents: int) -> bool:
        try:
            report = self.get("/api/status")
        except urllib.error.HTTPError:  # a service that it needs is not there at this moment
            return False
        crawled = all(source["outcome"] != "running" for source in report["sources"])
        return crawled and report["queued"] == 0 and report["chunks"] > 0 and report["documents"] >= documents

    def ask(self, question: str) -> dict[str, Any]:
        return dict(self.post("/api/ask", {"question": question}))

    def search(self, query: str, top: int = 5) -> list[dict[str, Any]]:
        return list(self.post("/api/search", {"query": query, "top": top})["hits"])

    def _request(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(holds: Callable[[], Any], what: str, *, patience_s: float = PATIENCE_S) -> Any:
    """Wait until something holds, looking ten times a second; fails saying what it waited for."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {patience_s:.0f} s in vain for {what}")
