"""The change feed trigger: batches, leases, and what a failure does to them."""

import threading

import pytest

from lib.errors import Unreachable
from local.host.feed import LEASES
from local.host.waiting import Trouble
from tests.host.rig import FEED, SOON_S, app_of, until

KEEP = FEED + "def f(items: func.DocumentList) -> None: calls.append([dict(item) for item in items])\n"
FAIL = FEED + "def f(items: func.DocumentList) -> None:\n    calls.append(len(items))\n    raise ValueError('no')\n"
RETRY = '@app.retry(strategy="fixed_delay", max_retry_count="{count}", delay_interval="{delay}")\n'


def cursor(rig) -> str:
    lease = rig.leases.get(LEASES, "f")
    return lease.value["cursor"] if lease else ""


def end_of_feed(rig) -> str:
    return rig.documents.read("", limit=1_000).cursor


def test_changes_arrive_in_batches_as_the_trigger_delivers_them(rig):
    rig.put("a", "b", "c")
    host = rig.started(KEEP)
    until(host.idle)
    calls = app_of(host)["calls"]
    assert [len(batch) for batch in calls] == [2, 1]
    assert calls[0][0]["type"] == "main"
    assert calls[0][0]["id"] == "main"
    assert calls[0][0]["version"] == 1
    assert calls[0][0]["deleted"] is False


def test_a_new_change_arrives_while_the_host_runs(rig):
    host = rig.started(KEEP)
    until(host.idle)
    rig.put("a")
    until(lambda: app_of(host)["calls"])


def test_whatever_finishes_makes_the_feed_look_again(rig):
    """So that a pushed document does not wait for the next poll of the feed."""
    source = KEEP.replace("feed_poll_delay=50", "feed_poll_delay=3600000") + (
        '@app.queue_trigger(arg_name="message", queue_name="work", connection="C")\n'
        "def g(message: str) -> None: calls.append('ran')\n"
    )
    host = rig.started(source)
    until(host.idle)
    rig.put("a")
    host.queue.send("work", ["x"])
    until(lambda: len(app_of(host)["calls"]) == 2)


def test_while_a_function_runs_the_feed_is_looked_at_often(rig):
    """So that building starts while a crawl goes on."""
    source = KEEP.replace("feed_poll_delay=50", "feed_poll_delay=3600000") + (
        '@app.queue_trigger(arg_name="message", queue_name="work", connection="C")\n'
        "def g(message: str) -> None: entered.set(); gate.wait(60)\n"
    )
    host = rig.started(source)
    until(host.idle)
    host.queue.send("work", ["x"])
    assert app_of(host)["entered"].wait(SOON_S)
    for key in ("a", "b", "c"):
        rig.put(key)
        until(lambda key=key: len(app_of(host)["calls"]) == "abc".index(key) + 1)


def test_the_lease_survives_a_restart(rig):
    rig.put("a")
    first = rig.started(KEEP)
    until(first.idle)
    first.stop()
    rig.put("b")
    second = rig.started()
    until(second.idle)
    assert len(app_of(second)["calls"]) == 1
    assert len(app_of(second)["calls"][0]) == 1
    assert cursor(rig) == end_of_feed(rig)


def test_without_start_from_beginning_the_past_stays_the_past(rig):
    rig.put("old")
    source = KEEP.replace("start_from_beginning=True", "start_from_beginning=False")
    host = rig.started(source)
    until(lambda: cursor(rig))
    rig.put("new")
    until(lambda: app_of(host)["calls"])
    until(host.idle)
    assert sum(map(len, app_of(host)["calls"])) == 1


def test_without_a_retry_policy_a_failed_batch_is_checkpointed_past(rig):
    """Azure loses it, so the local host must lose it too."""
    rig.put("a", "b", "c")
    host = rig.started(FAIL)
    until(host.idle)
    assert app_of(host)["calls"] == [2, 1]
    assert cursor(rig) == end_of_feed(rig)


