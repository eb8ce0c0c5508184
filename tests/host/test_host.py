"""The host as a whole: idle, a chain of functions, start and stop."""

import threading
import time

from lib.errors import Unreachable
from lib.settings import Settings
from local.host.functions import FeedTrigger, HttpTrigger, QueueTrigger, TimerTrigger
from local.host.loader import load
from local.host.waiting import WakingQueue
from local.process import ROOT, host_settings
from tests.host.rig import FEED, QUEUE, app_of, until

CHAIN = (
    FEED
    + """
@app.queue_output(arg_name="out", queue_name="work", connection="C")
def relay(items: func.DocumentList, out: func.Out[typing.List[str]]) -> None:
    out.set([item["document_id"] for item in items])

@app.queue_trigger(arg_name="message", queue_name="work", connection="C")
@app.queue_output(arg_name="$return", queue_name="done", connection="C")
def build(message: str) -> str:
    return message

@app.queue_trigger(arg_name="message", queue_name="done", connection="C")
def done(message: str) -> None:
    calls.append(message)
"""
)


def test_idle_means_that_the_whole_chain_has_run(rig):
    for round_ in range(5):
        rig.put(*[f"{round_}-{n}" for n in range(7)])
        host = rig.hosts[-1] if rig.hosts else rig.started(CHAIN)
        until(host.idle)
        assert len(app_of(host)["calls"]) == 7 * (round_ + 1)


def test_each_link_of_the_chain_wakes_the_next_one(rig, monkeypatch):
    """The queues are looked at once an hour, so that only wake-ups can move a message on."""
    monkeypatch.setattr("local.host.queues.FIRST_POLL_S", 3_600)
    host = rig.started(CHAIN, queues={"maxPollingInterval": "01:00:00"})
    until(host.idle)
    assert not threading.Event().wait(0.3)
    rig.put("edit")
    until(lambda: app_of(host)["calls"])


def test_a_delayed_message_keeps_the_host_from_being_idle(rig):
    host = rig.started(QUEUE + "def f(message: str) -> None: calls.append(message)")
    until(host.idle)
    rig.queue.send("work", ["later"], delay_s=0.5)
    assert not host.idle()
    until(host.idle)
    assert app_of(host)["calls"] == ["later"]


def test_stop_can_be_called_twice_and_without_start(rig):
    host = rig.host(QUEUE + "def f(message: str) -> None: ...")
    assert host.stop() is True
    host = rig.started(QUEUE + "def f(message: str) -> None: ...")
    assert host.stop() is True
    assert host.stop() is True


def test_nothing_is_taken_after_a_stop(rig):
    host = rig.started(QUEUE + "def f(message: str) -> None: calls.append(message)")
    host.stop()
    host.queue.send("work", ["x"])
    time.sleep(0.3)
    assert app_of(host)["calls"] == []


def test_our_own_app_is_taken():
    functions = {function.name: type(function.trigger) for function in load(ROOT, host_settings(Settings()))}
    assert functions == {
        "crawl_due_sources": TimerTrigger,
        "crawl_slice": QueueTrigger,
        "relay_changes": FeedTrigger,
        "build_features": QueueTrigger,
        "set_aside_features": QueueTrigger,
        "set_aside_crawl": QueueTrigger,
        "sweep": TimerTrigger,
        "http": HttpTrigger,
    }


def test_what_cannot_be_looked_at_may_hold_work(rig):
    class Silent(WakingQueue):
        def depth(self, queue):
            raise Unreachable("no answer")

    host = rig.started(QUEUE + "def f(message: str) -> None: ...", queue=Silent(rig.queue))
    assert not host.idle()
