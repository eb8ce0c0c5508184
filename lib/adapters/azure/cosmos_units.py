"""Request units: what Cosmos DB charges, by operation."""

import functools
import threading
from dataclasses import dataclass
from typing import Any

from opentelemetry import metrics

_CHARGE = "x-ms-request-charge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one operation has cost since the process started."""

    requests: int
    """HTTP requests, those that failed too."""
    units: float
    """Request units (RU)."""


class RequestUnits:
    """Counts request units by operation name, as `documents.put`, and as a metric. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._charges: dict[str, tuple[int, float]] = {}

    def add(self, operation: str, units: float) -> None:
        """Count one request."""
        with self._lock:
            requests, before = self._charges.get(operation, (0, 0.0))
            self._charges[operation] = (requests + 1, before + units)
        _metric().add(units, {"plumbline.operation": operation})

    def read(self) -> dict[str, Charge]:
        """The charges so far, by operation."""
        with self._lock:
            return {name: Charge(requests=n, units=units) for name, (n, units) in sorted(self._charges.items())}

    def hook(self, operation: str) -> Any:
        """
        Give what the SDK calls with each raw response of an operation.

        Raw, since its other hook misses failed requests, and all pages but the last of a `read_items`.
        """

        def count(response: Any) -> None:
            self.add(operation, float(response.http_response.headers.get(_CHARGE) or 0))

        return count


@functools.cache
def _metric() -> metrics.Counter:
    return metrics.get_meter("plumbline").create_counter("plumbline.cosmos.request_units", unit="{RU}")
