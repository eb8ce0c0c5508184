"""What feeds hold, whatever their format."""

from dataclasses import dataclass

from lib.domain.times import iso, parse_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed. Everything may be empty."""

    url: str
    """Where its page is, normalised, with the fragment that its link may have."""
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
    moment = parse_date(text.strip()[:100])
    return iso(moment) if moment else ""
