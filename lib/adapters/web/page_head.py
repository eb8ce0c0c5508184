"""What a page says about itself: title, language, canonical URL, where crawlers may go."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from lib.adapters.web.feed_entries import iso_date
from lib.adapters.web.html_blocks import text_of
from lib.adapters.web.inline_text import clean
from lib.domain.times import iso
from lib.domain.urls import normalise

ROBOT = "plumbline"
"""Our product token in robots.txt, robots meta and X-Robots-Tag."""

_WITH_VALUE = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))
_WISH = re.compile(r"(?:[^,:]*:)?\s*unavailable_after\s*:\s*(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\s*,)?[^,]*|[^,]+")
"""One of a list between commas; the comma after the day of a week is part of a date."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_SEPARATOR = re.compile(r"\s+(?:[|·•»«›‹:~/\\]|::|[-–—―]+)\s+|\s*(?:[|»›]|::)\s*")
_LINK_HEADER = re.compile(r"<([^>]*)>([^<]*)")
_REFRESH = re.compile(r"""\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?["']?([^"'\s]+)""", re.IGNORECASE)
_MAX_LINKS = 20_000
_MAX_TITLE_CHARS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Directives:
    """What the page asks of crawlers."""

    noindex: bool = False
    nofollow: bool = False


def directives(tree: etree._Element, headers: Iterable[str]) -> Directives:
    """Join the robots meta elements and `X-Robots-Tag` headers that speak to all or to us; the strictest holds."""
    found = header_directives(headers)
    for meta in tree.iter("meta"):
        if meta.get("name", "").strip().lower() in ("robots", ROBOT):
            for wish in _WISH.findall(meta.get("content", "").lower()):
                found |= _words(wish)
    return _directives(found)


def directives_of_headers(headers: Iterable[str]) -> Directives:
    """The same for resources that are no HTML."""
    return _directives(header_directives(headers))


def _directives(found: set[str]) -> Directives:
    nothing = "none" in found
    return Directives(noindex=nothing or "noindex" in found, nofollow=nothing or "nofollow" in found)


def header_directives(headers: Iterable[str]) -> set[str]:
    """
    Words of `X-Robots-Tag` headers for all robots or for us, in small letters.

    A robot's name before a colon holds for the rest of its header.
    """
    found: set[str] = set()
    for header in headers:
        robot = ""
        for wish in _WISH.findall(header.lower()):
            name, colon, rest = wish.partition(":")
            is_named = bool(colon) and name.strip() not in _WITH_VALUE
            robot = name.strip() if is_named else robot
            if robot in ("", "*", ROBOT):
                found |= _words(rest if is_named else wish)
    return found


def _words(wish: str) -> set[str]:
    """What a wish comes to now. Blanks and semicolons are taken for the commas that were meant."""
    name, _, value = wish.partition(":")
    if name.strip() == "unavailable_after":
        until = iso_date(value.upper())
        return {"noindex"} if until and until < iso(datetime.now(UTC)) else set()
    return set(re.split(r"[\s;]+", wish))


def base_of(tree: etree._Element, url: str) -> str:
    """The URL that the page's references are relative to."""
    for element in tree.iter("base"):
        if href := element.get("href"):
            return normalise(href, url) or url
    return url


