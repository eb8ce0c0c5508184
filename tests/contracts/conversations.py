"""What every Conversations keeps."""

import pytest

from lib.ports.conversations import Conversations
from tests.examples import exchange


class ConversationsContract:
    @pytest.fixture
    def conversations(self) -> Conversations:
        """No exchanges."""
        raise NotImplementedError

    def test_an_exchange_reads_back_as_it_was_appended(self, conversations):
        written = exchange("a1", feedback="down", comment="no")
        conversations.append(written)

        assert conversations.read("ada", "c1", limit=10) == [written]

    def test_the_newest_are_read_oldest_of_them_first(self, conversations):
        for answer, minute in (("a2", 2), ("a1", 1), ("a4", 4), ("a3", 3)):
            conversations.append(exchange(answer, minute))

        assert [x.answer_id for x in conversations.read("ada", "c1", limit=3)] == ["a2", "a3", "a4"]

    def test_another_owner_reads_nothing(self, conversations):
        conversations.append(exchange("a1"))

        assert conversations.read("bob", "c1", limit=10) == []
        assert conversations.read("ada", "c2", limit=10) == []

    def test_the_same_answer_replaces_the_exchange(self, conversations):
        conversations.append(exchange("a1", answer="first"))
        conversations.append(exchange("a1", answer="second"))

        assert [x.answer for x in conversations.read("ada", "c1", limit=10)] == ["second"]

    def test_the_same_answer_id_of_another_owner_is_another_exchange(self, conversations):
        conversations.append(exchange("a1", answer="ada's"))
        conversations.append(exchange("a1", answer="bob's", owner_id="bob"))

        assert [x.answer for x in conversations.read("ada", "c1", limit=10)] == ["ada's"]

    def test_feedback_is_kept_for_the_owners_answer_only(self, conversations):
        conversations.append(exchange("a1"))

        assert conversations.give_feedback("bob", "a1", feedback="down", comment="mine?") is False
        assert conversations.give_feedback("ada", "a9", feedback="up", comment="") is False
        assert conversations.give_feedback("ada", "a1", feedback="up", comment="thanks") is True
        [kept] = conversations.read("ada", "c1", limit=10)
        assert (kept.feedback, kept.comment) == ("up", "thanks")

    def test_a_purge_spares_what_is_younger(self, conversations):
        conversations.append(exchange("a1"))

        assert conversations.purge(before="2001-01-01T00:00:00.000Z") == 0
        assert len(conversations.read("ada", "c1", limit=10)) == 1
