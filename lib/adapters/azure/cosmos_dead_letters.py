"""Dead letters in Cosmos DB."""

import heapq
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice

from lib.adapters.azure.cosmos_container import CosmosContainer, Item
from lib.adapters.azure.cosmos_items import known, named
from lib.ports.dead_letters import DeadLetter

_ASKED = 200
"""Ids in one query."""


class CosmosDeadLetters:
    """
    DeadLetters: an item in the partition of its queue.

    There are few queues: lists of all are merged from one ordered list for each, and counts added up, so that nothing
    is sorted or counted across partitions.
    """

    def __init__(self, *, dead_letters: CosmosContainer) -> None:
        self._letters = dead_letters

    def save(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            self._letters.upsert("dead_letters.save", {"schema": 1, **asdict(letter)})

    def get(self, ids: Sequence[str]) -> dict[str, DeadLetter]:
        return {item["id"]: _letter(item) for item in self._find("dead_letters.get", "*", ids)}

    def list(self, *, queue: str | None = None, after: str = "", limit: int = 100) -> list[DeadLetter]:
        what = "dead_letters.list"
        query = "SELECT * FROM c WHERE c.set_aside = @yes AND c.id > @after ORDER BY c.id"
        values = {"yes": True, "after": after}
        queues = self._queues(what) if queue is None else [queue]
        found = [self._letters.query(what, query, values, partition=name, limit=limit) for name in queues]
        return list(map(_letter, islice(heapq.merge(*found, key=lambda item: str(item["id"])), limit)))

    def remove(self, ids: Sequence[str]) -> None:
        what = "dead_letters.remove"
        for item in self._find(what, "c.id, c.queue", ids):
            self._letters.delete(what, item["id"], item["queue"])

    def count(self) -> int:
        what = "dead_letters.count"
        query = "SELECT VALUE COUNT(1) FROM c WHERE c.set_aside = @yes"
        counts = [self._letters.query(what, query, {"yes": True}, partition=queue) for queue in self._queues(what)]
        return sum(int(count) for rows in counts for count in rows)

    def _find(self, what: str, fields: str, ids: Sequence[str]) -> Sequence[Item]:
        """Items with these ids, whatever their queue."""
        wanted = sorted(set(ids))
        found: Sequence[Item] = []
        for start in range(0, len(wanted), _ASKED):
            names, values = named("id", wanted[start : start + _ASKED])
            query = f"SELECT {fields} FROM c WHERE c.id IN ({names})"  # noqa: S608 - our fields, names of parameters
            found = [*found, *self._letters.query(what, query, values)]
        return found

    def _queues(self, what: str) -> Sequence[str]:
        """Queues that have letters set aside: asked for one by one, each time for one that is not known yet."""
        queues: Sequence[str] = []
        while True:
            names, values = named("queue", queues)
            others = f" AND NOT (c.queue IN ({names}))" if queues else ""
            query = f"SELECT VALUE c.queue FROM c WHERE c.set_aside = @yes{others}"  # noqa: S608 - names of parameters
            found = self._letters.query(what, query, {"yes": True, **values}, limit=1)
            if not found:
                return queues
            queues = [*queues, *found]


def _letter(item: Item) -> DeadLetter:
    return DeadLetter(**known(DeadLetter, item))
