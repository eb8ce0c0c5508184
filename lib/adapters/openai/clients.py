"""Clients for OpenAI-compatible endpoints, from the settings."""

from collections.abc import Callable, Sequence

import httpx2
import openai

from lib.adapters.openai.errors import retry_after_s
from lib.adapters.openai.openai_chat_model import OpenAIChatModel
from lib.adapters.openai.openai_embedder import OpenAIEmbedder
from lib.settings import Settings

LONGEST_WAIT_S = 2.0
"""A pause asked for by the service up to which a client that may retry waits; above it, the caller hears of it."""

TokenProvider = Callable[[], str]
"""Gives a bearer token that is valid now, and raises errors of ours; called for each request."""


def openai_embedder(
    settings: Settings,
    *,
    token: TokenProvider | None = None,
    tokenizer: Callable[[Sequence[str]], list[int]] | None = None,
) -> OpenAIEmbedder:
    """
    The embedder at EMBEDDING_ENDPOINT; a token provider stands in for a key that is not set.

    tokenizer: counts the model's own tokens, where that is known.
    """
    return OpenAIEmbedder(
        openai_client(
            settings.embedding_endpoint,
            settings.embedding_api_key.get_secret_value() or token or "",
            timeout_s=settings.model_timeout_s,
            retries=0,
        ),
        model=settings.embedding_model,
        dimensions=settings.embedding_dimensions,
        max_tokens=settings.embedding_max_tokens,
        tokenizer=tokenizer,
    )


def openai_chat_model(settings: Settings, *, token: TokenProvider | None = None) -> OpenAIChatModel:
    """The chat model at CHAT_ENDPOINT; one retry, since somebody is waiting."""
    client = openai_client(
        settings.chat_endpoint,
        settings.chat_api_key.get_secret_value() or token or "",
        timeout_s=settings.model_timeout_s,
        retries=1,
    )
    return OpenAIChatModel(client, model=settings.chat_model)


def openai_client(endpoint: str, secret: str | TokenProvider, *, timeout_s: float, retries: int) -> openai.OpenAI:
    """
    A client for one endpoint, safe to use from several threads.

    endpoint: as far as `/v1/`; for Azure OpenAI https://RESOURCE.openai.azure.com/openai/v1/
    secret: a key (empty if the endpoint wants none) or a token provider.
    """
    return openai.OpenAI(
        base_url=endpoint,
        api_key=secret or "none",
        timeout=timeout_s,
        max_retries=retries,
        http_client=openai.DefaultHttpxClient(event_hooks={"response": [_stop_at_long_waits]}),
    )


def _stop_at_long_waits(response: httpx2.Response) -> None:
    """The SDK would sleep up to two minutes."""
    wait = retry_after_s(response.headers)
    if wait is not None and wait > LONGEST_WAIT_S:
        response.headers["x-should-retry"] = "false"
