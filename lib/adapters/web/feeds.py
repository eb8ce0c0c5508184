"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom and JSON Feed, to entries; parsed without entities, network or trust."""

import html
import io
import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from lib.adapters.web import charsets
from lib.adapters.web.feed_entries import Entry, iso_date
from lib.adapters.web.inline_text import clean
from lib.adapters.web.json_feeds import parse_json_feed
from lib.domain.urls import normalise, normalise_with_fragment
from lib.errors import BadInput

MAX_BYTES = 50 * 1024 * 1024
"""Of one feed, inflated."""
MAX_ENTRIES = 200_000
"""Of one feed; the rest is not read."""
_MAX_TAGS = 2_000_000
"""Marks (`<`) in a feed: about what 100,000 entries have. A tree of more of them would take too much memory."""
_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
_OWN = frozenset(
    ("", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/2.0/",
     "http://channel.netscape.com/rdf/simple/0.9/", "http://backend.userland.com/rss2", *_ATOM)
)  # fmt: skip
"""Namespaces whose elements are the feed's own: a title of `media:` or `itunes:` is not the entry's."""
_MODULES = {
    ("http://purl.org/rss/1.0/modules/content/", "encoded"): "content",
    ("http://purl.org/dc/elements/1.1/", "date"): "published",
    ("http://purl.org/dc/terms/", "created"): "published",
    ("http://purl.org/dc/terms/", "modified"): "updated",
    ("", "content:encoded"): "content",
    ("", "dc:date"): "published",
}
"""What modules of RSS say of an entry, also where their prefix is not declared."""
_NAMES = {"pubDate": "published", "issued": "published", "created": "published", "modified": "updated"}
_XML = "{http://www.w3.org/XML/1998/namespace}"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_ENCODED = re.compile(rb"\s*(?:\xef\xbb\xbf)?<\?xml[^>]*\bencoding\b")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_TITLE_CHARS = 2000
"""Of a title, read at most."""


def parse_feed(body: bytes, *, url: str, content_type: str = "") -> Iterator[Entry]:
    """
    Read a feed, an entry at a time, in its order; relative addresses are resolved against `xml:base` and `url`.

    A damaged feed gives what stands before the damage.
    Raises: BadInput, at the first step or after the last entry, if it is no feed, or too large.
    """
    if not _ENCODED.match(body[:300]):
        content_type += (
            "; charset=utf-8"  # as XML and JSON have it; what pages in it claim of themselves is not its own
        )
    text = charsets.decode(body, content_type).lstrip("\ufeff \t\r\n")
    found = parse_json_feed(text, url=url) if text.startswith("{") else _parse_xml(text, url)
    return islice(found, MAX_ENTRIES)


def _parse_xml(text: str, url: str) -> Iterator[Entry]:
    if text.count("<") > _MAX_TAGS:
        raise BadInput(f"too complex: more than {_MAX_TAGS:,} tags")
    text = _DECLARATION.sub("", text, count=1).replace("\x00", "")
    parsing = etree.iterparse(
        io.BytesIO(text.encode("utf-8", "replace")),
        events=("end",),
        tag=("{*}item", "{*}entry"),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    del text
    is_known = False
    try:
        for _, element in parsing:
            is_known = is_known or _is_feed(element.getroottree().getroot())
            if not is_known:
                break
            yield _entry(element, url)
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        raise BadInput(f"not a feed: {error.msg}") from error
    if not is_known and not _is_feed(parsing.root):
        name = _name(parsing.root)[1] if parsing.root is not None else ""
        raise BadInput(f"not a feed: its root is <{name[:40]}>, expected <rss>, <feed> or <rdf:RDF>")


def _is_feed(root: etree._Element | None) -> bool:
    return root is not None and _name(root)[1] in ("rss", "feed", "RDF")


def _entry(element: etree._Element, url: str) -> Entry:
    said: dict[str, etree._Element] = {}
    links: list[etree._Element] = []
    for child in element:
        space, name = _name(child)
        known = _NAMES.get(name, name) if space in _OWN else _MODULES.get((space, name), "")
        if known == "link":
            links.append(child)
        elif known:
            said.setdefault(known, child)
    guid = said.get("guid", said.get("id"))
    address = _link(links, url) or _permalink(guid, url)
    content = _first_filled(said, "content", "description", "summary")
    is_text = content is not None and _is_plain(content)
    body = "" if content is None else _text(content) if is_text else _inner(content)
    dates = {name: _text(said[name]).strip() for name in ("published", "updated") if name in said}
    return Entry(
        url=address,
        guid=(_text(guid).strip() if guid is not None else "") or element.get(_RDF_ABOUT, ""),
        title=_title(said.get("title")),
        html="" if is_text else body,
        text=body if is_text else "",
        published=iso_date(dates.get("published", dates.get("updated", ""))),
        updated=dates.get("updated", dates.get("published", "")),
    )


def _link(links: list[etree._Element], url: str) -> str:
    """The page of an entry: the first link that is one, best of those in HTML; an enclosure is none."""
    pages = [link for link in links if link.get("rel", "alternate") in ("alternate", "")]
    pages.sort(key=lambda link: link.get("type", "text/html") not in ("text/html", "application/xhtml+xml"))
    for link in pages:
        spelled = link.get("href") or _text(link)
        found = normalise_with_fragment(spelled.strip(), _base(link, url)) if spelled.strip() else None
        if found:
            return found
    return ""


def _permalink(guid: etree._Element | None, url: str) -> str:
    """An id that is an address, where nothing says that it leads nowhere."""
    if guid is None or _name(guid)[1] != "guid" or guid.get("isPermaLink", "true").lower() == "false":
        return ""
    spelled = _text(guid).strip()
    if not spelled.startswith(("http://", "https://")):
        return ""
    return normalise_with_fragment(spelled, _base(guid, url)) or ""


def _base(element: etree._Element, url: str) -> str:
    bases = [e.get(f"{_XML}base", "") for e in (element, *element.iterancestors())]
    for base in filter(None, reversed(bases)):
        url = normalise(base, url) or url
    return url


def _first_filled(said: dict[str, etree._Element], *names: str) -> etree._Element | None:
    filled = (said[name] for name in names if name in said)
    return next((e for e in filled if len(e) or (e.text or "").strip()), None)


def _is_plain(element: etree._Element) -> bool:
    """Atom says what its text is, and that is plain text if it says nothing; of RSS, HTML is expected."""
    kind = element.get("type", "text" if _name(element)[0] in _ATOM else "html").lower()
    return kind in ("text", "text/plain")


def _inner(element: etree._Element) -> str:
    """What stands in an element, as HTML: escaped, or as elements."""
    if not any(isinstance(child.tag, str) for child in element):
        return _text(element)
    children = (etree.tostring(child, encoding="unicode", method="html") for child in element)
    return (element.text or "") + "".join(children)


def _title(element: etree._Element | None) -> str:
    if element is None:
        return ""
    text = _text(element)[:_TITLE_CHARS]
    return clean(text if _is_plain(element) else _TAG.sub("", html.unescape(text)))


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext()))


def _name(element: etree._Element) -> tuple[str, str]:
    """Namespace and name; neither for an entity that stays one."""
    tag: object = element.tag
    space, _, local = tag.rpartition("}") if isinstance(tag, str) else ("", "", "")
    return space.removeprefix("{"), local
