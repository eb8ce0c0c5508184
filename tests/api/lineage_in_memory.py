"""The lineage of a made-up document."""

from typing import Any

from lib.errors import NotFound
from tests.examples import NOON, document

KNOWN = document()


def lineage_in_memory(name: str) -> dict[str, Any]:
    if name != KNOWN.id:
        raise NotFound(f"there is no document {name!r}")
    provenance = {"fetched_at": NOON, "crawl_id": "c1", "requested_url": KNOWN.url, "final_url": KNOWN.url, "etag": ""}
    provenance |= {
        "last_modified": "",
        "extractor": "test 1",
        "raw_hash": "",
        "published": "",
        "flags": ["masked email 1"],
    }
    record = {"id": KNOWN.id, "source_id": KNOWN.source_id, "url": KNOWN.url, "title": KNOWN.title, "content_hash": "h"}
    record |= {"version": 1, "language": "en", "media_type": "text/html", "access": ["everyone"], "aliases": []}
    history = [{"at": NOON, "kind": "built", "facts": {"version": 1}}]
    return {**record, "deleted": False, "characters": 12, "provenance": provenance, "history": history}
