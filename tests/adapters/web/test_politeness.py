"""Pauses of hosts, as time goes by."""

import pytest

from lib.adapters.web.politeness import BREAKS_AFTER, Paces, TooSoon


class Seconds:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def paces(seconds):
    return Paces(seconds)


def fail(paces, times):
    return [paces.failed("h") for _ in range(times)]


def test_the_tenth_failure_in_a_row_leaves_a_host_alone(paces, seconds):
    assert fail(paces, BREAKS_AFTER) == [0.0] * (BREAKS_AFTER - 1) + [60.0]
    with pytest.raises(TooSoon, match="another 60 s"):
        paces.take_turn("h", patience_s=30)
    assert paces.take_turn("other", patience_s=0) == 0
    seconds.now += 60
    assert paces.take_turn("h", patience_s=0) == 0


def test_what_was_under_way_makes_a_break_no_longer(paces, seconds):
    fail(paces, BREAKS_AFTER)
    seconds.now += 20

    assert fail(paces, 7) == [40.0] * 7
    seconds.now += 40
    assert paces.take_turn("h", patience_s=0) == 0


def test_each_failure_after_a_break_doubles_it_to_an_hour_at_most(paces, seconds):
    breaks = fail(paces, BREAKS_AFTER)[-1:]
    for _ in range(8):
        seconds.now += breaks[-1]
        breaks += fail(paces, 1)

    assert breaks == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_host_is_on_trial_until_it_answers(paces, seconds):
    fail(paces, BREAKS_AFTER)
    seconds.now += 61
    assert paces.is_on_trial("h")

    paces.answered("h")

    assert not paces.is_on_trial("h")
    assert fail(paces, BREAKS_AFTER)[-1] == 60
