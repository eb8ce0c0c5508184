"""Timer triggers: schedules, startup runs, singletons, past due, retries."""

import threading
from datetime import UTC, datetime

from tests.host.rig import SOON_S, SetClock, app_of, until

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)

HOURLY = """
@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
def f(timer: func.TimerRequest) -> None:
    calls.append(timer)
    entered.set()
"""
STARTUP = HOURLY.replace('* *"', '* *", run_on_startup=True')


def test_a_timer_fires_at_its_time_and_not_before(rig):
    clock = SetClock(MIDNIGHT)
    host = rig.started(HOURLY, clock=clock)
    calls = app_of(host)["calls"]
    clock.advance(3_599)
    assert not threading.Event().wait(1.3)
    assert calls == []
    clock.advance(1)
    until(lambda: len(calls) == 1)
    assert not calls[0].past_due
    assert calls[0].schedule_status["Next"] == "2026-01-01T02:00:00+00:00"
    clock.advance(3_600)
    until(lambda: len(calls) == 2)
    assert calls[1].schedule_status["Last"] == "2026-01-01T01:00:00+00:00"


def test_run_on_startup_runs_at_once(rig):
    host = rig.started(STARTUP, clock=SetClock(MIDNIGHT))
    until(lambda: len(app_of(host)["calls"]) == 1)
    assert not app_of(host)["calls"][0].past_due


def test_the_host_is_not_idle_before_a_startup_run_is_over(rig):
    source = STARTUP.replace("entered.set()", "entered.set(); gate.wait(60)")
    host = rig.started(source, clock=SetClock(MIDNIGHT))
    assert not host.idle()
    assert app_of(host)["entered"].wait(SOON_S)
    assert not host.idle()
    app_of(host)["gate"].set()
    until(host.idle)


def test_ticks_missed_while_a_run_is_on_become_one_run_marked_past_due(rig):
    source = HOURLY.replace("entered.set()", "entered.set(); gate.wait(60)")
    clock = SetClock(MIDNIGHT)
    host = rig.started(source, clock=clock)
    calls = app_of(host)["calls"]
    clock.advance(3_600)
    assert app_of(host)["entered"].wait(SOON_S)
    clock.advance(3 * 3_600)  # three ticks pass
    assert not threading.Event().wait(1.3)
    assert len(calls) == 1, "a timer must not run twice at once"
    app_of(host)["gate"].set()
    until(lambda: len(calls) == 2)
    assert calls[1].past_due
    assert calls[1].schedule_status["Next"] == "2026-01-01T05:00:00+00:00"
    assert not threading.Event().wait(1.3)
    assert len(calls) == 2
    clock.advance(3_600)
    until(lambda: len(calls) == 3)
    assert not calls[2].past_due


def test_a_tick_that_passed_in_the_machine_s_sleep_is_past_due(rig):
    clock = SetClock(MIDNIGHT)
    host = rig.started(HOURLY, clock=clock)
    clock.advance(10 * 3_600 + 60)
    until(lambda: app_of(host)["calls"])
    assert app_of(host)["calls"][0].past_due


RETRIED = """
@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
@app.retry(strategy="{strategy}", max_retry_count="2", {intervals})
def f(timer: func.TimerRequest, context: func.Context) -> None:
    calls.append((context.retry_context.retry_count, context.retry_context.max_retry_count))
    raise ValueError("no")
"""


def test_a_retry_policy_is_honoured_and_comes_to_its_end(rig):
    host = rig.started(RETRIED.format(strategy="fixed_delay", intervals='delay_interval="00:00:00"'))
    until(host.idle)
    assert app_of(host)["calls"] == [(0, 2), (1, 2), (2, 2)]


def test_exponential_delays_double_up_to_the_longest(rig):
    intervals = 'minimum_interval="00:00:02", maximum_interval="00:00:05"'
    host = rig.host(RETRIED.format(strategy="exponential_backoff", intervals=intervals).replace("True", "False"))
    host.start()
    policy = host.functions[0].retry
    assert [policy.delay_s(n) for n in range(4)] == [2, 4, 5, 5]
    assert policy.allows(1)
    assert not policy.allows(2)


def test_a_failing_timer_fires_again_at_its_next_time(rig):
    source = HOURLY.replace("entered.set()", "raise ValueError('no')")
    clock = SetClock(MIDNIGHT)
    host = rig.started(source, clock=clock)
    for hour in (1, 2):
        clock.advance(3_600)
        until(lambda hour=hour: len(app_of(host)["calls"]) == hour)


def test_shutdown_waits_for_a_running_timer(rig):
    source = STARTUP.replace("entered.set()", "entered.set(); time.sleep(0.3); calls.append('end')")
    host = rig.started(source)
    assert app_of(host)["entered"].wait(SOON_S)
    assert host.stop() is True
    assert app_of(host)["calls"][-1] == "end"
