"""Meters in Cosmos DB."""

import math
import random
import statistics

from lib.adapters.azure.cosmos_container import CosmosContainer, Item
from lib.adapters.azure.cosmos_items import safe_id
from lib.errors import BadInput
from lib.ports.meter import Reading

_KIND = "meters"
SHARDS = 8
"""Items of one series: writers meet seldom, and each is small, since a write is charged by the size of its item."""
KEPT = 125
"""Newest samples of a shard that count for percentiles: 1,000 of a series, about evenly."""


class CosmosMeter:
    """
    Meter: for each series some items in the `registry` container, each with count, total and its newest samples.

    A sample is one atomic patch of a shard taken at random, so writers in any number of processes lose nothing. One
    whose answer is lost raises, though it may be counted.
    """

    def __init__(self, *, registry: CosmosContainer) -> None:
        self._registry = registry

    def record(self, samples: dict[str, float]) -> None:
        for name, value in samples.items():
            if not math.isfinite(value):
                raise BadInput(f"{value!r} is no sample for the meter {name!r}: give a finite number")
        for name, value in samples.items():
            self._record(name, value)

    def read(self, names: tuple[str, ...]) -> dict[str, Reading]:
        keys = [(_id(name, shard), _KIND) for name in dict.fromkeys(names) for shard in range(SHARDS)]
        shards = self._registry.read_many("meter.read", keys)
        return {name: _reading([shard for shard in shards if shard["series"] == name]) for name in names}

    def _record(self, name: str, value: float) -> None:
        what = "meter.record"
        shard = _id(name, random.randrange(SHARDS))
        operations = [
            {"op": "incr", "path": "/count", "value": 1},
            {"op": "incr", "path": "/total", "value": value},
            {"op": "add", "path": "/samples/-", "value": value},
        ]
        while (after := self._registry.patch(what, shard, _KIND, operations)) is None:
            first = {"count": 1, "total": value, "samples": [value]}
            item = {"id": shard, "schema": 1, "type": "meter", "kind": _KIND, "series": name, **first}
            if self._registry.create(what, item):
                return
        if len(after["samples"]) >= 2 * KEPT:  # if somebody else writes in between, a later sample trims
            trimmed = {**after, "samples": after["samples"][-KEPT:]}
            self._registry.replace(what, trimmed, etag=after["_etag"])


def _id(name: str, shard: int) -> str:
    return f"{safe_id(name)}-{shard}"


def _reading(shards: list[Item]) -> Reading:
    values = sorted(value for shard in shards for value in shard["samples"][-KEPT:])
    return Reading(
        count=sum(shard["count"] for shard in shards),
        total=math.fsum(shard["total"] for shard in shards),
        p50=statistics.median(values) if values else None,
        p95=values[math.ceil(0.95 * len(values)) - 1] if values else None,
    )
