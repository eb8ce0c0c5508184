"""The ledger in Cosmos DB."""

import time
from collections.abc import Sequence

from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.adapters.azure.cosmos_items import named, safe_id
from lib.ports.ledger import Fact


class CosmosLedger:
    """Ledger: an item for each fact, in the partition of its subject; written once, never changed."""

    def __init__(self, *, ledger: CosmosContainer) -> None:
        self._ledger = ledger

    def append(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            item = {
                "id": safe_id(fact.id),
                "schema": 1,
                "subject_id": fact.subject_id,
                "fact_id": fact.id,
                "kind": fact.kind,
                "at": fact.at,
                "sequence": f"{fact.at} {time.time_ns():020d}",  # facts of the same time keep the order of writing
                "facts": fact.facts,
            }
            self._ledger.create("ledger.append", item)

    def read(self, subject_id: str, *, limit: int = 200) -> list[Fact]:
        query = "SELECT * FROM c WHERE c.subject_id = @subject ORDER BY c.sequence DESC"
        items = self._ledger.query("ledger.read", query, {"subject": subject_id}, partition=subject_id, limit=limit)
        return [
            Fact(
                id=item["fact_id"],
                subject_id=item["subject_id"],
                kind=item["kind"],
                at=item["at"],
                facts=item["facts"],
            )
            for item in items
        ]

    def erase(self, subject_id: str, *, keep_kinds: Sequence[str]) -> int:
        what = "ledger.erase"
        query, values = "SELECT VALUE c.id FROM c WHERE c.subject_id = @subject", {"subject": subject_id}
        if keep_kinds:
            names, kept = named("kind", keep_kinds)
            query, values = f"{query} AND NOT (c.kind IN ({names}))", {**values, **kept}
        ids = self._ledger.query(what, query, values, partition=subject_id)
        for fact in ids:
            self._ledger.delete(what, fact, subject_id)
        return len(ids)  # not what `delete` says: repeated after a lost answer, it finds nothing
