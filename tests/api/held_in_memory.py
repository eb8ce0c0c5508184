"""What made-up crawls did and held back."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from lib.domain.callers import Caller
from lib.domain.held import HeldItem, held_id
from lib.errors import Conflict, NotFound
from lib.pipelines.held import HeldView
from tests.api.made_up import DELETES, FETCHED

CRAWL = "20261122T100000-0a1b2c3d"
WALL = HeldItem(
    id=held_id("manual", "http://localhost:7071/manual/how-it-works"),
    source_id="manual",
    url="http://localhost:7071/manual/how-it-works",
    document_id=DELETES,
    rule="login",
    reason='it asks visitors to sign in: "please log in" <img src=x onerror=alert(1)>',
    crawl_id=CRAWL,
    first_at=FETCHED,
    last_at=FETCHED,
    fingerprint="1f" * 16,
    count=2,
)
MASS = replace(
    WALL,
    id=held_id("handbook", ""),
    source_id="handbook",
    url="",
    document_id="",
    rule="mass-delete",
    reason="at least 80 of its documents are gone, more than max_gone (0.25) allows",
    fingerprint="",
)
VIEW = HeldView(
    item=WALL,
    text="# How changes travel\n\n- Deletes travel.",
    held_text="# Sign in\n\n<script>alert(1)</script>",
    diff="--- answers now\n+++ held back\n@@ -1,3 +1,3 @@\n-# How changes travel\n+# Sign in\n \n-- Deletes travel.\n"
    "+<script>alert(1)</script>",
    diff_cut=False,
    flags=("masked email 2",),
    pages=(),
)
COUNTS: dict[str, Any] = {
    **dict.fromkeys(("found", "fetched", "avoided", "unchanged", "changed", "new", "gone", "duplicates", "failed"), 0),
    **dict.fromkeys(("requests", "bytes", "tokens"), 0),
    "held": {"login": 1},
    "refused": {"robots": 2},
    "found": 12,
    "fetched": 9,
}
CRAWLS: list[dict[str, Any]] = [
    {
        "crawl_id": f"20261122T{hour:02d}0000-0a1b2c3d",
        "started_at": f"2026-11-22T{hour:02d}:00:00.000Z",
        "ended_at": f"2026-11-22T{hour:02d}:00:12.300Z",
        "seconds": 12.3,
        "outcome": outcome,
        "error": "https://x.example did not answer within 30 s: is the site up?" if outcome == "failed" else "",
        "problems": ["https://x.example/old: HTTP 403"] if outcome == "complete" else [],
        "counts": {**COUNTS, "new": changes, "changed": changes},
    }
    for hour, outcome, changes in ((10, "complete", 3), (9, "failed", 0), (8, "complete", 6))
]


class HeldInMemory:
    """State that a test can look at and change."""

    def __init__(self) -> None:
        self.items = {item.id: item for item in (WALL, MASS)}
        self.reports = {"manual": deepcopy(CRAWLS)}
        self.released: list[str] = []
        self.discarded: list[str] = []
        self.moved_on: set[str] = set()
        """Ids that can no longer be released."""

    def crawls(self, source_id: str, limit: int) -> list[dict[str, Any]]:
        if source_id not in ("manual", "handbook", "intranet"):
            raise NotFound(f"there is no source {source_id!r}")
        return self.reports.get(source_id, [])[:limit]

    def list(self, source_id: str | None, after: str, limit: int) -> list[HeldItem]:
        found = sorted(self.items.values(), key=lambda item: item.id)
        return [item for item in found if item.id > after and source_id in (None, item.source_id)][:limit]

    def show(self, id_: str) -> HeldView:
        if id_ not in self.items:
            raise NotFound(f"there is no held item {id_!r}")
        if id_ == MASS.id:
            return replace(VIEW, item=MASS, text="", held_text="", diff="", flags=(), pages=("https://x.example/a",))
        return VIEW

    def release(self, ids: tuple[str, ...], caller: Caller) -> int:
        for id_ in ids:
            self.show(id_)
            if id_ in self.moved_on:
                raise Conflict(f"{id_!r}: it was read anew since: discard the item, or crawl the source again")
        return self._drop(ids, self.released)

    def discard(self, ids: tuple[str, ...], caller: Caller) -> int:
        for id_ in ids:
            self.show(id_)
        return self._drop(ids, self.discarded)

    def _drop(self, ids: tuple[str, ...], into: Any) -> int:
        for id_ in ids:
            del self.items[id_]
        into += ids
        return len(ids)
