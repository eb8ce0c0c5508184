"""Stale reads: what a replica that lags behind still shows, while the fault `stale` is set for Cosmos DB."""

import threading
import time
from collections.abc import Iterable, Iterator
from operator import attrgetter

from local.standins.cosmos.storage import Container, Row
from local.standins.faults import Faults

_Key = tuple[int, str, str]


class Shadows:
    """
    The state of items before their last write, remembered from when the fault `stale` is set.

    A read that the fault hits sees items as they were before writes of the last `delay_s` seconds (of that fault).
    Only reads that the service may answer so are asked about here: never one under Strong consistency.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lock = threading.Lock()
        self._before: dict[_Key, tuple[float, Row | None]] = {}

    def remember(self, container: Container, partition: str, id_: str, row: Row | None) -> None:
        """Called with what a write is about to replace; None: there was nothing."""
        kept = [fault for fault, _ in self._faults.all() if (fault.service, fault.kind) == ("cosmos", "stale")]
        with self._lock:
            if kept:
                self._before[container.number, partition, id_] = (time.monotonic(), row)
            else:
                self._before.clear()

    def draw(self) -> float | None:
        """How many seconds this read lags behind, or None if it does not."""
        fault = self._faults.draw("cosmos", "stale")
        return fault.delay_s if fault else None

    def old(self, container: Container, row: Row | None, partition: str, id_: str, *, lag_s: float) -> Row | None:
        """An item as it was *lag_s* ago."""
        with self._lock:
            at, before = self._before.get((container.number, partition, id_), (float("-inf"), None))
        return before if time.monotonic() - at < lag_s else row

    def overlay(self, container: Container, rows: Iterable[Row], *, lag_s: float) -> Iterator[Row]:
        """All items of a container as they were *lag_s* ago, by serial."""
        since = time.monotonic() - lag_s
        with self._lock:
            old = {key: row for key, (at, row) in self._before.items() if at > since and key[0] == container.number}
        kept = [row for row in rows if (container.number, row.partition, row.id) not in old]
        yield from sorted([*kept, *(row for row in old.values() if row)], key=attrgetter("serial"))
