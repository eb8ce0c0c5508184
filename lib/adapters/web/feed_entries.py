"""What feeds hold, whatever their format."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lib.domain.times import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed. Everything may be empty."""

    url: str
    """Where its page is, normalised."""
    guid: str
    title: str
    html: str
    text: str
    """Where there is no HTML."""
    published: str
    """ISO 8601, UTC."""
    updated: str
    """As the feed spells it."""


def iso_date(text: str) -> str:
    """A date of RFC 822 or ISO 8601 in ISO 8601, UTC; empty if it is none."""
    text = text.strip()[:100]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, OverflowError, IndexError):
            return ""
    try:
        return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return ""
