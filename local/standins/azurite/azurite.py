"""Azurite as a child process: Queue Storage (and Blob Storage) on loopback, for the host and for tests."""

import re
import subprocess
import time
import types
from pathlib import Path
from typing import Self

from lib.errors import Permanent
from local.standins.certificate import Certificate
from local.standins.node import install, node

PACKAGE = Path(__file__).parent
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's key, the same on every computer and printed in its manual."""
START_S = 60
STOP_S = 10
_LISTENS = re.compile(r"Azurite (\w+) service (?:is )?successfully listen(?:s on|ing at) (\S+)\n")


class Azurite:
    """
    Starts the child and waits until it listens; `stop`, or leaving the context, ends it. Its data stay in the folder.

    Without a certificate it speaks http and takes the well-known key. With one it speaks https and takes bearer tokens
    too; it reads their audience, issuer and dates, but does not check their signature. Data are saved when it ends and
    every five seconds: a child that is killed forgets the last of them.

    port: of the queue service; 0 takes any. blob: starts Blob Storage too, on any port.
    Raises: Permanent with the fix, if it does not start.
    """

    def __init__(
        self, folder: Path, *, port: int = 0, blob: bool = False, certificate: Certificate | None = None
    ) -> None:
        program = "azurite.js" if blob else "queue/main.js"
        options = ["--location", str(folder.resolve()), "--queuePort", str(port)]
        options += ["--blobPort", "0", "--tablePort", "0"] if blob else []
        options += ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        if certificate:
            options += ["--oauth", "basic", "--cert", str(certificate.chain), "--key", str(certificate.key)]
        start = install(PACKAGE) / "start.js"
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "azurite.log"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [str(node().path), str(start), program, *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the host, which needs its queues until it has ended
            )
        try:
            addresses = self._wait({"Queue", "Blob"} if blob else {"Queue"}, port)
        except BaseException:
            self.stop()
            raise
        self.queue_endpoint = f"{addresses['Queue']}/{ACCOUNT}"
        """URL of the account's Queue Storage."""
        self.blob_endpoint = f"{addresses['Blob']}/{ACCOUNT}" if blob else ""
        """URL of the account's Blob Storage; empty if it was not asked for."""
        endpoints = {"QueueEndpoint": self.queue_endpoint, "BlobEndpoint": self.blob_endpoint}
        self.connection_string = ";".join(
            [
                f"DefaultEndpointsProtocol={'https' if certificate else 'http'}",
                f"AccountName={ACCOUNT}",
                f"AccountKey={KEY}",
                *(f"{name}={url}" for name, url in endpoints.items() if url),
            ]
        )
        """For AzureWebJobsStorage and the SDKs."""

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

    def stop(self) -> None:
        """End the child once it has saved its data; calling it twice is no error."""
        if self._child.stdin:
            self._child.stdin.close()
        try:
            self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _wait(self, services: set[str], port: int) -> dict[str, str]:
        """The address of each service. Read from the child's own words: on its port another one may answer."""
        ends = time.monotonic() + START_S
        while self._child.poll() is None and time.monotonic() < ends:
            found = dict(_LISTENS.findall(self._said()))
            if found.keys() >= services:
                return found
            time.sleep(0.02)
        if "EADDRINUSE" in self._said():
            raise Permanent(f"Azurite cannot start: port {port} is taken: end what uses it, or choose another one")
        said = " / ".join(self._said().strip().splitlines()[-5:])
        raise Permanent(f"Azurite did not start within {START_S} s; see {self._log}: {said}")

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")
