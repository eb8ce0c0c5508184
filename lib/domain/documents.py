"""The document: the unit of change, and the truth that answers are checked against."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

DocumentId = NewType("DocumentId", str)
SourceId = NewType("SourceId", str)

EVERYONE = "everyone"
"""The group that every caller belongs to."""

MAX_TEXT_CHARS = 4_000_000
"""Longest text of one document, code points. A page of that size is a data dump, not a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A place in a document's text that a browser can jump to."""

    offset: int
    """Code points from the start of the text."""
    fragment: str
    """What follows `#` in the URL: a heading's id, or `page=3`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a version came from."""

    fetched_at: str
    """UTC, ISO 8601."""
    crawl_id: str = ""
    """Empty for pushed documents."""
    requested_url: str = ""
    final_url: str = ""
    etag: str = ""
    last_modified: str = ""
    extractor: str = ""
    """Name and version of what made text of it."""
    raw_hash: str = ""
    """sha256 of the bytes as fetched."""
    published: str = ""
    """When the source says it was published; empty if it does not."""
    flags: tuple[str, ...] = ()
    """What was found in the text and what became of it: `instructions`, `neutralised`, `masked email 2` ..."""


def provenance_from(values: dict[str, Any]) -> Provenance:
    """Read a provenance that was written as JSON, which has no tuples."""
    return Provenance(**{**values, "flags": tuple(values.get("flags", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    One version of one document, or its tombstone (`deleted`, with empty text).

    Versions only grow, across deletes and re-creations too: `next_version`.
    """

    id: DocumentId
    source_id: SourceId
    url: str
    title: str
    text: str
    """Normalised Markdown with headings; code points are what offsets count."""
    content_hash: str
    version: int
    provenance: Provenance
    language: str = ""
    """BCP 47, as the document states it; empty if it does not."""
    media_type: str = "text/html"
    anchors: tuple[Anchor, ...] = ()
    access: tuple[str, ...] = (EVERYONE,)
    """Groups that may read it, sorted."""
    aliases: tuple[str, ...] = ()
    """Other URLs that lead to it, sorted."""
    deleted: bool = False
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentChange:
    """What the change feed says of one document: an id and a version, never text."""

    document_id: DocumentId
    version: int
    deleted: bool
    changed_at: str
    traceparent: str = ""
    kind: Literal["document", "heartbeat"] = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many live documents there are, by source."""

    documents: int
    by_source: dict[str, int] = field(default_factory=dict)


def document_id(source_id: str, key: str) -> DocumentId:
    """
    Make the id of a document from its source and its first canonical URL (or the source's own key).

    ASCII, 33 characters, safe as a key of AI Search, Cosmos DB and a file name.
    """
    digest = hashlib.sha256(f"{source_id}\n{key}".encode()).hexdigest()
    return DocumentId("d" + digest[:32])


def content_hash(*, title: str, text: str, url: str, access: Sequence[str], media_type: str, language: str) -> str:
    """Hash all that a new version would be made for: equal hashes mean there is nothing to write."""
    parts = "\x00".join([title, url, media_type, language, ",".join(sorted(access)), text])
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def next_version(previous: int, *, now_ms: int) -> int:
    """Give a version that is greater than the previous one and, clocks permitting, says when it was made."""
    return max(previous + 1, now_ms)
