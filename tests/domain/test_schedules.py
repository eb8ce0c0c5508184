"""Schedules are read as Azure Functions reads them."""

from datetime import UTC, datetime

import pytest

from lib.domain.schedules import next_after

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("*/15 * * * * *", datetime(2026, 11, 22, 12, 0, 15, tzinfo=UTC)),
        ("0 */30 * * * *", datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
        ("0 0 9 * * 1-5", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        ("0 0 0 1 * *", datetime(2026, 12, 1, tzinfo=UTC)),
        ("0 0 0 13 * 5", datetime(2027, 8, 13, tzinfo=UTC)),  # day and weekday must both hold
    ],
)
def test_the_next_time_is_strictly_later(expression: str, expected: datetime) -> None:
    assert next_after(expression, NOON) == expected


@pytest.mark.parametrize("expression", ["", "* * * * *", "60 * * * * *", "a b c d e f", "0 0 0 30 2 *"])
def test_what_is_no_schedule_is_refused_with_an_example(expression: str) -> None:
    with pytest.raises(ValueError, match="six fields"):
        next_after(expression, NOON)
