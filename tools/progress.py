"""How far an installation is, read from pip's output, and shown without flooding anybody's log."""

import sys
import time
from collections.abc import Sequence
from typing import Self, TextIO


def installation_status(output: Sequence[str], *, pinned: int, installed: int) -> str:
    """One line for people: *pinned* requirements were asked for, *installed* are in place by now."""
    total = pinned - sum(line.startswith("Ignoring ") for line in output)
    if any(line.startswith("Installing collected packages") for line in output):
        return f"installing {min(installed, total)}/{total}"
    collected = [line.split()[1] for line in output if line.startswith("Collecting ")]
    present = sum(line.startswith("Requirement already satisfied") for line in output)
    if output and "Retrying" in output[-1]:
        return f"downloading {len(collected) + present}/{total}: the package index does not answer, trying again"
    name = collected[-1].partition("==")[0] if collected else ""
    return f"downloading {len(collected) + present}/{total} {name}".rstrip()


class ProgressLine:
    """One live line on a terminal; elsewhere at most one line a second, and only when it says something new."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._shown = ""
        self._shown_at = 0.0

    def show(self, text: str, *, last: bool = False) -> None:
        now = time.monotonic()
        if text == self._shown or (not self._live and not last and now - self._shown_at < 1):
            return
        self._stream.write(f"\r{text}\x1b[K" if self._live else f"{text}\n")
        self._stream.flush()
        self._shown, self._shown_at = text, now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live and self._shown:
            self._stream.write("\n")
            self._stream.flush()