def links(tree: etree._Element, base: str) -> tuple[str, ...]:
    """Normalised URLs that a reader could go to and that are not marked `nofollow`, each once, in order."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    for element in tree.iter("a", "area", "frame", "link", "meta"):
        tag = element.tag
        if tag == "frame":
            href = element.get("src")
        elif tag == "meta":
            refresh = element.get("http-equiv", "").lower() == "refresh" and _REFRESH.match(element.get("content", ""))
            href = refresh[1] if refresh else None
        else:
            href = element.get("href")
        if not href or href[0] == "#":
            continue
        href = href.partition("#")[0]
        if href in seen:
            continue
        relation = element.get("rel", "").lower()
        if tag == "link" and relation not in ("next", "prev"):
            continue
        if relation and "nofollow" in re.split(r"[\s,]+", relation):
            continue
        seen.add(href)
        if url := normalise(href, base):
            found[url] = None
            if len(found) >= _MAX_LINKS:
                break
    return tuple(found)


def canonical(tree: etree._Element, base: str, url: str, headers: Iterable[str]) -> str:
    """
    Normalised URL that the page names as its true one; empty if it names none, itself, or several.

    The `Link` header counts like the element.
    """
    named: set[str] = set()
    for element in tree.iter("link"):
        if "canonical" in element.get("rel", "").lower().split() and (href := element.get("href", "").strip()):
            named.add(normalise(href, base) or "")
    named.update(header_canonicals(headers, url))
    return _only(named, url)


def canonical_of_headers(headers: Iterable[str], url: str) -> str:
    """The same for resources that are no HTML."""
    return _only(header_canonicals(headers, url), url)


def _only(named: set[str], url: str) -> str:
    only = named.pop() if len(named) == 1 else ""
    return "" if only == url else only


def header_canonicals(headers: Iterable[str], url: str) -> set[str]:
    """Normalised targets of `Link` headers with `rel=canonical`."""
    found = set()
    for header in headers:
        for target, parameters in _LINK_HEADER.findall(header):
            if re.search(r"""\brel\s*=\s*["']?[^"';]*\bcanonical\b""", parameters, re.IGNORECASE):
                found.add(normalise(target, url) or "")
    return found


def language(tree: etree._Element) -> str:
    """BCP 47 language of the page, as it states it; empty if it does not, or not so that it can be read."""
    stated = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang") or ""
    if not stated:
        for meta in tree.iter("meta"):
            if meta.get("http-equiv", "").lower() == "content-language":
                stated = meta.get("content", "")
    stated = stated.strip().replace("_", "-")
    return stated if _LANGUAGE.fullmatch(stated) else ""


def title(tree: etree._Element, headings: Sequence[str], first_h1: str, url: str) -> str:
    """
    The page's own title without the site's name.

    `headings`: of the main text first, then of the rest. A heading that is also a part of `og:title` or `<title>` is
    the title; else the main text's `first_h1`, `og:title`, `<title>`, the first heading, the URL's last segment.
    """
    stated = _meta(tree, "og:title")
    element = next(tree.iter("title"), None)
    full = clean(text_of(element)) if element is not None else ""
    parts = {part for text in (stated, full) for part in _parts(text)}
    for heading in headings:
        if _key(heading) in parts:
            return heading[:_MAX_TITLE_CHARS]
    best = first_h1 or _without_site(stated or full, _key(_meta(tree, "og:site_name")))
    best = best or next((h for h in headings if h), "")
    return (best or last_segment(url))[:_MAX_TITLE_CHARS]


def _parts(text: str) -> set[str]:
    """The parts of `Page - Section | Site`, alone and joined with their neighbours from either end."""
    keys = [_key(part) for part in _SEPARATOR.split(text[:1000])]
    joined = {"".join(keys[:n]) for n in range(1, len(keys) + 1)} | {"".join(keys[n:]) for n in range(len(keys))}
    return {key for key in (*keys, *joined) if key}


def _without_site(text: str, site: str) -> str:
    pieces = [part for part in _SEPARATOR.split(text) if _key(part) and _key(part) != site]
    return pieces[0] if site and len(pieces) == 1 else text


def _meta(tree: etree._Element, name: str) -> str:
    for meta in tree.iter("meta"):
        if name in (meta.get("property"), meta.get("name")):
            return clean(meta.get("content", ""))
    return ""


def _key(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def last_segment(url: str) -> str:
    path = url.split("//", 1)[-1].partition("?")[0].rstrip("/")
    return path.rpartition("/")[2] or path
