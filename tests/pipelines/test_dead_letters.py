"""What keeps failing is kept with its reason, and can be replayed."""

from dataclasses import replace
from typing import Any

import pytest

from lib import composition
from lib.domain.messages import BuildMessage, parse_build
from lib.errors import NotFound, Unreachable
from lib.pipelines.admin import Administrator, replay_dead_letters
from lib.pipelines.build import MOST_ATTEMPTS
from lib.pipelines.dead_letters import DIED, letter_id, record_failure, replay, set_aside
from tests.doubles import failing
from tests.workbench import READER, Workbench

BODY = BuildMessage(document_id="d" + "0" * 32, version=3).to_json()


def put_aside(bench: Workbench, body: bytes) -> None:
    a = bench.adapters
    set_aside(body, queue="features", letters=a.dead_letters, events=a.queue, clock=a.clock)


def test_the_reason_that_was_recorded_is_joined(bench: Workbench) -> None:
    a = bench.adapters
    error = ValueError("page 7 is upside down")
    record_failure(BODY.encode(), error, queue="features", attempt=5, letters=a.dead_letters, clock=a.clock)
    assert a.dead_letters.count() == 0

    put_aside(bench, BODY.encode())

    [letter] = a.dead_letters.list()
    assert (letter.reason, letter.attempts) == ("ValueError: page 7 is upside down", 5)


def test_without_a_reason_it_says_that_the_process_died(bench: Workbench) -> None:
    put_aside(bench, BODY.encode())

    assert bench.adapters.dead_letters.list()[0].reason == DIED


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"not json", b'{"schema": 9}', b"[]", b"x" * 60_000])
def test_any_body_is_kept(bench: Workbench, body: bytes) -> None:
    put_aside(bench, body)

    assert bench.adapters.dead_letters.count() == 1


def test_a_replayed_letter_goes_back_to_its_queue(bench: Workbench) -> None:
    a = bench.adapters
    put_aside(bench, BODY.encode())

    count = replay([letter_id("features", BODY)], letters=a.dead_letters, events=a.queue)

    assert (count, a.dead_letters.count()) == (1, 0)
    assert [message.body for message in a.queue.receive("features", limit=5, visibility_s=1)] == [BODY]


def test_replaying_an_unknown_letter_sends_nothing(bench: Workbench) -> None:
    a = bench.adapters
    put_aside(bench, BODY.encode())

    with pytest.raises(NotFound, match="nope"):
        replay([letter_id("features", BODY), "nope"], letters=a.dead_letters, events=a.queue)

    assert a.queue.depth("features").messages == 0


def test_a_store_that_does_not_answer_sends_the_message_back_to_the_poison_queue(bench: Workbench) -> None:
    a = bench.adapters
    broken = failing(a.dead_letters, "save", error=Unreachable("gone"))

    set_aside(BODY.encode(), queue="features", letters=broken, events=a.queue, clock=a.clock)

    assert a.queue.depth("features-poison").messages == 1


def test_a_failure_is_recorded_before_it_is_raised_and_forgotten_when_a_later_try_works(bench: Workbench) -> None:
    key = letter_id("features", BODY)
    with pytest.raises(RuntimeError), composition.failures(queue="features", body=BODY.encode(), attempt=1):
        raise RuntimeError("no")
    assert bench.adapters.dead_letters.get([key])[key].reason == "RuntimeError: no"

    with composition.failures(queue="features", body=BODY.encode(), attempt=2):
        pass

    assert bench.adapters.dead_letters.get([key]) == {}


def test_a_replayed_build_may_be_put_off_as_often_again(bench: Workbench) -> None:
    a = bench.adapters
    body = BuildMessage(document_id="d" + "0" * 32, version=3, attempts=MOST_ATTEMPTS).to_json()
    set_aside(body.encode(), queue="features", letters=a.dead_letters, events=a.queue, clock=a.clock)
    replay([letter_id("features", body)], letters=a.dead_letters, events=a.queue)
    [message] = a.queue.receive("features", limit=1, visibility_s=1)
    assert parse_build(message.body).attempts == 0


def test_replaying_all_ends_though_everything_fails_at_once(bench: Workbench) -> None:
    a = bench.adapters
    body = BuildMessage(document_id="d" + "0" * 32, version=3).to_json()
    set_aside(body.encode(), queue="features", letters=a.dead_letters, events=a.queue, clock=a.clock)

    class Hopeless:
        sent = 0

        def send(self, queue: str, bodies: list[str], *, delay_s: float = 0) -> None:
            Hopeless.sent += 1
            assert Hopeless.sent < 5

    class Letters:
        def __getattr__(self, name: str) -> Any:
            return getattr(a.dead_letters, name)

        def remove(self, ids: list[str]) -> None:
            a.dead_letters.remove(ids)
            set_aside(body.encode(), queue="features", letters=a.dead_letters, events=a.queue, clock=a.clock)

    builder = replace(composition.builder(), queue=Hopeless(), letters=Letters())  # type: ignore[arg-type]
    administrator = Administrator(builder=builder, publisher=composition.publisher(), held=a.held)
    n = replay_dead_letters([], caller=READER, administrator=administrator)
    assert n == 1
