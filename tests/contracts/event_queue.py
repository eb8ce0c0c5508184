"""What every EventQueue keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.domain.times import parse_iso
from lib.errors import BadInput
from lib.ports.event_queue import MAX_BODY_BYTES, Depth, EventQueue

BAD_NAMES = ["", "ab", "x" * 64, "Features", "under_score", "with space", "dot.dot", "naïve", "../etc"]


class EventQueueContract:
    @pytest.fixture
    def queue(self) -> EventQueue:
        """Queues without messages."""
        raise NotImplementedError

    def advance(self, seconds: float) -> None:
        """Let time go by for the queue: set its clock, or wait."""
        raise NotImplementedError

    def test_a_sent_message_is_received(self, queue):
        queue.send("features", ['{"n": 1, "text": "Grüße \U0001f30d\\n"}'])

        [message] = queue.receive("features", limit=5, visibility_s=30)

        assert message.body == '{"n": 1, "text": "Grüße \U0001f30d\\n"}'
        assert (message.queue, message.dequeue_count) == ("features", 1)
        assert message.id
        assert message.receipt
        assert parse_iso(message.inserted_at).tzinfo

    def test_a_received_message_is_hidden(self, queue):
        queue.send("features", ["x"])
        queue.receive("features", limit=5, visibility_s=30)

        assert queue.receive("features", limit=5, visibility_s=30) == []
        assert queue.peek("features", limit=5) == []

    def test_a_message_that_is_not_completed_comes_again_and_counts(self, queue):
        queue.send("features", ["x"])
        [first] = queue.receive("features", limit=5, visibility_s=2)
        self.advance(3)

        [second] = queue.receive("features", limit=5, visibility_s=2)

        assert (second.id, second.body, second.dequeue_count) == (first.id, "x", 2)
        assert second.inserted_at == first.inserted_at

    def test_a_completed_message_is_gone(self, queue):
        queue.send("features", ["x"])
        [message] = queue.receive("features", limit=5, visibility_s=1)

        assert queue.complete(message) is True
        self.advance(2)
        assert queue.receive("features", limit=5, visibility_s=1) == []
        assert queue.depth("features") == Depth(messages=0, oldest_s=0)
        assert queue.complete(message) is False

    def test_a_late_receipt_works_until_the_message_is_delivered_again(self, queue):
        queue.send("features", ["x"])
        [message] = queue.receive("features", limit=5, visibility_s=1)
        self.advance(2)

        assert queue.complete(message) is True

    def test_a_new_delivery_makes_the_old_receipt_void(self, queue):
        queue.send("features", ["x"])
        [old] = queue.receive("features", limit=5, visibility_s=1)
        self.advance(2)
        [new] = queue.receive("features", limit=5, visibility_s=30)

        assert queue.complete(old) is False
        assert queue.postpone(old, visibility_s=0) is None
        assert queue.depth("features").messages == 1
        assert queue.complete(new) is True

    def test_postponing_hides_for_longer_and_gives_a_new_receipt(self, queue):
        queue.send("features", ["x"])
        [message] = queue.receive("features", limit=5, visibility_s=2)
        later = queue.postpone(message, visibility_s=30)
        self.advance(3)

        assert queue.receive("features", limit=5, visibility_s=2) == []
        assert (later.id, later.body, later.dequeue_count) == (message.id, "x", 1)
        assert queue.complete(message) is False
        assert queue.complete(later) is True

    def test_postponing_by_nothing_gives_the_message_back_at_once(self, queue):
        queue.send("features", ["x"])
        [message] = queue.receive("features", limit=5, visibility_s=600)
        assert queue.postpone(message, visibility_s=0)

        [again] = queue.receive("features", limit=5, visibility_s=600)

        assert again.dequeue_count == 2

    def test_a_completed_message_cannot_be_postponed(self, queue):
        queue.send("features", ["x"])
        [message] = queue.receive("features", limit=5, visibility_s=600)
        queue.complete(message)

        assert queue.postpone(message, visibility_s=5) is None

    def test_a_delayed_message_waits(self, queue):
        queue.send("features", ["later"], delay_s=2)
        queue.send("features", ["now"])

        assert [m.body for m in queue.receive("features", limit=5, visibility_s=30)] == ["now"]
        self.advance(3)
        assert [m.body for m in queue.receive("features", limit=5, visibility_s=30)] == ["later"]

    def test_peeking_takes_nothing(self, queue):
        queue.send("features", ["x"])

        [seen] = queue.peek("features", limit=5)

        assert (seen.body, seen.receipt, seen.dequeue_count) == ("x", "", 0)
        assert queue.complete(seen) is False
        assert len(queue.receive("features", limit=5, visibility_s=30)) == 1

    def test_depth_counts_what_waits_is_delayed_or_in_flight(self, queue):
        queue.send("features", ["a", "b"])
        self.advance(2)
        queue.send("features", ["c"], delay_s=60)
        queue.receive("features", limit=1, visibility_s=60)

        depth = queue.depth("features")

        assert depth.messages == 3
        assert 1 < depth.oldest_s < 30

    def test_an_unknown_queue_is_empty(self, queue):
        assert queue.depth("nobody-sent-here") == Depth(messages=0, oldest_s=0)
        assert queue.receive("nobody-sent-here", limit=5, visibility_s=30) == []
        assert queue.peek("nobody-sent-here", limit=5) == []

    def test_queues_are_apart(self, queue):
        queue.send("features", ["a"])
        queue.send("features-poison", ["b"])

        assert [m.body for m in queue.receive("features-poison", limit=5, visibility_s=30)] == ["b"]
        assert queue.depth("features").messages == 1

    def test_a_body_of_the_greatest_length_goes_through(self, queue):
        body = "ü" * (MAX_BODY_BYTES // 2)
        queue.send("features", [body])

        assert [m.body for m in queue.receive("features", limit=1, visibility_s=30)] == [body]

    def test_of_a_call_with_a_body_that_is_too_long_nothing_is_sent(self, queue):
        with pytest.raises(BadInput, match="features"):
            queue.send("features", ["fine", "ü" * (MAX_BODY_BYTES // 2) + "x", "fine"])
        assert queue.depth("features").messages == 0

    @pytest.mark.parametrize("name", BAD_NAMES)
    def test_a_bad_name_is_refused_everywhere(self, queue, name):
        calls = [
            lambda: queue.send(name, ["x"]),
            lambda: queue.receive(name, limit=1, visibility_s=1),
            lambda: queue.peek(name, limit=1),
            lambda: queue.depth(name),
        ]
        for call in calls:
            with pytest.raises(BadInput):
                call()

    def test_sending_nothing_is_no_error(self, queue):
        queue.send("features", [])

        assert queue.depth("features").messages == 0

    def test_many_bodies_go_in_one_call_and_come_in_portions(self, queue):
        queue.send("features", [str(n) for n in range(50)])

        portions = [queue.receive("features", limit=16, visibility_s=600) for _ in range(5)]

        assert all(len(portion) <= 16 for portion in portions)
        assert sorted(int(m.body) for portion in portions for m in portion) == list(range(50))

    def test_the_oldest_comes_first(self, queue):
        for body in ("first", "second", "third"):
            queue.send("features", [body])
            self.advance(1)

        assert [m.body for m in queue.receive("features", limit=2, visibility_s=30)] == ["first", "second"]

    def test_no_message_is_given_to_two_receivers_and_none_is_lost(self, queue):
        queue.send("features", [str(n) for n in range(120)])

        def work(_: int) -> list[str]:
            done = []
            while batch := queue.receive("features", limit=3, visibility_s=600):
                done += [m.body for m in batch if queue.complete(m)]
            return done

        with ThreadPoolExecutor(8) as pool:
            bodies = [body for done in pool.map(work, range(8)) for body in done]

        assert sorted(map(int, bodies)) == list(range(120))
        assert queue.depth("features").messages == 0
