"""Browsers whose owner was killed: nobody else would ever end them."""

import fcntl
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

PREFIX = "plumbline-browser-"
_OWNER = "owner.lock"


def own(folder: Path) -> IO[bytes]:
    """Mark a browser's folder as in use for as long as the returned file is open: a kill, too, gives it up."""
    lock = (folder / "owner.new").open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    (folder / "owner.new").rename(folder / _OWNER)  # nobody sees it unlocked
    return lock


def end_leftovers() -> None:
    """End the processes of browsers whose owner is dead, and remove their folders. Finds processes on Linux only."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # it is somebody else's, or somebody else is ending it
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / _OWNER).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for process in _processes_in(folder):
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                shutil.rmtree(folder, ignore_errors=True)


def _processes_in(folder: Path) -> list[int]:
    """Processes that work in a folder or name it on their command line."""
    name, found = os.fsencode(folder), []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if name in (entry / "cmdline").read_bytes() or (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found
