"""Lines of PDF pages put together: paragraphs, headings, lists, words divided at line ends."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from lib.adapters.files.pdf_lines import Line
from lib.adapters.files.pdf_tables import tables_in, with_rows
from lib.adapters.files.plain_lines import heading, plain_line

_LARGER = 1.09
"""A heading's size, in sizes of the body text."""
_MAX_HEADING_CHARS = 200
_MAX_BOLD_HEADING_CHARS = 100
_MAX_LEVELS = 4
_BODY_SHARE = 0.25
"""Of what most characters are set in: what has less of them is no body text."""
_RUN = 3
"""Lines in a row from which text of one size is running text; larger titles have fewer."""
_RUN_SHARE = 0.6
_LEADING = 1.65
"""Furthest distance between the baselines of two lines of a paragraph, in sizes of the font."""
_WIDEST_LEADING = 3.0
_RUNNING_CHARS = 40
_FEWEST_DROPS = 5
"""Distances between long lines that tell how far the lines of a page stand apart: manuscripts are set wide."""
_ITEM = re.compile(r"(?:[•‣◦▪▫●○■□❖➢➤\uf0b7\uf0a7\uf0d8*–—-]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+\S")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ENDS_SENTENCE = re.compile(r"[.;,!?…]$")
_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")
_LEADER = re.compile(r"(?:\s?\.){4,}+(?=\s*\d{0,4}\s*$)")
"""The dots between an entry of a table of contents and its page."""
_FIRST_OF_SCRIPTS_WITHOUT_BLANKS = "\u2e80"
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 80
"""Characters looked at for the last word of a line."""
_HYPHENS = "-\u00ad\u2010"
_DIVIDED = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]$")


@dataclass(frozen=True, slots=True)
class Setting:
    """How a document is set: size of its body text, sizes of its headings from large to small, its words."""

    body_size: float
    heading_sizes: tuple[float, ...]
    words: frozenset[str]


def setting_of(pages: Iterable[Sequence[Line]]) -> Setting:
    """
    Measure a whole document: the body text is the largest of what many characters are set in.

    Most characters may be those of tables, code or notes, which are set smaller: of the sizes with at least a quarter
    as many, and most of them in three lines in a row or more, the largest counts.
    """
    sizes: Counter[float] = Counter()
    running: Counter[float] = Counter()
    larger: set[float] = set()
    words: set[str] = set()
    for page in pages:
        is_divided = False
        for line in page:
            if _TWO_LETTERS.search(line.text):
                larger.add(line.size)
            found = [word.lower() for word in _WORD.findall(line.text)]
            was_divided, is_divided = (
                is_divided,
                line.is_hyphenated or bool(_divided_word(line.text)),
            )
            words.update(found[int(was_divided) : len(found) - int(is_divided)])
        for size, lines in groupby(page, key=lambda line: line.size):
            lengths = [len(line.text) for line in lines]
            sizes[size] += sum(lengths)
            running[size] += sum(lengths) if len(lengths) >= _RUN else 0
    most = max(sizes, key=lambda size: (sizes[size], size), default=10.0)
    text = [s for s in sizes if sizes[s] >= _BODY_SHARE * sizes[most] and running[s] >= _RUN_SHARE * sizes[s]]
    body = max([most, *text])
    of_headings = sorted((size for size in larger if size > _LARGER * body), reverse=True)
    return Setting(body, tuple(of_headings), frozenset(words))


def blocks_of(page: Sequence[Line], setting: Setting) -> list[str]:
    """
    Make Markdown blocks of one page's lines: paragraphs and headings; each row of a table is a paragraph.

    In other lines that are no running text, such as code and addresses, the line ends stay.
    """
    lines = with_rows(page)
    blocks: list[str] = []
    at = 0
    for start, end in tables_in(lines, heading_sizes=setting.heading_sizes):
        blocks += _text_blocks(lines, at, start, setting)
        blocks += [plain_line(line.text) for line in lines[start:end]]
        at = end
    blocks += _text_blocks(lines, at, len(lines), setting)
    return [block for block in blocks if block]


def _text_blocks(page: Sequence[Line], start: int, end: int, setting: Setting) -> Iterator[str]:
    right = _right_edges(page)
    furthest = _furthest(page)
    text = ""
    level = 0
    before: Line | None = None
    for number, line in enumerate(page[start:end], start=start):
        own_level = _level(line, page, number, setting)
        joint = _joint(before, line, right, furthest, same_level=own_level == level) if before else "\n\n"
        if own_level and own_level == level and joint != "\n\n":
            joint = " "
        if joint == "\n\n" or own_level != level:
            yield _block(text, level)
            text, level = line.text, own_level
        elif joint == " ":
            text = _joined(text, line.text, setting.words, divided=before is not None and before.is_hyphenated)
        else:
            text = f"{text}\n{line.text}"
        before = line
    yield _block(text, level)


