"""Fingerprints: what a page says, so that a print view and a variant of an address have the same name."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from lib.domain.blocks import Kind, blocks
from lib.domain.page_controls import CONTROL
from lib.domain.urls import normalise
from lib.domain.variants import plain_address
from lib.domain.words import words

FEWEST_WORDS = 25
"""A text of fewer words says too little to call two pages the same."""
_LONGEST_CONTROL = 60
"""Characters of a line that may be a button, or the name of the page."""

# Letters, digits, the vowel signs of scripts that have them; what stands in numbers, and the signs that change them.
_LETTERS = (
    "(?:[^\\W_]|[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0980-\u0e2e\u0e30-\u0e4e\u0e80-\u1fff\ua8e0-\uabff])+"
)
_SIGNS = "[$€£¥₹%‰]|[-\u2212](?=\\d)(?<![\\w)].)"
_WORD, _ASCII_WORD = (
    re.compile(f"{letters}(?:(?<=\\d)[.,:/-](?=\\d){letters})*|{_SIGNS}") for letters in (_LETTERS, "[a-z0-9]+")
)
_TITLE_PARTS = re.compile(r"\s+[|·•»«›‹~/–—-]+\s+|:\s+|\s*\|\s*|,\s+")
_TRAIL = re.compile(r"(?i)(?:home|startseite|accueil|inicio)(?:\s*[>»›/]\s*[^>»›/]{1,60}){1,8}")
_NAMED_ADDRESS = re.compile(r"(?:[^\W\d]+[ :]+){0,8}<?((?:https?://|www\.)[^\s<>]+?)>?[.)]?")


def fingerprint(title: str, said: str, *, address: str) -> str:
    """
    Name what a page says: 32 hexadecimal digits of SHA-256 over its heading and its other words, in order.

    title: stands for the first heading of a text that has none: print views change it. said: its `meaning`. address:
    where the page is; a line that repeats it, or the address of which it is a print view, does not count. Nor do lines
    that repeat the heading, trails of crumbs, and the words of buttons. Case and signs do not count, but for those of
    numbers, percent and currencies.
    Edge: "" for fewer than FEWEST_WORDS words.
    """
    found = blocks(said)
    first = next((block for block in found if block.kind == "heading"), None)
    name = _words(said[first.start : first.end] if first else _without_controls(title))
    page = _Page(name=" ".join(name), own=plain_address(address) if address else "")
    kept: list[str] = []
    is_late = False  # what stands before the first heading makes it one of many
    for block in found:
        if block is first:
            is_late = bool(kept)
        if block is not first or is_late:
            kept += _words(_counting(block.kind, said[block.start : block.end], page))
    return _hash("" if is_late else page.name, " ".join(kept)) if len(kept) >= FEWEST_WORDS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What a page may repeat without saying more."""

    name: str
    """Words of its heading or title, joined by blanks."""
    own: str
    """Its plain address; empty if it has none."""


def _counting(kind: Kind, text: str, page: _Page) -> str:
    """What counts of a block."""
    if kind not in ("paragraph", "item"):
        return text
    lines = text.split("\n")
    if max(map(len, lines)) > _LONGEST_CONTROL:  # prose: its lines belong together
        return "\n".join(line for line in lines if not _is_own_address(line, page)) if len(lines) > 1 else text
    return "\n".join(line for line in lines if not _says_nothing(line, page, is_item=kind == "item"))


def _says_nothing(line: str, page: _Page, *, is_item: bool) -> bool:
    """Say whether a line is a button, or repeats the page's name or address. Of lists, one word may be what counts."""
    if _is_own_address(line, page):
        return True
    said = " ".join(words(line))
    if CONTROL.fullmatch(said):
        return " " in said or not is_item
    if is_item:
        return False
    before, name, after = f" {' '.join(_words(line))} ".partition(f" {page.name} ")
    beside = f"{before} {after}".strip()
    is_name = bool(page.name and name) and (not beside or CONTROL.fullmatch(beside) is not None)
    return is_name or _TRAIL.fullmatch(line) is not None


def _is_own_address(line: str, page: _Page) -> bool:
    found = page.own and ("://" in line or "www." in line) and _NAMED_ADDRESS.fullmatch(line)
    if not found:
        return False
    url = normalise(found[1] if "://" in found[1] else f"https://{found[1]}")
    return url is not None and plain_address(url) == page.own


def _without_controls(title: str) -> str:
    parts = [part for part in _TITLE_PARTS.split(title) if not CONTROL.fullmatch(" ".join(words(part)))]
    return " ".join(parts) or title


def _words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
