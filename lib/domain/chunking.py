"""Chunking: from a snapshot to the spans that are embedded, found and cited."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from lib.domain.blocks import Block, blocks
from lib.domain.sentences import lines, prose_sentences
from lib.domain.tables import with_tables

VERSION = "2"
"""Part of the recipe of a feature set. Change it with any change of output."""

CountTokens = Callable[[Sequence[str]], list[int]]

# What it costs to begin a chunk at a place, where a chunk as good as empty costs 1. Measured on evals/data: cuts
# between sentences at half this cost, so that chunks follow paragraphs less often, lose 0.008 of MRR@10; at twice
# the cost, and with merging from 0 to 1, nothing changes.
_CUT_AT_HEADING = 0.0
_CUT_AT_PARAGRAPH = 0.05
_CUT_AT_LINE = 0.1
_CUT_AT_ITEM = 0.15
_CUT_AT_ROW = 0.3
_CUT_AT_SENTENCE = 0.3
_CUT_AT_CODE_LINE = 0.5
_CUT_IN_SENTENCE = 1.0
_CUT_IN_WORD = 2.0
_CUT_AFTER_HEADING = 50.0  # only a run of headings longer than a chunk is cut there
# Between two pieces of one table, which `lib.domain.table_pieces` cuts: they share a chunk only if they are taken
# together from the first one on, so that a row more at the end leaves all chunks but the last as they are.
_CUT_AT_NEXT_PIECE = -2.0
# What it costs to go on over a heading: to a neighbour or a child of the section that the chunk began in.
_MERGE = 0.25


_SMALL = 24
"""Units below this part of the target are taken together first: with the next limit, what bounds the work."""
_MOST_UNITS = 64
_WORD = re.compile(r"\S+")

_Path = tuple[tuple[int, str], ...]
"""Headings above a place, outermost first: level and words."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a chunk lies: code points into the text, without blanks around it."""

    start: int
    end: int
    heading: str
    """The headings that all of it lies under, outermost first, joined by ` > `; a page's own one is left out."""


@dataclass(slots=True)
class _Unit:
    """The smallest piece that is moved as a whole."""

    start: int
    end: int
    cut: float
    """What a cut before it costs."""
    path: _Path
    level: int
    """Of the section it lies in; 0 before the first heading."""
    is_heading: bool
    tokens: int = 0


def chunk(
    text: str, *, count_tokens: CountTokens, target_tokens: int, max_tokens: int, breaks: Sequence[int] = ()
) -> list[Span]:
    """
    Cut a cleaned text into spans, in order, that together hold every non-blank character.

    Cuts fall where they cost least: before headings, then paragraphs, list items, sentences, table rows; in code, in
    tables that name their columns, in sentences and words only where a piece would not fit otherwise. A heading goes
    with what follows it. Small neighbouring sections share a chunk, but no chunk runs out of the section above the one
    it began in.
    breaks: offsets that no span runs over, whatever a cut there costs: where pages begin. Headings go on over them.
    count_tokens: called a few times with many texts. No span has more than max_tokens by its count.
    Empty: nothing but blanks gives [].
    Raises: ValueError unless target_tokens and max_tokens are positive.
    """
    if target_tokens < 1 or max_tokens < 1:
        raise ValueError(f"target_tokens ({target_tokens}) and max_tokens ({max_tokens}) must be positive")
    target = min(target_tokens, max_tokens)
    edges = sorted(breaks)
    units = _fitting(text, list(_broken(text, _units(text), edges)), count_tokens, max_tokens)
    titles = sum(unit.is_heading and unit.level == 1 for unit in units)
    groups: list[list[_Unit]] = []
    for _, part in groupby(units, key=lambda unit: bisect_right(edges, unit.start)):
        groups += _grouped(_taken_together(list(part), target), target, max_tokens)
    return [_span(group, skip_title=titles == 1) for group in _checked(text, groups, count_tokens, max_tokens)]


def _span(group: list[_Unit], *, skip_title: bool) -> Span:
    content = [unit for unit in group if not unit.is_heading] or group
    path = content[0].path
    for unit in content:
        common = 0
        while common < min(len(path), len(unit.path)) and path[common] == unit.path[common]:
            common += 1
        path = path[:common]
    if skip_title and path and path[0][0] == 1:
        path = path[1:]
    return Span(group[0].start, group[-1].end, " > ".join(words for _, words in path))


def _units(text: str) -> Iterator[_Unit]:
    """Headings, sentences, table rows, blocks of code, each with its section and the cost of a cut before it."""
    path: _Path = ()
    level = rows = 0
    before: Block | None = None
    names = ""
    for run in with_tables(text, blocks(text)):
        block = run[0]
        is_heading = block.kind == "heading"
        if is_heading:
            level = block.level
            words = text[block.start : block.end].lstrip("#").strip()
            path = (*(part for part in path if part[0] < level), (level, words))
        rows = rows + 1 if block.kind == "row" else 0
        cut = _cost(block, before, rows)
        pieces = [(block.start, run[-1].end)]
        if block.kind in ("paragraph", "item"):
            pieces = prose_sentences(text, block.start, block.end)
        names_before, names = names, text[block.start : block.end] if len(run) > 1 else ""
        if names:
            cut = _CUT_AT_NEXT_PIECE if names == names_before else cut
            rows = 0
        last = block.start
        for start, end in pieces:
            if start > block.start:  # a sentence that begins a line: pages break lines where others make paragraphs
                cut = _CUT_AT_LINE if "\n" in text[last:start] else _CUT_AT_SENTENCE
            yield _Unit(start, end, cut, path, level, is_heading)
            last = end
        before = run[-1]


