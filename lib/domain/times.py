"""Times as they are stored: UTC, ISO 8601, milliseconds, sortable as text."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(moment: datetime) -> str:
    """Write a time: `2026-11-22T10:00:00.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> datetime:
    """Read a time written by `iso` (or any ISO 8601 time with an offset)."""
    return datetime.fromisoformat(text)


def parse_date(text: str) -> datetime | None:
    """Read a date that others wrote, of ISO 8601 or of mail and HTTP; in UTC, also where it does not say so."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):  # dates and offsets that no calendar has
            continue
    return None


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, UTC."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
