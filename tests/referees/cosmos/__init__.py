"""
The referee: a foreign server of Cosmos DB's protocol, @vercel/cosmosdb-server, as a child process.

It was written by people who never saw our stand-in. Where both give the same answers to the same SDK, our own idea of
Cosmos DB is not the only witness. It keeps everything in memory, checks no credentials, and gets some things wrong
(`tests/adapters/azure/referee.py` lists them).
"""

import json
import subprocess
import types
from pathlib import Path
from typing import Self

from local.standins.certificate import ensure_certificate
from local.standins.node import install, node

STOP_S = 5


class Referee:
    """Starts the server on any port, with a certificate from *folder*; `stop`, or leaving the context, ends it."""

    def __init__(self, folder: Path) -> None:
        certificate = ensure_certificate(folder)
        launcher = install(Path(__file__).parent) / "launcher.js"
        with (folder / "referee.log").open("wb") as log:
            self._child = subprocess.Popen(
                [node().path, launcher, certificate.chain, certificate.key],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        said = self._child.stdout.readline()
        if not said:
            self.stop()
            raise RuntimeError(f"the referee did not start: {(folder / 'referee.log').read_text()[-2_000:]}")
        self.url: str = json.loads(said)["url"]
        """https://127.0.0.1:PORT"""
        self.certificate = str(certificate.bundle)
        """The bundle of certificate authorities that a client needs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the child; calling it twice is no error."""
        self._child.stdin.close()
        try:
            self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()
