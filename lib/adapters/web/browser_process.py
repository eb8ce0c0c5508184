"""One chromedriver with its Chromium, in a process group and a folder of their own: neither outlives it."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from lib.adapters.web.browser_leftovers import PREFIX, end_leftovers, own

_STARTED = re.compile(rb"started successfully on port (\d+)")
_START_S = 20.0
_END_S = 5.0
_GROUP_END_S = 0.5
"""Killed processes are gone in a moment; where nobody collects them, as in bare containers, their entries stay."""


class NoBrowser(Exception):
    """Chromium or its driver is not there, or does not start. The message says what to do."""


class BrowserProcess:
    """
    A chromedriver on a free port of loopback.

    What it and Chromium write (profile, downloads, temporary files) stays in `folder`. They see no variable of our
    environment, so no secret in it. For Linux and macOS.
    """

    def __init__(self, *, chromedriver: str, chromium: str) -> None:
        self.chromium = _found(chromium)
        driver = _found(chromedriver)
        end_leftovers()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._owned = own(self.folder)
        log = self.folder / "driver.log"
        environment = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(self.folder))
        try:
            with log.open("wb") as output:
                self.process = subprocess.Popen(
                    [driver, "--port=0"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={"PATH": os.defpath, "LANG": "C.UTF-8", **environment},
                    cwd=self.folder,
                    start_new_session=True,
                )
        except OSError as error:
            self._owned.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise NoBrowser(f"{driver} does not start: {error.strerror}") from error
        try:
            self.port = self._port(log)
        except NoBrowser:
            self.close()
            raise

    @property
    def url(self) -> str:
        """Where the driver takes commands."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End the whole process group and remove the folder. Doing it twice is harmless."""
        with suppress(ProcessLookupError, PermissionError):  # macOS says so of a group of zombies
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until = time.monotonic() + _END_S
        while self._is_group_there() and time.monotonic() < until - _END_S + _GROUP_END_S:
            time.sleep(0.01)
        while self.folder.exists() and time.monotonic() < until:  # what was being written may come back once
            shutil.rmtree(self.folder, ignore_errors=True)
        self._owned.close()

    def _is_group_there(self) -> bool:
        try:
            os.killpg(self.process.pid, 0)
        except OSError:
            return False
        return True

    def _port(self, log: Path) -> int:
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            if found := _STARTED.search(log.read_bytes()):
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise NoBrowser(f"chromedriver did not start: {log.read_bytes()[-300:].decode('utf-8', 'replace')!r}")


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise NoBrowser(f"{program} is not there: install it (Debian: apt-get install chromium chromium-driver)")
    return path