def _block(text: str, level: int) -> str:
    return (
        heading(level, text)
        if level
        else "\n".join(filter(None, (plain_line(_LEADER.sub(" ...", line)) for line in text.split("\n"))))
    )


def _level(line: Line, page: Sequence[Line], number: int, setting: Setting) -> int:
    """The level of the heading that a line is (part of), 0 if it is none."""
    if not _TWO_LETTERS.search(line.text) or _LEADER.search(line.text):
        return 0
    sizes = setting.heading_sizes
    if line.size in sizes:
        is_short = len(line.text) <= _MAX_HEADING_CHARS
        return min(sizes.index(line.size) + 1, _MAX_LEVELS) if is_short else 0
    if not line.is_bold or len(line.text) > _MAX_BOLD_HEADING_CHARS or line.size < 0.9 * setting.body_size:
        return 0
    if _ENDS_SENTENCE.search(line.text[-1:]) or line.text[0].islower() or _ITEM.match(line.text[:1] + " x"):
        return 0
    above = page[number - 1] if number else None
    below = page[number + 1] if number + 1 < len(page) else None
    is_apart = above is None or above.y - line.y > 1.4 * line.size or above.y < line.y or line.text.isupper()
    is_alone = below is not None and not below.is_bold and below.y < line.y - 1
    return min(len(sizes) + 1, _MAX_LEVELS) if is_apart and is_alone else 0


def _joint(before: Line, line: Line, right: dict[int, float], furthest: float, *, same_level: bool) -> str:
    """What stands between two lines: a blank in a paragraph, a line end, or a blank line."""
    drop = before.y - line.y
    size = max(before.size, line.size, 1.0)
    if before.is_hyphenated and drop > 0:
        return " "
    if abs(drop) < 0.3 * size and line.left >= before.right - size:
        return " "  # the same row
    if not same_level or drop <= 0 or drop > furthest * size or abs(before.size - line.size) > 0.1 * size:
        return "\n\n"
    if _ITEM.match(line.text) or _LEADER.search(before.text):
        return "\n"
    if _ITEM.match(before.text) and line.left > before.left + 0.5 * size:
        return " "
    room = right[id(before)] - before.right
    width = (before.right - before.left) / max(len(before.text), 1)
    first_word = len(line.text.partition(" ")[0]) + 1
    if room > first_word * width + 0.5 * size:  # the next word had room: the line was ended on purpose
        return "\n\n" if _is_indented(before, line, size) else "\n"
    if _is_indented(before, line, size) and _ENDS_SENTENCE.search(before.text.rstrip("”\"'’)")[-1:]):
        return "\n\n"
    return " "


def _furthest(page: Sequence[Line]) -> float:
    """How far apart the baselines of two lines of a paragraph are at most on this page, in sizes of the font."""
    drops = [
        (above.y - below.y) / max(below.size, 1.0)
        for above, below in pairwise(page)
        if above.size == below.size and min(len(above.text), len(below.text)) >= _RUNNING_CHARS
    ]
    usual = median(drops) if len(drops) >= _FEWEST_DROPS else 0.0
    return 1.15 * usual if _LEADING < usual < _WIDEST_LEADING else _LEADING


def _is_indented(before: Line, line: Line, size: float) -> bool:
    return 0.8 * size < line.left - before.left < 4 * size


def _right_edges(page: Sequence[Line]) -> dict[int, float]:
    """How far the lines of the column reach that a line is in: those near it with about the same left edge."""
    edges: dict[int, float] = {}
    for number, line in enumerate(page):
        near = page[max(0, number - 6) : number + 7]
        column = [o.right for o in near if abs(o.left - line.left) < 4 * max(line.size, 1.0)]
        edges[id(line)] = max(column, default=line.right)
    return edges


def _joined(text: str, more: str, words: frozenset[str], *, divided: bool) -> str:
    """Two lines of a paragraph; a word that was divided between them is put together again."""
    if text[-1:] >= _FIRST_OF_SCRIPTS_WITHOUT_BLANKS and more[:1] >= _FIRST_OF_SCRIPTS_WITHOUT_BLANKS:
        return text + more
    last = _divided_word(f"{text[-_LONGEST_WORD:]}-" if divided else text)
    first = _FIRST_WORD.match(more)
    if not last or not first:
        return text + more if divided else f"{text} {more}"
    hyphen = "-" if _keeps_hyphen(last[1], first[0], words) else ""
    return f"{text if divided else text[:-1]}{hyphen}{more}"


def _divided_word(text: str) -> re.Match[str] | None:
    return _DIVIDED.search(text[-_LONGEST_WORD:]) if text[-1:] in _HYPHENS else None


def _keeps_hyphen(end: str, start: str, words: frozenset[str]) -> bool:
    """Say whether a hyphen at the end of a line belongs to the word (well-known): other pages tell."""
    whole, compound = f"{end}{start}".lower(), f"{end}-{start}".lower()
    if whole in words:
        return False
    both = len(start) > 2 and end.lower() in words and start.lower() in words
    return both or compound in words or not start[0].islower()
