"""Progress on stderr: a live line on a terminal, else a line when something changed, one a second at most."""

import sys
from typing import TextIO


class Progress:
    """One line that tells where things stand."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._last = ""
        self._width = 0

    def show(self, line: str) -> None:
        """Show a line in place of the one before; nothing if it is the same."""
        if line == self._last:
            return
        self._last = line
        if self._live:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def say(self, line: str) -> None:
        """Print a line that stays."""
        if self._live and self._last:
            self._stream.write("\r" + " " * self._width + "\r")
        self._stream.write(line + "\n")
        self._stream.flush()
        self._last = ""
