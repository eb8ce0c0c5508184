"""Made-up documents, and what an API says of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.domain.answers import Answer, Citation, Hit, Usage
from lib.domain.documents import DocumentId, document_id
from lib.domain.features import ChunkId, Snapshot
from lib.ports.chat_model import REFUSAL

VERSION = 1_795_347_296_000
FETCHED = (datetime.now(UTC) - timedelta(minutes=3)).isoformat(timespec="seconds").replace("+00:00", "Z")

DELETES = document_id("manual", "/deletes")
GONE = document_id("manual", "/gone")
TEXTS = {
    DELETES: (
        "How changes travel",
        "http://localhost:7071/manual/how-it-works#deletes",
        "# How changes travel\n\n"
        "Every change to a page rides the change feed into a queue 🚂, and from the queue into the index.\n\n"
        "## Deletes\n\n"
        "A page that is gone becomes a tombstone: its text is dropped at once, its id and version are kept for at "
        "least 90 days. The tombstone rides the change feed like any other change, the index forgets the page, and a "
        "receipt stays in the ledger.\n\n"
        "Whoever deletes a document writes the denial to its head **before anything else**, so that a lagging index "
        "can never show it again.\n\n"
        "## Replacing\n\n- New chunks are saved first.\n- Then they are indexed.\n- One write flips the head.\n\n"
        "| step | who sees what |\n|---|---|\n| save | the old version |\n| flip | the new version |\n\n"
        "```\npython3 dev.py up\n```\n" + "\n".join(f"\nParagraph {n} of the rest of this page." for n in range(40)),
    ),
    document_id("manual", "/sources"): (
        "Sources",
        "https://example.com/manual/sources",
        "# Sources\n\nA source names where to start, what to include and how often to look. Each has an id.\n",
    ),
}


def snapshot(name: str, version: int | None = None) -> Snapshot:
    title, url, text = TEXTS[DocumentId(name)]
    return Snapshot(
        document_id=DocumentId(name),
        version=version or VERSION,
        cleaner="c1",
        url=url,
        title=title,
        text=text,
        fetched_at=FETCHED,
        source_id="manual",
        language="en",
    )


def span(name: str, quote: str) -> tuple[int, int]:
    start = TEXTS[DocumentId(name)][2].index(quote)
    return start, start + len(quote)


def hit(name: str, quote: str, *, heading: str = "Deletes", score: float = 0.83, ordinal: int = 0) -> Hit:
    start, end = span(name, quote)
    title, url, _ = TEXTS[DocumentId(name)]
    return Hit(
        chunk_id=ChunkId(f"{name}-{VERSION}-fs0123456789-{ordinal}"),
        document_id=name,
        document_version=VERSION,
        source_id="manual",
        url=url,
        title=title,
        heading=heading,
        text=quote,
        start=start,
        end=end,
        fetched_at=FETCHED,
        score=score,
    )


def citation(marker: int, name: str, quote: str) -> Citation:
    h = hit(name, quote)
    return Citation(
        marker=marker,
        url=h.url,
        title=h.title,
        heading=h.heading,
        quote=quote,
        document_id=name,
        document_version=VERSION,
        start=h.start,
        end=h.end,
        fetched_at=FETCHED,
    )


TOMBSTONE = (
    "A page that is gone becomes a tombstone: its text is dropped at once, its id and version are kept for at least "
    "90 days."
)
DENIAL = (
    "Whoever deletes a document writes the denial to its head **before anything else**, so that a lagging index can "
    "never show it again."
)
ANSWER = Answer(
    answer_id="a0123456789abcdef0123456789abcdef",
    conversation_id="c0123456789abcdef",
    text=f"{TOMBSTONE} [1]\n\n{DENIAL} [2]",
    citations=(citation(1, DELETES, TOMBSTONE), citation(2, DELETES, DENIAL)),
    refused=False,
    usage=Usage(embedding_tokens=9, prompt_tokens=0, completion_tokens=0),
    model="extractive-1",
    extractive=True,
    note="This answer is made of quotes: no language model wrote it.",
    took_ms=12.4,
)
REFUSED = replace(ANSWER, answer_id="a" + "f" * 32, text=REFUSAL, citations=(), refused=True)

STATUS: dict[str, Any] = {
    "at": FETCHED,
    "documents": 132,
    "chunks": 1_024,
    "feed_lag": 3.2,
    "queued": 0,
    "queues": {"features": {"messages": 0, "oldest_s": 0}, "crawl": {"messages": 0, "oldest_s": 0}},
    "dead_letters": 1,
    "freshness_s": {"p50": 2.1, "p95": 4.7},
    "tokens": {"embedding": 120_400, "prompt": 0, "completion": 0},
    "sources": [
        {
            "id": "manual",
            "kind": "website",
            "documents": 12,
            "last_crawl": FETCHED,
            "started_at": FETCHED,
            "outcome": "complete",
            "next_due": FETCHED,
            "error": "",
            "counts": {"found": 12, "fetched": 12, "unchanged": 11, "changed": 1, "new": 0, "failed": 0},
        },
        {
            "id": "handbook",
            "kind": "sitemap",
            "documents": 120,
            "last_crawl": None,
            "started_at": FETCHED,
            "outcome": "failed",
            "next_due": FETCHED,
            "error": "https://handbook.example/sitemap.xml did not answer within 30 s: is the site up?",
            "counts": {},
        },
        {"id": "intranet", "kind": "push", "documents": 0, "last_crawl": None, "outcome": "push", "counts": {}},
    ],
}
