"""What every Clock keeps."""

from datetime import timedelta

import pytest

from lib.ports.clock import Clock


class ClockContract:
    @pytest.fixture
    def clock(self) -> Clock:
        """A clock."""
        raise NotImplementedError

    def test_time_is_in_utc_and_says_so(self, clock):
        assert clock.now().utcoffset() == timedelta(0)

    def test_time_does_not_go_back(self, clock):
        moments = [clock.now() for _ in range(100)]

        assert moments == sorted(moments)
