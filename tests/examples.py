"""Example records that tests write. Without pytest, so that processes started by tests load fast."""

import hashlib
from typing import Any

import numpy as np

from lib.domain.documents import Anchor, Document, DocumentId, Provenance, SourceId, content_hash, document_id
from lib.domain.features import (
    Chunk,
    Features,
    FeatureSetId,
    Snapshot,
    chunk_id,
    embedder_input,
    input_hash,
)
from lib.domain.vectors import Vector
from lib.ports.conversations import Exchange
from lib.ports.crawl_state import CrawlRun, UrlState
from lib.ports.dead_letters import DeadLetter
from lib.ports.ledger import Fact

NOON = "2026-11-22T12:00:00.000Z"
SET_A = FeatureSetId("fs00000000aa")
SET_B = FeatureSetId("fs00000000bb")


def key(name: str, source: str = "handbook") -> DocumentId:
    return document_id(source, f"https://example.com/{name}")


def document(name: str = "a", *, version: int = 1, source: str = "handbook", **changes: Any) -> Document:
    text = changes.pop("text", f"# {name}\n\nVersion {version}: Grüße, 世界 🌍.\n")
    url = f"https://example.com/{name}"
    values: dict[str, Any] = {
        "id": key(name, source),
        "source_id": SourceId(source),
        "url": url,
        "title": f"Title of {name}",
        "text": text,
        "content_hash": content_hash(
            title=name, text=text, url=url, access=("everyone",), media_type="text/html", language="en"
        ),
        "version": version,
        "provenance": Provenance(
            fetched_at=NOON,
            crawl_id="c1",
            etag='W/"1"',
            extractor="test 1",
            final_url=url,
            published="2026-01-01",
            flags=("instructions 1", "masked email 2"),
        ),
        "language": "en",
        "anchors": (Anchor(offset=0, fragment="top"), Anchor(offset=5, fragment="ü")),
        "access": ("everyone", "staff"),
        "aliases": (f"https://example.com/old/{name}",),
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return Document(**{**values, **changes})


def tombstone(name: str = "a", *, version: int, source: str = "handbook") -> Document:
    return document(name, version=version, source=source, text="", deleted=True, anchors=())


def vector(seed: str) -> Vector:
    """A unit vector that float16 holds about as exactly as real ones."""
    digest = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    values = np.random.default_rng(digest).standard_normal(384).astype(np.float32)
    return values / np.linalg.norm(values)


def features(
    name: str = "a",
    *,
    version: int = 1,
    feature_set: FeatureSetId = SET_A,
    paragraphs: tuple[str, ...] = ("first paragraph", "second paragraph"),
    cleaner: str = "1",
    with_vectors: bool = True,
) -> Features:
    document = key(name)
    text = "\n\n".join(paragraphs)
    chunks, start = [], 0
    for ordinal, paragraph in enumerate(paragraphs):
        end = start + len(paragraph)
        chunks.append(
            Chunk(
                id=chunk_id(document, version, feature_set, ordinal),
                document_id=document,
                version=version,
                ordinal=ordinal,
                start=start,
                end=end,
                text=paragraph,
                heading="Top > Grüße",
                input_hash=hash_of(paragraph),
            )
        )
        start = end + 2
    return Features(
        document_id=document,
        version=version,
        feature_set=feature_set,
        snapshot=Snapshot(
            document_id=document,
            version=version,
            cleaner=cleaner,
            url=f"https://example.com/{name}",
            title=f"Title of {name}",
            text=text,
            fetched_at=NOON,
            source_id="handbook",
            language="de",
        ),
        chunks=tuple(chunks),
        vectors={chunk.input_hash: vector(chunk.text) for chunk in chunks} if with_vectors else {},
    )


def hash_of(paragraph: str) -> str:
    return input_hash(embedder_input(title="T", text=paragraph), model="test")


def crawl_run(source: str = "handbook", **changes: Any) -> CrawlRun:
    return CrawlRun(**{"source_id": source, "crawl_id": "c1", "started_at": NOON, **changes})


def url_state(path: str, *, source: str = "handbook", **changes: Any) -> UrlState:
    return UrlState(**{"source_id": source, "url": f"https://example.com/{path}", "crawl_id": "c1", **changes})


def fact(name: str, minute: int = 0, *, subject: str = "d1", kind: str = "built", **facts: Any) -> Fact:
    return Fact(id=name, subject_id=subject, kind=kind, at=f"2026-11-22T10:{minute:02}:00.000Z", facts=facts)


def dead_letter(name: str, *, queue: str = "features", **changes: Any) -> DeadLetter:
    values: dict[str, Any] = {
        "id": name,
        "queue": queue,
        "body": '{"text": "Grüße"}',
        "reason": "BadInput: not a BuildMessage\nline two",
        "attempts": 5,
        "first_at": NOON,
        "last_at": "2026-11-22T12:30:00.000Z",
        "set_aside": True,
    }
    return DeadLetter(**{**values, **changes})


def exchange(name: str, minute: int = 0, **changes: Any) -> Exchange:
    values: dict[str, Any] = {
        "owner_id": "ada",
        "conversation_id": "c1",
        "answer_id": name,
        "question": f"Why {name}? Grüße",
        "answer": "Because [1].",
        "at": f"2026-11-22T10:{minute:02}:00.000Z",
    }
    return Exchange(**{**values, **changes})
