import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_event_queue import SqliteEventQueue
from lib.adapters.local.sqlite_schema import QUEUES
from lib.errors import BadInput
from tests.adapters.local.query_plans import plan, reads_only_what_it_returns
from tests.contracts.event_queue import EventQueueContract
from tests.doubles import SettableClock


class TestSqliteEventQueue(EventQueueContract):
    @pytest.fixture
    def queue(self, queues_db):
        self.clock = SettableClock()
        return SqliteEventQueue(database=queues_db, clock=self.clock)

    def advance(self, seconds):
        self.clock.advance(seconds)


@pytest.fixture
def queue(queues_db, clock):
    return SqliteEventQueue(database=queues_db, clock=clock)


def test_recovery_gives_back_what_was_in_flight_at_once_and_keeps_counts(queue):
    queue.send("features", ["taken", "postponed", "waiting"])
    queue.send("features", ["delayed"], delay_s=60)
    _, postponed = queue.receive("features", limit=2, visibility_s=600)
    queue.postpone(postponed, visibility_s=600)

    assert queue.recover() == 2
    again = {m.body: m for m in queue.receive("features", limit=9, visibility_s=600)}
    assert {body: m.dequeue_count for body, m in again.items()} == {"taken": 2, "postponed": 2, "waiting": 1}


def test_recovery_makes_the_receipts_of_the_dead_void(queue):
    queue.send("features", ["x"])
    [message] = queue.receive("features", limit=1, visibility_s=600)
    queue.recover()

    assert queue.complete(message) is False
    assert queue.recover() == 0


def test_a_message_is_visible_exactly_when_its_time_has_come(queue):
    clock = SettableClock(datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC))  # 1700000000.123: not exact as float
    queue = SqliteEventQueue(database=queue._database, clock=clock)
    queue.send("features", ["x"], delay_s=30)
    clock.advance(29.999)
    assert queue.peek("features", limit=1) == []
    clock.advance(0.001)

    assert len(queue.peek("features", limit=1)) == 1


def test_redelivered_messages_take_their_turn_among_new_ones(queue, clock):
    queue.send("features", ["old"])
    queue.receive("features", limit=1, visibility_s=5)
    clock.advance(10)
    queue.send("features", ["new"])

    assert [m.body for m in queue.receive("features", limit=1, visibility_s=5)] == ["old"]


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_a_delay_that_is_none_is_refused(queue, seconds):
    with pytest.raises(BadInput, match="delay"):
        queue.send("features", ["x"], delay_s=seconds)
    assert queue.depth("features").messages == 0


@pytest.mark.parametrize("name", ["-features", "features-", "fea--tures"])
def test_names_that_queue_storage_refuses_are_refused_here(queue, name):
    with pytest.raises(BadInput):
        queue.send(name, ["x"])


def test_a_body_with_half_a_surrogate_pair_is_refused(queue):
    with pytest.raises(BadInput, match="Unicode"):
        queue.send("features", ["fine", "\ud83d"])
    assert queue.depth("features").messages == 0


def test_receiving_and_depth_are_ranges_of_an_index(queue, queues_db):
    queue.send("features", [str(n) for n in range(50)])
    queue.send("other", ["x"])

    for call in (lambda: queue.receive("features", limit=5, visibility_s=5), lambda: queue.depth("features")):
        assert reads_only_what_it_returns(plan(queues_db, call))


def test_an_idle_poll_does_not_wait_for_a_writer(queue, queues_db):
    with queues_db._writing:
        assert queue.receive("features", limit=5, visibility_s=5) == []


def test_eight_threads_sending_two_hundred_times_each_lose_nothing(queue):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: queue.send("features", [str(n)]), range(1_600)))

    assert queue.depth("features").messages == 1_600
    bodies = set()
    while batch := queue.receive("features", limit=200, visibility_s=600):
        bodies.update(m.body for m in batch)
    assert bodies == {str(n) for n in range(1_600)}


WORKER = """
import sys
from pathlib import Path
from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.adapters.local.sqlite_event_queue import SqliteEventQueue
from lib.adapters.local.sqlite_schema import QUEUES
from lib.adapters.local.system_clock import SystemClock

queue = SqliteEventQueue(database=SqliteDatabase(Path(sys.argv[1]), migrations=QUEUES), clock=SystemClock())
print("ready", flush=True)
sys.stdin.readline()
while batch := queue.receive("features", limit=3, visibility_s=600):
    for message in batch:
        if queue.complete(message):
            print(message.body)
"""


def test_processes_share_the_work_without_doing_any_of_it_twice(tmp_path):
    path = tmp_path / "q.db"
    database = SqliteDatabase(path, migrations=QUEUES)
    queue = SqliteEventQueue(database=database, clock=SettableClock(datetime(2024, 1, 1, tzinfo=UTC)))
    queue.send("features", [str(n) for n in range(600)])
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    done = [worker.communicate(timeout=60)[0].split() for worker in workers]

    assert sorted(int(body) for bodies in done for body in bodies) == list(range(600))
    assert queue.depth("features").messages == 0
    database.close()
