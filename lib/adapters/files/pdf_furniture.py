"""What is printed on every page of a PDF and says nothing: running headers and footers, page numbers."""

import re
from collections import Counter
from collections.abc import Sequence

from lib.adapters.files.pdf_lines import Line

_EDGE_LINES = 3
"""Lines at the top and at the bottom of a page that may be furniture."""
_FEWEST_PAGES = 3
"""Pages that must have a line before it counts as running."""
_LONGEST = 200
"""Characters; the rows of a table printed sideways may come as one line."""
_NUMBER = re.compile(r"\d{1,5}")
_PAGE_NUMBER = re.compile(
    r"[\W_]*(?:(?:page|seite|p\.|s\.|pag\.|página|pagina)\s*)?(\d{1,5}|[ivxlc]{1,8})(?:\s*(?:/|of|von|de|sur|di)\s*\d{1,5})?[\W_]*",
    re.IGNORECASE,
)
_OUTER_NUMBER = re.compile(r"^\d{1,5}(?=\s)|(?<=\s)\d{1,5}$")
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_Key = tuple[str, int]


def without_furniture(pages: Sequence[Sequence[Line]], *, body_size: float) -> list[list[Line]]:
    """
    Drop running headers and footers and bare page numbers; the order of lines stays.

    A line goes if it is among the outer three of its page, no larger than the body text, set apart from what follows,
    and stands on at least 3 pages at the same height with the same words, or with a number that grows as the pages do.
    Bare page numbers go from 2 pages on. What stands once stays, and what most pages have nothing beside.
    """
    edges = [[_edge(page, top=top) for top in (True, False)] for page in pages]
    seen: Counter[_Key] = Counter()
    for number, ends in enumerate(edges):
        seen.update({key for lines in ends for line in lines for key in _keys(line, number)})
    kept: list[list[Line]] = []
    for number, (page, ends) in enumerate(zip(pages, edges, strict=True)):
        gone: set[int] = set()
        for lines in ends:
            gone |= _furniture(lines, number, seen, body_size)
        kept.append([line for line in page if id(line) not in gone])
    emptied = sum(bool(page) and not rest for page, rest in zip(pages, kept, strict=True))
    if 2 * emptied > sum(map(bool, pages)):  # what most pages are made of is their text
        return [rest or list(page) for page, rest in zip(pages, kept, strict=True)]
    return kept


def _edge(page: Sequence[Line], *, top: bool) -> list[Line]:
    """The outermost lines, from outside in, and one more."""
    return sorted(page, key=lambda line: line.y, reverse=top)[: _EDGE_LINES + 2]


def _furniture(lines: list[Line], number: int, seen: Counter[_Key], body_size: float) -> set[int]:
    running = 0
    while running < min(len(lines), _EDGE_LINES) and _is_running(lines[running], number, seen, body_size):
        running += 1
    while 0 < running < len(lines):
        inside, outside = lines[running], lines[running - 1]
        if abs(inside.y - outside.y) > 1.6 * max(outside.size, 1.0):
            break
        running -= 1  # a row of a table repeated on each page stands close to its rows
        if running and abs(lines[running].y - lines[running - 1].y) < 1.0:
            continue
    return {id(line) for line in lines[:running]}


def _is_running(line: Line, number: int, seen: Counter[_Key], body_size: float) -> bool:
    if line.size > 1.15 * body_size or len(line.text) > _LONGEST:
        return False
    bare = bool(_PAGE_NUMBER.fullmatch(line.text))
    return any(seen[key] >= (2 if bare and "#" in key[0] else _FEWEST_PAGES) for key in _keys(line, number))


def _keys(line: Line, number: int) -> set[_Key]:
    """What the same line on another page has too: its words and height, a number in it counted from the page's own."""
    height = round(line.y / 4)
    words = " ".join(line.text.split())
    found = {(words, height)}
    for match in _NUMBER.finditer(words):
        found.add((f"{words[: match.start()]}#{int(match[0]) - number}{words[match.end() :]}", height))
    bare = _PAGE_NUMBER.fullmatch(words)
    if bare:
        value = int(bare[1]) if bare[1].isdecimal() else _roman(bare[1].lower())
        found.add((f"#{value - number}", 0))  # at the left on even pages, at the right on odd ones, here and there
    elif outer := _OUTER_NUMBER.search(words):  # "12 Chapter One", and on the next page "Two: its title 13"
        found.add((f"#{int(outer[0]) - number}", height))
    return found


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(-v if any(later > v for later in values[n + 1 :][:1]) else v for n, v in enumerate(values))
