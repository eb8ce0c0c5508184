"""OpenAI-compatible endpoints on loopback."""

import pytest

from lib.adapters.azure.identity import token_provider
from lib.adapters.openai.clients import openai_client
from lib.adapters.openai.openai_chat_model import OpenAIChatModel
from lib.adapters.openai.openai_embedder import OpenAIEmbedder
from tests.on_loopback import azure_environment, credential, no_faults_left, stand_ins

__all__ = ["azure_environment", "credential", "no_faults_left", "stand_ins"]


@pytest.fixture
def client(stand_ins, credential):
    """Azure OpenAI's stand-in, with tokens of its identity."""
    endpoint = stand_ins.environment["EMBEDDING_ENDPOINT"]
    with openai_client(endpoint, token_provider(credential), timeout_s=60, retries=1) as made:
        yield made


@pytest.fixture
def embedder(client):
    return OpenAIEmbedder(client, model="all-MiniLM-L6-v2", dimensions=384, max_tokens=254)


@pytest.fixture
def model(client):
    return OpenAIChatModel(client, model="extractive")
