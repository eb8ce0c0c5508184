"""The numbers of lines that manuscripts and bills have in a margin."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from lib.adapters.files.pdf_lines import Line

_NUMBER = re.compile(r"\d{1,5}")
_FEWEST = 10
"""Lines of a page with a number beside them, before these count as line numbers."""
_RUNNING_CHARS = 40
"""Half of the numbered lines are longer: they are running text. Rows of tables and lines of code are shorter."""


def without_line_numbers(lines: Sequence[Line]) -> list[Line]:
    """
    Drop the numbers of lines: a column left of all text that counts the lines of a page one by one.

    The number is the first piece of its line, or a line of its own beside running text. The order of lines stays.
    """
    numbers = [_number(line) for line in lines]
    numbered = [line for line, number in zip(lines, numbers, strict=True) if number]
    counted = [int(number) for number in numbers if number]
    text = [_without_number(line) if number else line for line, number in zip(lines, numbers, strict=True)]
    printed = [line for line in text if len(line.text) >= _RUNNING_CHARS]
    if len(numbered) < _FEWEST or len(printed) < _FEWEST or any(after != n + 1 for n, after in pairwise(counted)):
        return list(lines)
    if median(len(line.text) for line in text if line.text) < _RUNNING_CHARS:
        return list(lines)
    margin = min(line.left for line in printed)
    if max(line.left for line in numbered) + median(line.size for line in numbered) > margin:
        return list(lines)
    return [line for line in text if line.text]


def _number(line: Line) -> str:
    """What may be the number of a line; empty if it has none."""
    first = line.cells[0] if line.cells else line.text
    return first if _NUMBER.fullmatch(first) else ""


def _without_number(line: Line) -> Line:
    cells = line.cells[1:]
    text = " ".join(cells)
    return replace(line, text=text, cells=cells if len(cells) > 1 else (), left=line.last_left if cells else line.left)
