"""
A process that parses files for its owner and can do little else: `python -m lib.adapters.files.worker MEMORY SECONDS`.

It says that it is ready, then reads frames with a file from stdin and answers on stdout, until stdin ends.
MEMORY: bytes of address space beyond what it has at start. SECONDS: processor time for each file.
Where the platform has no `resource` (Windows), or does not enforce a limit, that limit does not hold.
"""

import contextlib
import math
import os
import sys
from pathlib import Path
from typing import IO, Any, Literal

from lib.adapters.files.frames import OUT_OF_MEMORY, BrokenFrame, read_frame, write_frame
from lib.adapters.files.page_frames import to_frame
from lib.adapters.files.parsing import parse_file
from lib.errors import BadInput

MAX_FILE_BYTES = 1 << 32
_OPEN_FILES = 64


def main() -> None:
    """Serve frames until stdin ends, or memory does."""
    try:
        _serve(memory_bytes=int(sys.argv[1]), seconds=float(sys.argv[2]))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # an answer, or a tidy end, would need memory


def _serve(*, memory_bytes: int, seconds: float) -> None:
    with _only_door(0, "rb") as requests, _only_door(1, "wb") as answers:
        start_bytes = address_space_bytes()
        _limit(memory_bytes, start_bytes)
        write_frame(answers, {"outcome": "ready"})
        while True:
            try:
                header, body = read_frame(requests, max_body_bytes=MAX_FILE_BYTES)
            except BrokenFrame:
                return
            _limit_processor_time(seconds)
            answer, text = _answer(header, body)
            del body
            answer["grown_bytes"] = address_space_bytes() - start_bytes
            write_frame(answers, answer, text)


def address_space_bytes() -> int:
    """Give the address space of this process; 0 where the platform does not tell."""
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE")
    return 0


def _answer(header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        page, text = to_frame(parse_file(body, name=header["name"], url=header["url"], media_type=header["media_type"]))
    except BadInput as error:
        return {"outcome": "bad input", "message": str(error)}, b""
    return {"outcome": "page", "page": page}, text


def _only_door(number: int, mode: Literal["rb", "wb"]) -> IO[bytes]:
    """Take over stdin or stdout, so that what a library prints or reads does not get between the frames."""
    kept = os.dup(number)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.close(nothing)
    return os.fdopen(kept, mode)


def _limit(memory_bytes: int, start_bytes: int) -> None:
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_AS, start_bytes + memory_bytes),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower limit is set already, or macOS does not take it
            resource.setrlimit(what, (most, most))


def _limit_processor_time(seconds: float) -> None:
    """Whole seconds, rounded up. The owner's clock ends what waits instead of working."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    with contextlib.suppress(ValueError, OSError):  # a lower limit is set already
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
