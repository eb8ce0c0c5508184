"""Clients for OpenAI-compatible endpoints, from the settings."""

import openai

from lib.adapters.openai.openai_chat_model import OpenAIChatModel
from lib.adapters.openai.openai_embedder import OpenAIEmbedder
from lib.settings import Settings


def openai_embedder(settings: Settings) -> OpenAIEmbedder:
    """The embedder at EMBEDDING_ENDPOINT. No retries of its own: throttled work goes back to the queue (rule 6)."""
    key = settings.embedding_api_key.get_secret_value()
    return OpenAIEmbedder(
        _client(settings.embedding_endpoint, key, settings.model_timeout_s, retries=0),
        model=settings.embedding_model,
        dimensions=settings.embedding_dimensions,
        max_tokens=settings.embedding_max_tokens,
    )


def openai_chat_model(settings: Settings) -> OpenAIChatModel:
    """The chat model at CHAT_ENDPOINT; one retry, since somebody is waiting."""
    key = settings.chat_api_key.get_secret_value()
    client = _client(settings.chat_endpoint, key, settings.model_timeout_s, retries=1)
    return OpenAIChatModel(client, model=settings.chat_model)


def _client(endpoint: str, key: str, timeout_s: float, *, retries: int) -> openai.OpenAI:
    return openai.OpenAI(base_url=endpoint, api_key=key or "none", timeout=timeout_s, max_retries=retries)
