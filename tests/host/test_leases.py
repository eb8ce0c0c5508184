"""Messages in flight: leases that are renewed or lost, and what a shutdown does with them."""

import threading
import time

from tests.host.rig import BLOCK, SOON_S, app_of, bodies, until


def test_a_function_that_runs_longer_than_the_lease_keeps_its_message(rig):
    rig.queue.send("work", ["long"])
    host = rig.started(BLOCK, message_lease_s=1.5)
    assert app_of(host)["entered"].wait(SOON_S)
    assert not threading.Event().wait(4)  # more than two leases
    assert rig.queue.receive("work", limit=1, visibility_s=30) == []
    app_of(host)["gate"].set()
    until(host.idle)
    assert app_of(host)["calls"] == ["long"]


def test_a_lost_lease_is_said_and_does_no_harm(rig, caplog):
    rig.queue.send("work", ["stolen"])
    host = rig.started(BLOCK, message_lease_s=1, queues={"batchSize": 1, "newBatchThreshold": 0})
    assert app_of(host)["entered"].wait(SOON_S)
    rig.queue.recover()  # as if another process had taken it
    (stolen,) = rig.queue.receive("work", limit=1, visibility_s=60)
    until(lambda: "lease lost" in caplog.text)
    app_of(host)["gate"].set()
    until(lambda: not host._activity.running)
    assert rig.queue.complete(stolen)


def test_shutdown_lets_the_running_finish_and_gives_back_what_waits(rig):
    rig.queue.send("work", [str(n) for n in range(4)])
    host = rig.started(BLOCK, queues={"batchSize": 4}, settings={"PYTHON_THREADPOOL_THREAD_COUNT": "1"})
    assert app_of(host)["entered"].wait(SOON_S)
    stopper = threading.Thread(target=host.stop)
    stopper.start()
    until(lambda: len(rig.queue.peek("work", limit=9)) == 3, "the three that waited for a thread were not given back")
    app_of(host)["gate"].set()
    stopper.join(SOON_S)
    assert not stopper.is_alive()
    assert len(app_of(host)["calls"]) == 1
    assert rig.queue.depth("work").messages == 3


def test_shutdown_gives_back_what_does_not_finish_in_time(rig):
    rig.queue.send("work", ["stuck"])
    host = rig.started(BLOCK, shutdown_s=0.3)
    assert app_of(host)["entered"].wait(SOON_S)
    started = time.monotonic()
    assert host.stop() is False
    assert time.monotonic() - started < 5
    assert bodies(rig, "work") == ["stuck"]
    app_of(host)["gate"].set()  # it ends after all: that must not delete a message that was given back
    until(lambda: not host._activity.running)
    assert bodies(rig, "work") == ["stuck"]
