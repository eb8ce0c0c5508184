"""The extractive model keeps the contract of chat models."""

import pytest

from lib.adapters.local.extractive_chat_model import ExtractiveChatModel
from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from tests.contracts.chat_model import ChatModelContract


@pytest.fixture(scope="module")
def extractive():
    return ExtractiveChatModel(embedder=MiniLmEmbedder())


class TestExtractiveChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, extractive):
        return extractive

    def test_its_answers_are_quotes_and_cost_nothing(self, model):
        assert model.facts.extractive
        assert model.facts.note
