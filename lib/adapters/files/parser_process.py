"""One parser process, seen from its owner: started, asked with a deadline, ended."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from lib.adapters.files.frames import OUT_OF_MEMORY, BrokenFrame, read_frame, write_frame
from lib.domain.documents import MAX_TEXT_CHARS

_START_TIMEOUT_S = 60.0
_WALL_FACTOR = 4.0 if hasattr(signal, "SIGXCPU") else 1.0
"""Wall time a file may take, in its processor time: a busy machine does not make a file a bad one."""
_LAST_WORDS_S = 2.0
_ROOT = Path(__file__).resolve().parents[3]
"""The folder that holds `lib`."""


class Died(Exception):
    """The process ended, was ended, or said nothing that can be read; `reason` says which limit or signal it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ParserProcess:
    """
    A process of `lib.adapters.files.worker`. For one thread at a time.

    Its environment holds a search path, a locale and where our modules are; nothing of this process's own.
    """

    def __init__(self, *, memory_bytes: int, timeout_s: float) -> None:
        """
        Start it; returns when it is ready.

        Raises: Died if it does not get ready within a minute, OSError if the system starts no process.
        """
        self._timeout_s = timeout_s
        command = [sys.executable, "-P", "-B", "-s", "-m", "lib.adapters.files.worker", str(memory_bytes)]
        self._process = subprocess.Popen(
            [*command, str(timeout_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            env={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "PYTHONPATH": os.pathsep.join(dict.fromkeys((str(_ROOT), *filter(None, sys.path)))),
            },
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._exchange(None, b"", timeout_s=_START_TIMEOUT_S)

    @property
    def is_alive(self) -> bool:
        """Say whether it has not ended yet."""
        return self._process.poll() is None

    def ask(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """
        Send a file and wait for the answer. After Died the process is of no more use.

        Raises: Died.
        """
        return self._exchange(header, body, timeout_s=_WALL_FACTOR * self._timeout_s)

    def end(self) -> None:
        """End it at once; harmless if it has ended."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was still to be written cannot be
                    stream.close()
        self._process.wait()

    def _exchange(
        self, header: dict[str, Any] | None, body: bytes, *, timeout_s: float
    ) -> tuple[dict[str, Any], bytes]:
        """Send a frame, if there is one, and wait for one. A clock ends the process, which ends the waiting."""
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            self._process.kill()

        assert self._process.stdin is not None
        assert self._process.stdout is not None
        clock = threading.Timer(timeout_s, give_up)
        clock.daemon = True
        clock.start()
        try:
            if header is not None:
                write_frame(self._process.stdin, header, body)
            answer = read_frame(self._process.stdout, max_body_bytes=4 * MAX_TEXT_CHARS)
        except (OSError, BrokenFrame) as error:
            with contextlib.suppress(subprocess.TimeoutExpired):  # its own end says more than being killed by us
                self._process.wait(_LAST_WORDS_S)
            self.end()
            raise Died(self._reason(is_late=is_late.is_set())) from error
        except BaseException:
            self.end()
            raise
        finally:
            clock.cancel()
            clock.join()
        return answer

    def _reason(self, *, is_late: bool) -> str:
        code = self._process.returncode
        if is_late or code == -getattr(signal, "SIGXCPU", 0):
            return "time"
        if code == OUT_OF_MEMORY:
            return "memory"
        return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
