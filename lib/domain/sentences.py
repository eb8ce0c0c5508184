"""Sentences: where a text may be cut without cutting a thought."""

import re

from lib.domain.blocks import blocks

_END = re.compile(
    "[.!?\u2026]+[\"'\u201d\u2019)\\]\u00bb]*(?=\\s)|[\u3002\uff01\uff1f]+[\u201d\u2019\u300d\u300f\uff09]*"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'\u201c\u2018]*$")
_NEXT_WORD = re.compile(r"\s*[\"'\u201c\u2018(\[\u00ab]*(\w+|\S)")

_ACRONYM = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_BLANKS = re.compile(r"\s*")
_LONGEST_WORD = 40

_NEVER_TEXT = """
mr mrs ms mx dr prof rev hon st gen col maj capt cmdr lt sgt gov sen rep pres messrs mme mlle fr sr hr vs cf viz
e.g i.e eg ie fig figs eq eqs sec ch vol vols pp pg nos ed eds trans approx ca circa resp incl esp al
"""
_NEVER = frozenset(_NEVER_TEXT.split())
"""The sentence goes on behind these."""
_PERHAPS_TEXT = """
jr esq inc ltd co corp llc bros dept univ assn est etc ph.d m.d b.a m.a a.m p.m am pm jan feb mar apr jun jul aug sep
sept oct nov dec mt ft ave blvd rd
"""
_PERHAPS = frozenset(_PERHAPS_TEXT.split())
"""The sentence goes on behind these, unless the next word is one that opens sentences."""
_OPENERS_TEXT = """
the a an this that these those it its he she they we you i his her their our my in on at by for from with as to of and
but or if when while where after before during since although though however there here what who why how some many most
all each both one another such no not
"""
_OPENERS = frozenset(_OPENERS_TEXT.split())
_BEFORE_NUMBERS = frozenset({"c", "no", "nr", "p", "art", "op", "cap", "par", "vol"})


def sentences(text: str) -> list[tuple[int, int]]:
    """
    Find the sentences of a Markdown text, as code point offsets (start, end) without blanks around them.

    Headings, table rows and lines of code count as sentences. Together they hold every non-blank character.
    """
    found: list[tuple[int, int]] = []
    for block in blocks(text):
        if block.kind in ("heading", "row"):
            found.append((block.start, block.end))
        elif block.kind == "code":
            found += lines(text, block.start, block.end)
        else:
            found += prose_sentences(text, block.start, block.end)
    return found


def lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines between two offsets that are not blank, without blanks around them."""
    found: list[tuple[int, int]] = []
    at = start
    for line in text[start:end].split("\n"):
        if line.strip():
            indent = len(line) - len(line.lstrip())
            found.append((at + indent, at + len(line.rstrip())))
        at += len(line) + 1
    return found


def prose_sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of running text between two offsets."""
    found: list[tuple[int, int]] = []
    first = start
    for mark in _END.finditer(text, start, end):
        if mark.end() < end and _ends(text, mark, first, end):
            found.append((first, mark.end()))
            first = _after_blanks(text, mark.end(), end)
    if first < end:
        found.append((first, end))
    return found


def _after_blanks(text: str, at: int, end: int) -> int:
    match = _BLANKS.match(text, at, end)
    return match.end() if match else at


def _ends(text: str, mark: re.Match[str], first: int, end: int) -> bool:
    """Say whether a sentence that began at `first` ends with this mark."""
    following = _NEXT_WORD.match(text, mark.end(), end)
    if following is None:
        return True
    if following[1][0].islower():
        return False
    if mark[0][0] != "." or mark[0].startswith(".."):
        return True
    before = _LAST_WORD.search(text, max(first, mark.start() - _LONGEST_WORD), mark.start())
    word = before[0] if before else ""
    folded = word.lower()
    if folded in _BEFORE_NUMBERS and following[1][0].isdigit():
        return False
    if folded in _NEVER:
        return False
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    if is_initial or folded in _PERHAPS or (_ACRONYM.fullmatch(word) is not None):
        return following[1].lower() in _OPENERS
    return True
