"""What every DeadLetters keeps."""

from dataclasses import replace

import pytest

from lib.ports.dead_letters import DeadLetters
from tests.examples import dead_letter


class DeadLettersContract:
    @pytest.fixture
    def letters(self) -> DeadLetters:
        """No letters."""
        raise NotImplementedError

    def test_a_letter_reads_back_as_it_was_saved(self, letters):
        letters.save([dead_letter("a"), dead_letter("b", set_aside=False)])

        assert letters.get(["a", "b", "c"]) == {"a": dead_letter("a"), "b": dead_letter("b", set_aside=False)}
        assert letters.get([]) == {}

    def test_a_save_replaces_the_record_with_the_same_id(self, letters):
        letters.save([dead_letter("a", set_aside=False, attempts=1)])
        letters.save([dead_letter("a", attempts=5)])

        assert letters.get(["a"]) == {"a": dead_letter("a", attempts=5)}
        assert letters.count() == 1

    def test_only_what_is_set_aside_is_listed_and_counted(self, letters):
        letters.save([dead_letter("a"), dead_letter("b", set_aside=False), dead_letter("c", queue="crawl")])

        assert [x.id for x in letters.list()] == ["a", "c"]
        assert letters.count() == 2

    def test_a_list_goes_by_id_in_portions_and_by_queue(self, letters):
        letters.save([dead_letter(name, queue="q-1" if name in "ace" else "q-2") for name in "edcba"])

        assert [x.id for x in letters.list(limit=2)] == ["a", "b"]
        assert [x.id for x in letters.list(after="b", limit=2)] == ["c", "d"]
        assert [x.id for x in letters.list(queue="q-1")] == ["a", "c", "e"]
        assert [x.id for x in letters.list(queue="q-1", after="a", limit=1)] == ["c"]
        assert letters.list(queue="q-3") == []

    def test_a_removed_letter_is_forgotten(self, letters):
        letters.save([dead_letter("a"), dead_letter("b")])
        letters.remove(["a", "never there"])
        letters.remove([])

        assert (letters.get(["a"]), letters.count()) == ({}, 1)

    def test_a_letter_may_go_back_to_being_tried(self, letters):
        letters.save([dead_letter("a")])
        letters.save([replace(dead_letter("a"), set_aside=False)])

        assert (letters.count(), letters.list()) == (0, [])