def test_a_retry_policy_for_ever_repeats_the_batch_and_does_not_checkpoint(rig):
    source = (
        FEED
        + RETRY.format(count=-1, delay="00:00:00")
        + (
            "def f(items: func.DocumentList, context: func.Context) -> None:\n"
            "    calls.append((context.retry_context.retry_count, [item['document_id'] for item in items]))\n"
            "    if not gate.is_set(): raise ValueError('no')\n"
        )
    )
    rig.put("a")
    host = rig.started(source)
    calls = app_of(host)["calls"]
    until(lambda: len(calls) >= 5)
    assert cursor(rig) == ""
    assert not host.idle()
    app_of(host)["gate"].set()
    until(host.idle)
    assert [retries for retries, _ in calls] == list(range(len(calls)))
    assert len({tuple(ids) for _, ids in calls}) == 1
    assert cursor(rig) == end_of_feed(rig)


def test_a_retry_policy_that_ends_checkpoints_past(rig):
    rig.put("a")
    host = rig.started(FAIL.replace("def f", RETRY.format(count=2, delay="00:00:00") + "def f"))
    until(host.idle)
    assert app_of(host)["calls"] == [1, 1, 1]
    assert cursor(rig) == end_of_feed(rig)


def test_shutdown_between_two_retries_is_prompt_and_does_not_checkpoint(rig):
    rig.put("a")
    host = rig.started(FAIL.replace("def f", RETRY.format(count=-1, delay="01:00:00") + "def f"))
    until(lambda: app_of(host)["calls"])
    until(lambda: not host._activity.running)
    stopper = threading.Thread(target=host.stop)
    stopper.start()
    stopper.join(SOON_S / 2)
    assert not stopper.is_alive()
    assert cursor(rig) == ""
    again = rig.started()
    until(lambda: app_of(again)["calls"])


def test_shutdown_lets_a_running_batch_finish_and_checkpoints_it(rig):
    source = FEED + "def f(items: func.DocumentList) -> None: entered.set(); time.sleep(0.3); calls.append(len(items))"
    rig.put("a")
    host = rig.started(source)
    assert app_of(host)["entered"].wait(SOON_S)
    assert host.stop() is True
    assert app_of(host)["calls"] == [1]
    assert cursor(rig) == end_of_feed(rig)


@pytest.mark.parametrize("broken", ["read", "put"])
def test_a_feed_or_lease_out_of_reach_is_reported_once_and_tried_again(rig, caplog, monkeypatch, broken):
    class Wrapped:
        failing = True

        def __init__(self, inner, name):
            self._inner, self._name = inner, name

        def __getattr__(self, name):
            if name == self._name and self.failing:
                raise Unreachable("no answer")
            return getattr(self._inner, name)

    monkeypatch.setattr(Trouble, "SHORTEST_S", 0.02)
    rig.put("a")
    wrapped = Wrapped(rig.documents if broken == "read" else rig.leases, broken)
    host = rig.started(KEEP, **{"feed" if broken == "read" else "leases": wrapped})
    until(lambda: "trouble what=change feed of f error=Unreachable: no answer" in caplog.text)
    assert not threading.Event().wait(0.3)
    wrapped.failing = False
    until(lambda: cursor(rig) == end_of_feed(rig))
    assert caplog.text.count("trouble what=") == 1
    assert len(app_of(host)["calls"]) == 1


def test_a_lease_that_somebody_else_moved_is_followed(rig):
    rig.put("a")
    source = FEED + "def f(items: func.DocumentList) -> None:\n    calls.append(len(items))\n    gate.wait(60)\n"
    host = rig.started(source)
    until(lambda: app_of(host)["calls"])
    rig.put("b")
    rig.leases.put(LEASES, "f", {"cursor": end_of_feed(rig)}, revision=0)
    app_of(host)["gate"].set()
    until(host.idle)
    assert app_of(host)["calls"] == [1]
