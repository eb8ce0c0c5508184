"""The host as a process: killed, interrupted, stuck."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.host.rig import FEED, QUEUE, SOON_S, app_of, until

ROOT = Path(__file__).resolve().parents[2]
MARK = """
import pathlib, time
here = pathlib.Path(__file__).parent
def mark(name): (here / name).touch()
def wait_for(name):
    while not (here / name).exists(): time.sleep(0.01)
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


class Process:
    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "tests.host.run_host", str(folder), *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=SOON_S)
        return self.process.returncode, out, err


@pytest.fixture
def run(rig):
    processes = []

    def start(*arguments: str) -> Process:
        processes.append(Process(rig.folder, *arguments))
        return processes[-1]

    yield start
    for process in processes:
        process.process.kill()
        process.process.communicate()


def marked(rig, name: str) -> bool:
    return (rig.folder / "app" / name).exists()


WORK = MARK + QUEUE + "def f(message: str) -> None:\n    mark('started'); wait_for('go'); mark('done')\n"


@pytest.mark.crash
def test_a_message_survives_a_kill_in_the_middle_of_its_function(rig, run):
    rig.write(WORK)
    rig.queue.send("work", ["precious"])
    process = run()
    until(lambda: marked(rig, "started"))
    process.process.send_signal(signal.SIGKILL)
    process.process.wait(SOON_S)
    assert rig.queue.depth("work").messages == 1
    assert rig.queue.peek("work", limit=1) == []  # it is still hidden by the dead process's lease
    rig.queue.recover()
    host = rig.started(QUEUE + "def f(message: func.QueueMessage) -> None: calls.append(message)")
    until(host.idle)
    (message,) = app_of(host)["calls"]
    assert message.get_body() == b"precious"
    assert message.dequeue_count == 2


@pytest.mark.crash
def test_a_batch_of_changes_survives_a_kill_in_the_middle_of_its_function(rig, run):
    rig.write(MARK + FEED + "def f(items: func.DocumentList) -> None:\n    mark('started'); wait_for('go')\n")
    rig.put("a")
    process = run()
    until(lambda: marked(rig, "started"))
    process.process.send_signal(signal.SIGKILL)
    process.process.wait(SOON_S)
    host = rig.started(FEED + "def f(items: func.DocumentList) -> None: calls.append(len(items))")
    until(host.idle)
    assert app_of(host)["calls"] == [1]


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_work_in_flight_finish(rig, run, number):
    rig.write(WORK)
    rig.queue.send("work", ["x"])
    process = run()
    until(lambda: marked(rig, "started"))
    process.process.send_signal(number)
    assert not threading.Event().wait(0.3)
    assert process.process.poll() is None
    (rig.folder / "app" / "go").touch()
    code, out, err = process.end()
    assert (code, out) == (0, "finished\n")
    assert marked(rig, "done")
    assert rig.queue.depth("work").messages == 0
    assert "Traceback" not in err


@pytest.mark.e2e
def test_work_that_does_not_end_is_given_back_and_does_not_keep_the_process(rig, run):
    rig.write(WORK)
    rig.queue.send("work", ["x"])
    process = run("0.3")
    until(lambda: marked(rig, "started"))
    process.process.send_signal(signal.SIGINT)
    code, out, err = process.end()
    assert (code, out) == (3, "given back\n")
    assert "Traceback" not in err
    assert [message.body for message in rig.queue.peek("work", limit=9)] == ["x"]


@pytest.mark.e2e
def test_the_second_signal_ends_the_process_at_once(rig, run):
    rig.write(WORK)
    rig.queue.send("work", ["x"])
    process = run("60")
    until(lambda: marked(rig, "started"))
    process.process.send_signal(signal.SIGINT)
    assert not threading.Event().wait(0.3)
    started = time.monotonic()
    process.process.send_signal(signal.SIGINT)
    code, _, err = process.end()
    assert code == 130
    assert time.monotonic() - started < 5
    assert "Traceback" not in err
