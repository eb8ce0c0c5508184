"""Sitemaps: XML, index files, plain text, gzip; parsed without entities, network or trust."""

import re
from dataclasses import dataclass

from lxml import etree

from lib.adapters.web import charsets
from lib.adapters.web.inflate import Garbled, TooLarge, inflate
from lib.errors import BadInput

MAX_BYTES = 50 * 1024 * 1024
"""Of one file, inflated: the protocol's limit."""
MAX_ENTRIES = 200_000
"""Of one file; the protocol allows 50,000."""
_URL_LINE = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What one file lists, as it spells it, in order."""

    pages: tuple[tuple[str, str], ...] = ()
    """URL and `lastmod`, empty if there is none."""
    sitemaps: tuple[str, ...] = ()


def parse_sitemap(body: bytes, *, content_type: str = "") -> Sitemap:
    """
    Read a sitemap, an index of sitemaps, or a text file of URLs.

    Entries are not checked here. A damaged file gives what stands before the damage.
    Raises: BadInput if it is none of these, or too large.
    """
    if body.startswith(b"\x1f\x8b"):
        try:
            body = inflate(body, max_bytes=MAX_BYTES)
        except TooLarge as error:
            raise BadInput(f"larger than {MAX_BYTES:,} bytes when inflated: split it, as the protocol asks") from error
        except Garbled as error:
            raise BadInput(f"not a sitemap: {error}") from error
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return _parse_xml(body) if start.startswith(b"<") else _parse_text(charsets.decode(body, content_type))


def _parse_xml(body: bytes) -> Sitemap:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise BadInput(f"not a sitemap: {error.msg}") from error
    name = _local(root) if root is not None else ""
    if name not in ("urlset", "sitemapindex"):
        raise BadInput(f"not a sitemap: its root is <{name[:40]}>, expected <urlset> or <sitemapindex>")
    entry = "url" if name == "urlset" else "sitemap"
    found: list[tuple[str, str]] = []
    for element in root:
        if _local(element) == entry:
            said = [(_local(child), (child.text or "").strip()) for child in element]
            modified = next((text for name, text in said if name == "lastmod"), "")[:40]
            found.extend((text, modified) for name, text in said if name == "loc" and text)
            if len(found) >= MAX_ENTRIES:
                break
    listed = tuple(found[:MAX_ENTRIES])
    return Sitemap(pages=listed) if entry == "url" else Sitemap(sitemaps=tuple(url for url, _ in listed))


def _parse_text(text: str) -> Sitemap:
    lines = [line.strip() for line in text.splitlines()[:MAX_ENTRIES]]
    lines = [line for line in lines if line and not line.startswith("#")]
    urls = tuple(line for line in lines if _URL_LINE.fullmatch(line))
    if len(urls) * 2 < len(lines) or (not urls and text.strip()):
        raise BadInput("not a sitemap: neither XML nor a list of URLs, one a line")
    return Sitemap(pages=tuple((url, "") for url in urls))


def _local(element: etree._Element) -> str:
    tag: object = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""  # entities and the like have no name
