"""App settings named in bindings (`%NAME%`), and host.json with the settings that override it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.errors import BadInput

_NAME = re.compile(r"%([^%\s]+)%")
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):([0-5]\d):([0-5]\d)")
_OVERRIDE = "azurefunctionsjobhost__"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOptions:
    """How queues are read: `extensions.queues` of host.json, with the real host's defaults."""

    max_polling_interval_s: float = 60
    visibility_timeout_s: float = 0
    """How long a message rests after a failure; not its lease while a function runs."""
    batch_size: int = 16
    new_batch_threshold: int = 8
    """Fetch again when no more than this many messages are in flight."""
    max_dequeue_count: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """What the local host reads from host.json."""

    route_prefix: str = "api"
    queues: QueueOptions = QueueOptions()


def resolve(text: str, settings: Mapping[str, str], *, where: str) -> str:
    """Replace each `%NAME%` by that app setting, whose case does not matter. Raises: BadInput if it is not set."""
    lower = {name.lower(): value for name, value in settings.items()}

    def value(match: re.Match[str]) -> str:
        found = lower.get(match[1].lower())
        if not found:
            raise BadInput(f"{where}: the app setting {match[1]!r} is not set: set the environment variable {match[1]}")
        return found

    return _NAME.sub(value, text)


def seconds(text: str, *, where: str) -> float:
    """Read a time span such as 00:00:30 or 1.00:00:00. Raises: BadInput."""
    match = _TIME_SPAN.fullmatch(str(text))
    if not match:
        raise BadInput(f"{where}: {text!r} is no time span; write hours, minutes and seconds, as in '00:00:30'")
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return days * 86_400 + hours * 3_600 + minutes * 60 + rest


def read_host_json(app_dir: Path, settings: Mapping[str, str]) -> HostOptions:
    """
    Read host.json; app settings named AzureFunctionsJobHost__extensions__queues__batchSize and so on come first.

    Raises: BadInput naming the key and what it may be.
    """
    path = app_dir / "host.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise BadInput(f"no host.json in {str(app_dir)!r}: it belongs beside function_app.py") from error
    except (OSError, ValueError) as error:
        raise BadInput(f"{str(path)!r} cannot be read as JSON: {error}") from error
    overrides = {name.lower(): value for name, value in settings.items() if name.lower().startswith(_OVERRIDE)}

    def value(section: str, key: str, default: object) -> Any:
        override = overrides.get(f"{_OVERRIDE}extensions__{section}__{key}".lower())
        return override or document.get("extensions", {}).get(section, {}).get(key, default)

    def number(key: str, default: int, *, low: int, high: int) -> int:
        given = value("queues", key, default)
        if not str(given).isdecimal() or not low <= int(given) <= high:
            raise BadInput(f"host.json: extensions.queues.{key} is {given!r}; it must be from {low} to {high}")
        return int(given)

    def time_span(key: str, default: str) -> float:
        return seconds(value("queues", key, default), where=f"host.json: extensions.queues.{key}")

    batch = number("batchSize", 16, low=1, high=32)
    return HostOptions(
        route_prefix=str(value("http", "routePrefix", "api")).strip("/"),
        queues=QueueOptions(
            max_polling_interval_s=max(0.1, time_span("maxPollingInterval", "00:01:00")),
            visibility_timeout_s=time_span("visibilityTimeout", "00:00:00"),
            batch_size=batch,
            new_batch_threshold=number("newBatchThreshold", batch // 2, low=0, high=1_000),
            max_dequeue_count=number("maxDequeueCount", 5, low=1, high=1_000_000),
        ),
    )
