"""NCRONTAB schedules: six fields, seconds first, UTC, as Azure Functions reads them."""

from datetime import UTC, datetime

from croniter import croniter


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
