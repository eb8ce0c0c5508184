"""Queue triggers: retries, poison, leases, parallelism, giving back."""

import threading
import time

import pytest

from lib.errors import Unreachable
from local.host.waiting import Trouble, WakingQueue
from tests.host.rig import BLOCK, QUEUE, app_of, bodies, until

KEEP = QUEUE + "def f(message: func.QueueMessage) -> None: calls.append(message)\n"
FAIL = QUEUE + "def f(message: func.QueueMessage) -> None:\n    calls.append(message)\n    raise ValueError('no')\n"


def test_a_message_arrives_as_the_library_s_rich_object_and_is_then_gone(rig):
    rig.queue.send("work", ['{"a": 1}'])
    host = rig.started(KEEP)
    until(host.idle)
    (message,) = app_of(host)["calls"]
    assert message.get_json() == {"a": 1}
    assert message.dequeue_count == 1
    assert message.id
    assert message.pop_receipt
    assert message.insertion_time.year >= 2020
    assert message.expiration_time.year == 9999
    assert message.time_next_visible > message.insertion_time


@pytest.mark.parametrize(("annotation", "kind"), [("str", str), ("func.QueueMessage", object)])
def test_an_annotation_of_str_asks_for_the_text(rig, annotation, kind):
    rig.queue.send("work", ["héllo"])
    host = rig.started(QUEUE + f"def f(message: {annotation}) -> None: calls.append(message)")
    until(host.idle)
    (message,) = app_of(host)["calls"]
    assert (message if kind is str else message.get_body().decode()) == "héllo"


def test_async_functions_run_on_the_host_s_loop(rig):
    source = QUEUE + "async def f(message: str) -> None:\n    await asyncio.sleep(0)\n    calls.append(message)"
    host = rig.started(source)
    host.queue.send("work", ["a"])
    until(host.idle)
    assert app_of(host)["calls"] == ["a"]


def test_a_failing_message_comes_again_and_succeeds(rig):
    source = QUEUE + (
        "def f(message: func.QueueMessage) -> None:\n"
        "    calls.append(message.dequeue_count)\n"
        "    if len(calls) < 3: raise ValueError('not yet')\n"
    )
    rig.queue.send("work", ["a"])
    host = rig.started(source)
    until(host.idle)
    assert app_of(host)["calls"] == [1, 2, 3]
    assert rig.queue.depth("work-poison").messages == 0


def test_after_max_dequeue_count_failures_a_message_is_poison(rig):
    rig.queue.send("work", ["bad"])
    host = rig.started(FAIL, queues={"maxDequeueCount": 3})
    until(host.idle)
    assert [message.dequeue_count for message in app_of(host)["calls"]] == [1, 2, 3]
    assert bodies(rig, "work-poison") == ["bad"]


def test_a_message_delivered_too_often_is_poison_without_another_run(rig):
    """Whatever took it died each time: it must not take this process down as well."""
    rig.queue.send("work", ["killer"])
    for _ in range(2):
        (message,) = rig.queue.receive("work", limit=1, visibility_s=30)
        rig.queue.postpone(message, visibility_s=0)
    host = rig.started(KEEP, queues={"maxDequeueCount": 2})
    until(host.idle)
    assert app_of(host)["calls"] == []
    assert bodies(rig, "work-poison") == ["killer"]


def test_the_copy_is_in_the_poison_queue_before_the_message_is_deleted(rig):
    order = []

    class Watching(WakingQueue):
        def send(self, queue, bodies, *, delay_s=0):
            order.append("send " + queue)
            super().send(queue, bodies, delay_s=delay_s)

        def complete(self, message):
            order.append("complete " + message.queue)
            return super().complete(message)

    rig.queue.send("work", ["bad"])
    host = rig.started(FAIL, queues={"maxDequeueCount": 1}, queue=Watching(rig.queue))
    until(host.idle)
    assert order == ["send work-poison", "complete work"]


def test_a_poison_queue_can_have_a_function_of_its_own(rig):
    source = FAIL + (
        '@app.queue_trigger(arg_name="message", queue_name="work-poison", connection="AzureWebJobsStorage")\n'
        "def set_aside(message: str) -> None: calls.append(message)\n"
    )
    rig.queue.send("work", ["bad"])
    host = rig.started(source, queues={"maxDequeueCount": 1})
    until(host.idle)
    assert app_of(host)["calls"][-1] == "bad"
    assert rig.queue.depth("work-poison").messages == 0


def test_a_failing_poison_function_leaves_the_message_hidden_until_its_lease_ends(rig):
    source = FAIL.replace('"work"', '"work-poison"')
    rig.queue.send("work-poison", ["bad"])
    host = rig.started(source, queues={"maxDequeueCount": 1})
    until(lambda: app_of(host)["calls"])
    until(lambda: not host._activity.running)
    assert bodies(rig, "work-poison") == []
    assert rig.queue.depth("work-poison").messages == 1
    assert rig.queue.depth("work-poison-poison").messages == 0


def test_a_failure_rests_for_the_visibility_timeout(rig):
    rig.queue.send("work", ["bad"])
    host = rig.started(FAIL, queues={"visibilityTimeout": "01:00:00"})
    until(lambda: app_of(host)["calls"])
    until(lambda: not host._activity.running)
    assert rig.queue.receive("work", limit=1, visibility_s=1) == []
    assert rig.queue.depth("work").messages == 1


