from datetime import UTC, datetime, timedelta

import pytest

from lib.adapters.local.system_clock import SystemClock
from tests.contracts.clock import ClockContract


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self):
        return SystemClock()


def test_it_is_now():
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=5)
