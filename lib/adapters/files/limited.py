"""Files from strangers, parsed in processes that can be lost."""

import contextlib
import threading
import weakref
from typing import Any

from lib.adapters.files.frames import BrokenFrame
from lib.adapters.files.kinds import is_hostile
from lib.adapters.files.page_frames import from_frame
from lib.adapters.files.parser_process import Died, ParserProcess
from lib.adapters.files.parsing import parse_file
from lib.adapters.web.selectors import AUTOMATIC, Selectors
from lib.domain.pages import Page
from lib.errors import BadInput, Unreachable

_GIB = 1 << 30
_MIB = 1 << 20
_MAX_FILES = 500
"""Parsed by one process; then a new one is started, as parsers leak."""


class LimitedParser:
    """
    Parses files as `parse_file` does; PDF, Office files and mails in processes of their own, kept for the next file.

    Limits for each file: address space beyond that of a fresh process (1 GiB), processor time (30 s; four times that
    by the clock on the wall), text (4 million characters), 64 open files, none written. A process that breaks one, dies
    or has grown is ended and replaced. Text, HTML, Markdown, CSV and code are parsed in this process. Thread-safe:
    `processes` files at a time, others wait. Where the platform has no `resource` (Windows) only the limits of time
    (30 s on the wall) and text hold; macOS does not enforce that of address space.
    """

    def __init__(self, *, processes: int = 2, timeout_s: float = 30.0, memory_bytes: int = _GIB) -> None:
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._places = threading.BoundedSemaphore(processes)
        self._lock = threading.Lock()
        self._idle: list[tuple[ParserProcess, int]] = []
        self._closings = 0
        self._ending = weakref.finalize(self, _end_all, self._idle)

    def parse(
        self, body: bytes, *, name: str, url: str, media_type: str = "", selectors: Selectors = AUTOMATIC
    ) -> Page:
        """
        Make a page of a file.

        selectors: what to take of HTML, which is parsed in this process.

        Raises: BadInput, naming the file, if it cannot be read or needs more time or memory than it may have;
        Unreachable if no process can be started.
        """
        if not is_hostile(body, name=name, media_type=media_type):
            return parse_file(body, name=name, url=url, media_type=media_type, selectors=selectors)
        with self._places:
            return self._parse(body, {"name": name, "url": url, "media_type": media_type})

    def close(self) -> None:
        """End all idle processes; those at work end when their file is done. Parsing again starts new ones."""
        with self._lock:
            self._closings += 1
            _end_all(self._idle)

    def _parse(self, body: bytes, header: dict[str, Any]) -> Page:
        name = header["name"]
        closings = self._closings
        process, files = self._take()
        is_fit = False
        try:
            answer, text = process.ask(header, body)
            is_fit = self._is_small(answer) and files + 1 < _MAX_FILES
            return self._page(answer, text, name)
        except Died as error:
            raise BadInput(f"{name!r} {self._why(error.reason)}") from error
        except BrokenFrame as error:
            is_fit = False
            raise BadInput(f"{name!r} broke its parser: damaged or hostile") from error
        finally:
            with self._lock:
                is_kept = is_fit and closings == self._closings
                if is_kept:
                    self._idle.append((process, files + 1))
            if not is_kept:
                process.end()

    def _take(self) -> tuple[ParserProcess, int]:
        with self._lock:
            while self._idle:
                process, files = self._idle.pop()
                if process.is_alive:
                    return process, files
                process.end()
        try:
            return ParserProcess(memory_bytes=self._memory_bytes, timeout_s=self._timeout_s), 0
        except (Died, OSError) as error:
            raise Unreachable(f"no parser process could be started ({error}): try again later") from error

    def _is_small(self, answer: dict[str, Any]) -> bool:
        grown = answer.get("grown_bytes", 0)
        return isinstance(grown, int) and grown < self._memory_bytes // 2

    def _page(self, answer: dict[str, Any], text: bytes, name: str) -> Page:
        outcome = answer.get("outcome")
        if outcome == "bad input":
            raise BadInput(str(answer.get("message", ""))[:1000])
        if outcome != "page" or not isinstance(answer.get("page"), dict):
            raise BrokenFrame("an answer that is none")
        return from_frame(answer["page"], text)

    def _why(self, reason: str) -> str:
        if reason == "time":
            return f"took longer than {self._timeout_s:g} s to parse: split it, or save it anew"
        if reason == "memory":
            return f"needs more than {_size(self._memory_bytes)} of memory to parse: split it, or save it anew"
        if reason in ("SIGKILL", "SIGTERM"):
            return (
                f"could not be parsed: its parser was ended from outside ({reason}); the machine may be short of memory"
            )
        return f"broke its parser ({reason}), or needs more than {_size(self._memory_bytes)}: damaged or hostile"


def _end_all(idle: list[tuple[ParserProcess, int]]) -> None:
    while idle:
        with contextlib.suppress(OSError):
            idle.pop()[0].end()


def _size(size_bytes: int) -> str:
    return f"{size_bytes / _GIB:g} GiB" if size_bytes >= _GIB else f"{size_bytes / _MIB:g} MiB"
