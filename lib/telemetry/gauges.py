"""The numbers of the status report as metrics."""

import functools
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation

from lib.errors import PlumblineError
from lib.telemetry.invocations import NAME

logger = logging.getLogger(__name__)

Report = Mapping[str, Any]
Attributes = dict[str, str]
Numbers = Iterable[tuple[float | None, Attributes]]


def _queues(number: str) -> Callable[[Report], Numbers]:
    return lambda report: [(found[number], {"queue": queue}) for queue, found in report["queues"].items()]


def _counts(report: Report) -> Numbers:
    for source in report["sources"]:
        for what, count in source["counts"].items():
            yield count, {"source": source["id"], "what": what}


GAUGES: dict[str, tuple[str, Callable[[Report], Numbers]]] = {
    "plumbline.status.documents": ("{document}", lambda report: [(report["documents"], {})]),
    "plumbline.status.chunks": ("{chunk}", lambda report: [(report["chunks"], {})]),
    "plumbline.status.feed_lag": ("s", lambda report: [(report["feed_lag"], {})]),
    "plumbline.status.queued": ("{message}", lambda report: [(report["queued"], {})]),
    "plumbline.status.queue.messages": ("{message}", _queues("messages")),
    "plumbline.status.queue.oldest": ("s", _queues("oldest_s")),
    "plumbline.status.dead_letters": ("{message}", lambda report: [(report["dead_letters"], {})]),
    "plumbline.status.freshness": (
        "s",
        lambda report: [(value, {"statistic": name}) for name, value in report["freshness_s"].items()],
    ),
    "plumbline.status.answers": ("{answer}", lambda report: [(report["answers"]["count"], {})]),
    "plumbline.status.answer.duration": (
        "ms",
        lambda report: [(report["answers"][f"{name}_ms"], {"statistic": name}) for name in ("p50", "p95")],
    ),
    "plumbline.status.tokens": (
        "{token}",
        lambda report: [(value, {"type": name}) for name, value in report["tokens"].items()],
    ),
    "plumbline.status.source.documents": (
        "{document}",
        lambda report: [(source["documents"], {"source": source["id"]}) for source in report["sources"]],
    ),
    "plumbline.status.source.last_crawl": ("1", _counts),
}
"""Unit of each metric, and its readings in a status report. A number that is None is not there yet."""


def observe(report: Callable[[], Report]) -> None:
    """Export every number of the status report, made anew for each export. Only the first call in a process counts."""
    with _lock:
        if _observed:
            return
        _observed.append(True)
    meter = metrics.get_meter(NAME)
    latest = _Latest(report)
    for number, (name, (unit, read)) in enumerate(GAUGES.items()):
        callback = functools.partial(_observations, latest, read, is_first=number == 0)
        meter.create_observable_gauge(name, callbacks=[callback], unit=unit)


class _Latest:
    """The report of the export under way; none while a store is out of reach."""

    def __init__(self, make: Callable[[], Report]) -> None:
        self._make = make
        self.report: Report | None = None

    def renew(self) -> None:
        try:
            self.report = self._make()
        except PlumblineError as error:
            self.report = None
            logger.warning("no status for metrics reason=%s", error)


def _observations(
    latest: _Latest, read: Callable[[Report], Numbers], _: CallbackOptions, *, is_first: bool
) -> list[Observation]:
    if is_first:  # an export calls back one after the other, in the order of creation
        latest.renew()
    if latest.report is None:
        return []
    return [Observation(value, attributes) for value, attributes in read(latest.report) if value is not None]


_lock = threading.Lock()
_observed: list[bool] = []
