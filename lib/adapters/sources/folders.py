"""Folders of files: what a folder must do, and one that lies on a disk or a mounted share."""

import errno
import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lib.adapters.sources.addresses import Addresses, is_hidden
from lib.errors import BadInput, Unreachable

logger = logging.getLogger(__name__)

_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not wait for somebody who writes
)
_HAS_OPENAT = os.open in os.supports_dir_fd
"""Windows has not; there it takes rights to make a link."""
_OPEN_FOLDER = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_DIRECTORY", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of a folder, as the folder describes it."""

    path: str
    """Below the folder, with forward slashes."""
    size: int
    """Bytes."""
    stamp: str
    """Its version: an equal one means the same bytes."""
    modified_s: float = 0.0
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A file that was looked at, with its bytes if they were wanted."""

    entry: Entry
    body: bytes | None
    """None if its stamp is the known one, or if it is too large."""
    requests: int = 1
    """Calls that it took."""


class Folder(Protocol):
    """Files below one start. Threads share it."""

    addresses: Addresses

    def entries(self) -> Iterator[Entry]:
        """
        List all files but hidden ones, by path; the same order every time.

        Raises: BadInput if there is no such folder, Unreachable if it cannot be listed now. At any step.
        """

    def read(self, path: str, *, known: str, max_bytes: int) -> Contents:
        """
        Look at a file, and read it if its stamp is not `known` and it is no larger than `max_bytes`.

        Raises: FileNotFoundError if it is gone for certain; OSError or a PlumblineError if nothing is certain.
        """

    def close(self) -> None:
        """Let go of connections."""


class LocalFolder:
    """
    A folder on this machine. Symbolic links are not followed; only regular files are opened.

    A share that is not mounted leaves a missing or an empty folder, so its files are `gone` only if others are there.
    """

    def __init__(self, path: str, *, link: str = "") -> None:
        self._root = Path(os.path.realpath(path))
        self._named = path
        self.addresses = Addresses(link or file_address(path))

    def entries(self) -> Iterator[Entry]:
        try:
            with os.scandir(self._root):
                pass
        except (FileNotFoundError, NotADirectoryError):
            raise BadInput(
                f"there is no folder {self._named!r}: create it, mount its share, or correct `start`"
            ) from None
        except OSError as error:
            raise Unreachable(
                f"the folder {self._named!r} cannot be listed ({error.strerror}): see its rights"
            ) from error
        yield from self._walk()

    def _walk(self) -> Iterator[Entry]:
        """Depth first with a stack: no tree is too deep. A subfolder that cannot be listed is skipped."""
        waiting = [""]
        while waiting:
            below = waiting.pop()
            try:
                with os.scandir(self._root / below) as listing:
                    found = [entry for entry in listing if not entry.name.startswith(".")]
            except OSError as error:
                # Its files that have a document are asked for one by one, which tells gone from unreadable.
                logger.warning("a folder cannot be listed and is skipped: %s", error.strerror)
                continue
            found.sort(key=lambda entry: entry.name)
            folders = []
            for entry in found:
                path = f"{below}/{entry.name}" if below else entry.name
                try:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        yield _entry(path, entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue
                except OSError:
                    yield Entry(path=path, size=0, stamp="")  # reading it will say why
            waiting.extend(reversed(folders))

    def read(self, path: str, *, known: str, max_bytes: int) -> Contents:
        if is_hidden(path):
            raise FileNotFoundError(path)
        try:
            number = self._open(path)
        except (FileNotFoundError, NotADirectoryError):
            self._check_mounted()
            raise FileNotFoundError(path) from None
        with os.fdopen(number, "rb") as file:
            status = os.fstat(number)
            entry = _entry(path, status)
            if not stat.S_ISREG(status.st_mode):
                raise FileNotFoundError(path)
            if entry.stamp == known or entry.size > max_bytes:
                return Contents(entry=entry, body=None)
            body = file.read(max_bytes + 1)
            after = _entry(path, os.fstat(number))
        if after.stamp != entry.stamp:
            raise OSError("it changed while it was read")
        return Contents(entry=entry, body=body)

    def close(self) -> None:
        pass

    def _open(self, path: str) -> int:
        """Open a regular file, folder by folder: none of them may be a link, nor become one meanwhile."""
        if not _HAS_OPENAT:
            return self._open_by_name(self._root / path)
        *folders, name = path.split("/")
        at = os.open(self._root, _OPEN_FOLDER)
        try:
            for folder in folders:
                below = os.open(folder, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            if not stat.S_ISREG(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
                raise FileNotFoundError(path)
            return os.open(name, _OPEN, dir_fd=at)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise FileNotFoundError(path) from error
            raise
        finally:
            os.close(at)

    @staticmethod
    def _open_by_name(where: Path) -> int:
        if os.path.realpath(where.parent) != str(where.parent) or not stat.S_ISREG(os.lstat(where).st_mode):
            raise FileNotFoundError(where)
        return os.open(where, _OPEN)

    def _check_mounted(self) -> None:
        """Raises: Unreachable if the folder itself is missing or empty, OSError if it cannot be listed."""
        try:
            with os.scandir(self._root) as listing:
                if next(listing, None) is not None:
                    return
        except (FileNotFoundError, NotADirectoryError):
            pass
        raise Unreachable(f"the folder {self._named!r} is missing or empty: is its share mounted?")


def file_address(folder: str) -> str:
    """Where a folder is named, not where links lead: addresses stay when one is turned to the next release."""
    return Path(os.path.abspath(folder)).as_uri().rstrip("/") + "/"  # noqa: PTH100 - resolve() follows links


def _entry(path: str, status: os.stat_result) -> Entry:
    stamp = f"{status.st_size}-{status.st_mtime_ns}"
    return Entry(path=path, size=status.st_size, stamp=stamp, modified_s=status.st_mtime)
