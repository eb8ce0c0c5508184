"""How many live documents there are, by source, without counting them."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_items import safe_id
from lib.errors import Transient

logger = logging.getLogger(__name__)

_KIND = "document_totals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What is kept for one source."""

    live: int = 0
    changes: int = 0
    """Documents that ever came or went: how much a scan that runs beside them may be wrong by."""


class CosmosTotals:
    """
    One counter item for each source, in the `registry` container (not in `documents`: it would ride the change feed).

    Counters are patched by `incr` after the documents are acknowledged, so they can be wrong: by the documents of one
    `put` for each process that is killed between the two, or whose patch was applied but not answered (what was not
    applied is kept and added with the next). A scan over all documents sets them right when it ends (the sweep does one
    in each pass): afterwards a counter is wrong by at most twice the number of documents that came or went during that
    scan or just before it (a scan may read a replica that lags), and exact if none did.
    """

    def __init__(self, registry: CosmosContainer) -> None:
        self._registry = registry
        self._lock = threading.Lock()
        self._owed: dict[str, tuple[int, int]] = {}

    def add(self, changes: Mapping[str, tuple[int, int]]) -> None:
        """Count: by source, the difference and how many came or went. Never raises Transient: what is owed waits."""
        with self._lock:
            for source, (by, moved) in changes.items():
                owed = self._owed.get(source, (0, 0))
                self._owed[source] = (owed[0] + by, owed[1] + moved)
            due, self._owed = self._owed, {}
        while due:
            source, (by, moved) = due.popitem()
            try:
                self._patch(source, by, moved)
            except Transient as error:
                logger.warning("counted later source=%s reason=%s", source, error)
                with self._lock:
                    for name, (difference, more) in {source: (by, moved), **due}.items():
                        owed = self._owed.get(name, (0, 0))
                        self._owed[name] = (owed[0] + difference, owed[1] + more)
                return

    def read(self) -> dict[str, Count]:
        """The counts, by source."""
        rows = self._registry.query(
            "documents.totals", "SELECT * FROM c WHERE c.type = @type", {"type": "total"}, partition=_KIND
        )
        return {row["source_id"]: Count(live=row["live"], changes=row["changes"]) for row in rows}

    def settle(self, before: Mapping[str, int], scanned: Mapping[str, int]) -> None:
        """
        Compare with a scan over all documents that has just ended; set right what nobody else can have changed.

        before: `changes` of each source when the scan began; scanned: live documents it saw.
        """
        counts = self.read()
        for source in counts.keys() | scanned.keys():
            count, seen = counts.get(source, Count()), scanned.get(source, 0)
            moved = count.changes - before.get(source, 0)
            if abs(count.live - seen) > moved:
                logger.info("total set right source=%s from=%d to=%d", source, count.live, seen)
                self._patch(source, seen - count.live, 0)

    def _patch(self, source: str, by: int, moved: int) -> None:
        what = "documents.count"
        operations = [
            {"op": "incr", "path": "/live", "value": by},
            {"op": "incr", "path": "/changes", "value": moved},
        ]
        while self._registry.patch(what, safe_id(source), _KIND, operations) is None:
            item = {"schema": 1, "type": "total", "source_id": source, "live": by, "changes": moved}
            if self._registry.create(what, {"id": safe_id(source), "kind": _KIND, **item}):
                break