def _broken(text: str, units: Iterable[_Unit], edges: Sequence[int]) -> Iterator[_Unit]:
    """Cut units at edges, which are in order, without blanks around the pieces."""
    for unit in units:
        inner = edges[bisect_right(edges, unit.start) : bisect_left(edges, unit.end)]
        if not inner:
            yield unit
            continue
        for start, end in pairwise([unit.start, *inner, unit.end]):
            piece = text[start:end]
            if words := piece.strip():
                first = start + len(piece) - len(piece.lstrip())
                yield replace(unit, start=first, end=first + len(words))


def _cost(block: Block, before: Block | None, rows: int) -> float:
    if (before and before.kind == "heading") or rows == 2:  # the second row is the line under a table's head
        return _CUT_AFTER_HEADING
    if block.kind == "heading":
        return _CUT_AT_HEADING
    if block.kind == "item":
        return _CUT_AT_ITEM
    return _CUT_AT_ROW if rows > 1 else _CUT_AT_PARAGRAPH


def _fitting(text: str, units: list[_Unit], count_tokens: CountTokens, max_tokens: int) -> list[_Unit]:
    """Count each unit; take those apart that do not fit: into lines, then words, then pieces of words."""
    unknown = units
    while unknown:
        for unit, count in zip(unknown, count_tokens([text[u.start : u.end] for u in unknown]), strict=True):
            unit.tokens = count
        unknown = []
        whole: list[_Unit] = []
        for unit in units:
            pieces = list(_pieces(text, unit, max_tokens)) if unit.tokens > max_tokens else []
            if len(pieces) > 1:
                unknown += pieces
            whole += pieces if len(pieces) > 1 else [unit]
        units = whole
    return units


def _pieces(text: str, unit: _Unit, max_tokens: int) -> Iterator[_Unit]:
    found = lines(text, unit.start, unit.end)
    is_table = text[unit.start] == "|"
    cost = _CUT_AT_ROW if is_table else _CUT_AT_CODE_LINE
    together = 3 if is_table and len(found) > 2 else 1  # a header row goes with the first row
    found = [(found[0][0], found[together - 1][1]), *found[together:]]
    if len(found) < 2:
        found = [match.span() for match in _WORD.finditer(text, unit.start, unit.end)]
        cost = _CUT_IN_SENTENCE
    if len(found) < 2:  # at most 4 bytes a character, at most one token a byte
        size = max(1, min(max_tokens // 4, (unit.end - unit.start) // 2))
        found = [(at, min(at + size, unit.end)) for at in range(unit.start, unit.end, size)]
        cost = _CUT_IN_WORD
    for number, (start, end) in enumerate(found):
        yield _Unit(start, end, cost if number else unit.cut, unit.path, unit.level, unit.is_heading)


def _taken_together(units: list[_Unit], target: int) -> list[_Unit]:
    """Join pieces of a table, tiny neighbours of one section, and headings that follow each other."""
    small = max(1, target // _SMALL)
    joined: list[_Unit] = []
    for unit in units:
        last = joined[-1] if joined else None
        if unit.cut == _CUT_AT_NEXT_PIECE:
            room = target
        elif last and last.is_heading == unit.is_heading and (last.path == unit.path or unit.is_heading):
            room = 8 * small if unit.is_heading else small
        else:
            room = 0
        if last and last.tokens + unit.tokens <= room:
            last.end = unit.end
            last.tokens += unit.tokens
            last.level = min(last.level, unit.level)
        else:
            joined.append(unit)
    return joined


def _grouped(units: list[_Unit], target: int, max_tokens: int) -> list[list[_Unit]]:
    """The cheapest way to group units into chunks: each pays for its distance from the target and for its first cut."""
    best = [0.0] + [math.inf] * len(units)
    begins = [0] * (len(units) + 1)
    for end in range(1, len(units) + 1):
        tokens = 0
        merged, highest = 0.0, 7
        for start in range(end - 1, max(-1, end - 1 - _MOST_UNITS), -1):
            unit = units[start]
            tokens += unit.tokens
            if tokens > max_tokens and start < end - 1:
                break
            if highest >= unit.level:
                cost = best[start] + (tokens / target - 1) ** 2 + merged + (unit.cut if start else 0.0)
                if cost < best[end]:
                    best[end], begins[end] = cost, start
            if unit.is_heading:
                merged += _MERGE
                highest = min(highest, unit.level)
    groups: list[list[_Unit]] = []
    end = len(units)
    while end:
        groups.append(units[begins[end] : end])
        end = begins[end]
    return groups[::-1]


def _checked(text: str, groups: list[list[_Unit]], count_tokens: CountTokens, max_tokens: int) -> list[list[_Unit]]:
    """Count whole chunks: some tokenizers make more of the whole than of its parts. Those too long are halved."""
    done: list[list[_Unit]] = groups
    unknown = set(range(len(groups)))
    while unknown:
        numbers = sorted(unknown)
        counts = count_tokens([text[done[n][0].start : done[n][-1].end] for n in numbers])
        long = {n for n, count in zip(numbers, counts, strict=True) if count > max_tokens}
        unknown = set()
        groups, done = done, []
        for number, group in enumerate(groups):
            halves = _halves(text, group, max_tokens) if number in long else [group]
            if len(halves) > 1:
                unknown |= {len(done), len(done) + 1}
            done += halves
    return done


def _halves(text: str, group: list[_Unit], max_tokens: int) -> list[list[_Unit]]:
    units = group if len(group) > 1 else list(_pieces(text, group[0], max_tokens))
    middle = len(units) // 2
    return [units[:middle], units[middle:]] if middle else [units]
