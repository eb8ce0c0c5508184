"""The product as a process of its own, as a benchmark drives it: by its command line and its HTTP API."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]


class Product:
    """`with Product(folder, sources_text) as product: product.post("/api/search", {...})`."""

    def __init__(self, folder: Path, sources: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self._sources = folder / "sources.yaml"
        self._sources.write_text(sources, encoding="utf-8")
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self._log = (folder / "product.log").open("ab")
        self.ready_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        started = time.perf_counter()
        given = ["--sources", str(self._sources), "--data", str(self.data), "--port", str(self.port)]
        command = [sys.executable, "-m", "local", "up", *given]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=self._log, stderr=self._log)
        wait_for(self._is_up, 120)
        self.ready_s = time.perf_counter() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=60)

    def get(self, path: str) -> Any:
        return self.request("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        return self.request("POST", path, body)

    def request(self, method: str, path: str, body: Any, connection: http.client.HTTPConnection | None = None) -> Any:
        """One exchange, on a connection of its own unless one is given. Raises: RuntimeError for an error status."""
        used = connection or self.connection()
        data = None if body is None else json.dumps(body)
        used.request(method, path, data, {"Content-Type": "application/json"})
        response = used.getresponse()
        found = json.loads(response.read())
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {response.status} {found}")
        return found

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def settled(self, documents: int) -> bool:
        """All of a site's pages crawled, built and nothing under way."""
        report = self.get("/api/status")
        running = any(source["outcome"] != "complete" for source in report["sources"])
        return not running and report["queued"] == 0 and report["documents"] == documents and report["chunks"] > 0

    def peak_memory_mb(self) -> float:
        """Largest resident set so far (Linux only; else 0)."""
        assert self._process
        status = Path(f"/proc/{self._process.pid}/status")
        if not status.exists():
            return 0.0
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def disk_mb(self) -> float:
        """Size of the data folder."""
        return sum(file.stat().st_size for file in self.data.rglob("*") if file.is_file()) / 1e6

    def _is_up(self) -> bool:
        if self._process and self._process.poll() is not None:
            raise RuntimeError(f"the product ended with {self._process.returncode}: see {self._log.name}")
        try:
            self.get("/api/health/live")
        except (OSError, RuntimeError, ValueError):
            return False
        return True


def wait_for(holds: Callable[[], bool], patience_s: float) -> float:
    """Look twenty times a second until something holds; returns the seconds it took. Raises: TimeoutError."""
    started = time.perf_counter()
    while not holds():
        if time.perf_counter() - started > patience_s:
            raise TimeoutError(f"waited {patience_s:.0f} s")
        time.sleep(0.05)
    return time.perf_counter() - started
