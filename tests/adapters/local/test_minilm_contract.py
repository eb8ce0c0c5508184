"""MiniLM keeps the contract of embedders."""

import pytest

from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from tests.contracts.embedder import EmbedderContract


@pytest.fixture(scope="module")
def minilm():
    return MiniLmEmbedder()


class TestMiniLmEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, minilm):
        return minilm
