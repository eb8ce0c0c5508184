"""NCRONTAB schedules: six fields, seconds first, UTC, as Azure Functions reads them."""

import re
from datetime import UTC, datetime, time, timedelta

from croniter import croniter

_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


def next_after(expression: str, moment: datetime | None) -> datetime:
    """
    Say when a schedule fires next, strictly after the moment (None: now, to check an expression).

    Day of month and day of week must both hold, as in NCRONTAB.
    Raises: ValueError with an example if the expression is none.
    """
    start = moment or datetime.now(UTC)
    if len(expression.split()) != 6:
        raise ValueError(f"schedule {expression!r}: expected six fields, seconds first, as in '0 */30 * * * *'")
    try:
        schedule = croniter(expression, start, second_at_beginning=True, day_or=False, ret_type=datetime)
        fires = schedule.get_next(datetime)
    except (ValueError, KeyError) as error:
        raise ValueError(f"schedule {expression!r}: {error}; expected six fields, as in '0 */30 * * * *'") from error
    assert isinstance(fires, datetime)
    return fires


def hours_of(text: str) -> tuple[time, time]:
    """Read `22:00-06:00`. Raises: ValueError with an example if it is no such span."""
    found = _HOURS.match(text)
    if not found or found[1] + found[2] == found[3] + found[4]:
        raise ValueError(f"hours {text!r}: expected two times of the day in UTC, as in '22:00-06:00'")
    first, second, third, fourth = map(int, found.groups())
    return time(first, second), time(third, fourth)


def opens_at(hours: str, moment: datetime) -> datetime:
    """
    Say when a source with these hours may be crawled next: the moment itself if it may be now.

    Empty hours are always open. A span may run over midnight; it ends just before its second time.
    """
    if not hours:
        return moment
    start, end = hours_of(hours)
    now = moment.time()
    if (start <= now < end) if start < end else (now >= start or now < end):
        return moment
    opening = moment.replace(hour=start.hour, minute=start.minute, second=0, microsecond=0)
    return opening if opening > moment else opening + timedelta(days=1)