def test_sys_exit_in_a_function_is_a_failure_like_any_other(rig):
    source = QUEUE + "def f(message: str) -> None:\n    import sys\n    sys.exit(3)"
    rig.queue.send("work", ["a", "b"])
    host = rig.started(source, queues={"maxDequeueCount": 1})
    until(host.idle)
    assert sorted(bodies(rig, "work-poison")) == ["a", "b"]


def test_a_returned_value_without_return_binding_is_a_failure(rig, caplog):
    rig.queue.send("work", ["a"])
    host = rig.started(QUEUE + "def f(message: str): return 1", queues={"maxDequeueCount": 1})
    until(host.idle)
    assert bodies(rig, "work-poison") == ["a"]
    assert "without a $return binding returned a non-None value" in caplog.text


def test_a_failure_is_one_line(rig, caplog):
    rig.queue.send("work", ["bad"])
    host = rig.started(FAIL, queues={"maxDequeueCount": 2})
    until(host.idle)
    lines = [r.getMessage() for r in caplog.records if r.levelname == "WARNING" and r.name.startswith("local")]
    assert lines == [
        "failed function=f message=1 attempt=1 error=ValueError: no",
        "failed function=f message=1 attempt=2 error=ValueError: no",
        "poison queue=work message=1 attempts=2",
    ]
    assert not any(r.exc_info for r in caplog.records if r.levelname != "DEBUG")


def test_no_more_than_batch_size_plus_threshold_are_in_flight(rig):
    rig.queue.send("work", [str(n) for n in range(20)])
    host = rig.started(BLOCK, queues={"batchSize": 3, "newBatchThreshold": 2, "maxPollingInterval": "00:00:01"})
    calls = app_of(host)["calls"]
    until(lambda: len(calls) == 3)  # 3 are more than the threshold of 2: no second batch
    assert not threading.Event().wait(0.5)
    assert len(calls) == 3
    app_of(host)["gate"].set()
    until(host.idle)
    assert sorted(map(int, calls)) == list(range(20))


def test_a_batch_is_fetched_when_no_more_than_the_threshold_run(rig):
    source = (
        "slow = threading.Event()\n"
        + QUEUE
        + (
            "def f(message: str) -> None:\n"
            "    calls.append(message)\n"
            "    slow.wait(60) if len(calls) <= 2 else gate.wait(60)\n"
        )
    )
    rig.queue.send("work", [str(n) for n in range(20)])
    host = rig.started(source, queues={"batchSize": 2, "newBatchThreshold": 2})
    calls = app_of(host)["calls"]
    until(lambda: len(calls) == 4)  # two run, that is the threshold: two more are fetched, and then it is full
    assert not threading.Event().wait(0.3)
    assert len(calls) == 4
    app_of(host)["slow"].set()
    until(lambda: len(calls) == 6)
    app_of(host)["gate"].set()
    until(host.idle)
    assert len(set(calls)) == 20


def test_a_message_sent_through_the_host_s_queue_wakes_its_function(rig, monkeypatch):
    monkeypatch.setattr("local.host.queues.FIRST_POLL_S", 3_600)
    host = rig.started(KEEP, queues={"maxPollingInterval": "01:00:00"})
    assert not threading.Event().wait(0.3)  # the first look has found nothing; the next one is an hour away
    started = time.monotonic()
    host.queue.send("work", ["now"])
    until(lambda: app_of(host)["calls"])
    assert time.monotonic() - started < 2


def test_one_function_in_trouble_does_not_stop_another(rig):
    source = FAIL + (
        '@app.queue_trigger(arg_name="message", queue_name="other", connection="AzureWebJobsStorage")\n'
        "def other(message: str) -> None: calls.append(message)\n"
    )
    host = rig.started(source, queues={"visibilityTimeout": "01:00:00"})
    host.queue.send("work", ["bad"])
    until(lambda: len(app_of(host)["calls"]) == 1)
    host.queue.send("other", ["good"])
    until(lambda: app_of(host)["calls"][-1] == "good")


class Unreliable(WakingQueue):
    """A queue that is out of reach for a while."""

    broken = True

    def receive(self, queue, *, limit, visibility_s):
        if self.broken:
            raise Unreachable("no answer")
        return super().receive(queue, limit=limit, visibility_s=visibility_s)


def test_a_queue_out_of_reach_is_reported_once_and_tried_again(rig, caplog, monkeypatch):
    monkeypatch.setattr(Trouble, "SHORTEST_S", 0.02)
    caplog.set_level("INFO")
    queue = Unreliable(rig.queue)
    rig.queue.send("work", ["a"])
    host = rig.started(KEEP, queue=queue)
    until(lambda: "trouble what=queue work error=Unreachable: no answer" in caplog.text)
    assert not threading.Event().wait(0.3)
    queue.broken = False
    until(lambda: "recovered what=queue work" in caplog.text)
    until(host.idle)
    assert caplog.text.count("trouble what=") == 1
    assert len(app_of(host)["calls"]) == 1


def test_a_message_that_cannot_be_completed_comes_again(rig, monkeypatch):
    class Forgetful(WakingQueue):
        failures = 1

        def complete(self, message):
            if self.failures:
                self.failures -= 1
                raise Unreachable("no answer")
            return super().complete(message)

    monkeypatch.setattr(Trouble, "SHORTEST_S", 0.02)
    rig.queue.send("work", ["twice"])
    host = rig.started(KEEP, queue=Forgetful(rig.queue), message_lease_s=2, queues={"maxPollingInterval": "00:00:01"})
    until(host.idle)
    assert [m.dequeue_count for m in app_of(host)["calls"]] == [1, 2]
