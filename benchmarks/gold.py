"""
The main text of a manual's page by its own markup, read by the standard library alone.

Each maker of manuals marks what is text and what is frame; nothing of ours decides here. Tables of contents and
titles outside the text may be kept or left: they count neither as missing nor as too much.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_UNSEEN = frozenset("script style head noscript template title".split())
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """Elements as `tag`, `#id` or `.class`: where text is, where it may be, and where it is not."""

    text: frozenset[str]
    either: frozenset[str] = frozenset()
    frame: frozenset[str] = frozenset()


_SPHINX = Markup(text=frozenset({".body"}), frame=frozenset({".headerlink"}))
MARKUP = {
    "apache": Markup(text=frozenset({"#page-content"}), either=frozenset({"#quickview", ".toplang", ".bottomlang"}),
                     frame=frozenset({".top", ".permalink", "#comments_thread"})),
    "developers": _SPHINX,
    "git": Markup(text=frozenset({"#content"}), either=frozenset({"#header"})),
    "policy": _SPHINX,
    "postgresql": Markup(text=frozenset({"body"}), either=frozenset({".toc"}),
                         frame=frozenset({".navheader", ".navfooter"})),
    "python": _SPHINX,
}  # fmt: skip


@dataclass(slots=True)
class Gold:
    """Words that belong to a page's text, and words that may."""

    text: Counter[str] = field(default_factory=Counter)
    either: Counter[str] = field(default_factory=Counter)

    def score(self, extracted: str) -> tuple[float, float]:
        """Precision and recall of the words of an extraction; 1 where there is nothing to get wrong."""
        found = words(extracted)
        right = sum((found & self.text).values())
        allowed = sum((found & (self.text + self.either)).values())
        return allowed / max(1, sum(found.values())) if found else 1.0, right / max(1, sum(self.text.values()))


def words(text: str) -> Counter[str]:
    """Words, whatever their case, and how often each comes."""
    return Counter(word.casefold() for word in _WORDS.findall(text.replace("_", " ")))


def gold_of(page: str, markup: Markup) -> Gold:
    """Read what a page's markup says is its text."""
    reader = _Reader(markup)
    reader.feed(page)
    reader.close()
    gold = Gold()
    for kind, parts in (("text", reader.text), ("either", reader.either)):
        setattr(gold, kind, words(" ".join(parts)))
    return gold


class _Reader(HTMLParser):
    def __init__(self, markup: Markup) -> None:
        super().__init__()
        self.markup = markup
        self.text: list[str] = []
        self.either: list[str] = []
        self.open: list[tuple[str, list[str] | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        named = dict(attrs)
        marks = {tag, f"#{named.get('id')}", *(f".{name}" for name in (named.get("class") or "").split())}
        target = self.open[-1][1] if self.open else None
        if tag in _UNSEEN or marks & self.markup.frame:
            target = None
        elif marks & self.markup.either:
            target = self.either
        elif marks & self.markup.text:
            target = self.text
        self.open.append((tag, target))

    def handle_endtag(self, tag: str) -> None:
        if any(tag == name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.open and (target := self.open[-1][1]) is not None:
            target.append(data)
