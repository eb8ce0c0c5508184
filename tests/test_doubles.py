from datetime import timedelta

import pytest

from lib.errors import Unreachable
from tests.doubles import SettableClock, failing


class Counter:
    def __init__(self):
        self.calls = 0

    def work(self, by=1):
        self.calls += by
        return self.calls


def test_the_chosen_call_fails_and_no_other():
    counter = Counter()
    port = failing(counter, "work", error=Unreachable("gone"), on_call=2)

    assert port.work() == 1
    with pytest.raises(Unreachable, match="gone"):
        port.work()
    assert port.work(by=3) == 4


def test_an_answer_may_be_lost_after_the_work_is_done():
    counter = Counter()
    port = failing(counter, "work", error=Unreachable("gone"), after=True)

    with pytest.raises(Unreachable):
        port.work()
    assert counter.calls == 1


def test_a_method_that_is_not_there_cannot_be_chosen():
    with pytest.raises(AttributeError):
        failing(Counter(), "wrok", error=Unreachable("gone"))


def test_the_clock_goes_when_told():
    clock = SettableClock()
    before = clock.now()
    clock.advance(1.5)

    assert clock.now() - before == timedelta(seconds=1.5)
