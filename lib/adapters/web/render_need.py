"""Whether a page has to be rendered: its HTML holds scripts, and no text to speak of."""

import re

from lxml import etree

from lib.adapters.web.charsets import decode
from lib.adapters.web.html_page import parse
from lib.errors import BadInput

_ENOUGH_CHARS = 200
"""A page with so much text is taken as it is, whatever its scripts would add."""
_NEVER_SEEN = frozenset("script style noscript template svg title iframe textarea".split())
_MOUNTS = frozenset(
    "root app __next __nuxt ___gatsby react-root main-app mount application ember-application q-app svelte".split()
)
"""Ids of the element that frameworks fill: React, Vue, Next, Nuxt, Gatsby, Ember, Quasar, Svelte."""
_ASKS_FOR_SCRIPTS = re.compile(r"java\s?script", re.IGNORECASE)
_STANDS_IN = re.compile(r"\W*((loading|please wait|one moment|just a moment|redirecting)\b.{0,40})?\W*", re.IGNORECASE)
_NO_SCRIPT_TYPES = ("json", "template", "x-handlebars", "importmap", "speculationrules")


def needs_render(html: bytes | str) -> bool:
    """
    Whether a page is only the shell of what its scripts make.

    True if it has a script, less than 200 characters of text, and one of: an empty element that a framework fills, a
    `noscript` that asks for JavaScript, no text at all or only a word that stands in for it. A page that sends readers
    on with a meta refresh needs none, and so does one that cannot be parsed. Bytes are decoded as browsers do.
    """
    text = decode(html) if isinstance(html, bytes) else html
    if "<script" not in text.lower():
        return False
    try:
        tree = parse(text)
    except BadInput:
        return False
    if tree is None or not any(_runs(script) for script in tree.iter("script")) or _sends_on(tree):
        return False
    seen = _seen(tree)
    if len(seen) >= _ENOUGH_CHARS:
        return False
    return (
        _STANDS_IN.fullmatch(seen) is not None
        or any(_is_mount(element) for element in tree.iter(etree.Element))
        or any(_ASKS_FOR_SCRIPTS.search("".join(map(str, found.itertext()))) for found in tree.iter("noscript"))
    )


def _runs(script: etree._Element) -> bool:
    kind = script.get("type", "").lower()
    return not any(word in kind for word in _NO_SCRIPT_TYPES)


def _sends_on(tree: etree._Element) -> bool:
    return any(meta.get("http-equiv", "").strip().lower() == "refresh" for meta in tree.iter("meta"))


def _seen(tree: etree._Element) -> str:
    """Text of the body that is shown, with single spaces; no more of it than is needed."""
    body = tree.find(".//body")
    words: list[str] = []
    chars = 0
    walk = etree.iterwalk(tree if body is None else body, events=("start", "end"))
    for event, element in walk:
        is_start = event == "start"
        if is_start and (not isinstance(element.tag, str) or element.tag in _NEVER_SEEN):
            walk.skip_subtree()
            continue
        found = " ".join(((element.text if is_start else element.tail) or "").split())
        if found:
            words.append(found)
            chars += len(found) + 1
        if chars > _ENOUGH_CHARS:
            break
    return " ".join(words)


def _is_mount(element: etree._Element) -> bool:
    """An element that waits to be filled: by a known id, or of a tag of its own as Angular's <app-root>."""
    name = element.get("id", "").lower()
    is_named = name in _MOUNTS or element.tag.endswith("-root") or element.get("ng-app") is not None
    return is_named and len(_seen(element)) < 40
