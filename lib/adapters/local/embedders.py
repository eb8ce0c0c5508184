"""Which embedder a recipe needs: the embedded model, or an OpenAI-compatible endpoint."""

import threading
from collections.abc import Callable, Sequence

from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from lib.domain.features import Recipe
from lib.errors import ModelAltered, ModelMissing, NotConfigured
from lib.ports.chat_model import ChatModel
from lib.ports.embedder import Embedder
from lib.settings import Settings


class Embedders:
    """
    Built once each, at first use: the one that the settings ask for, and MiniLM for feature sets made with it.

    token: gives bearer tokens for endpoints that are given no key.
    """

    def __init__(self, settings: Settings, *, token: Callable[[], str] | None = None) -> None:
        self._settings = settings
        self.token = token
        self._lock = threading.Lock()
        self._minilm: MiniLmEmbedder | None = None
        self._wanted: Embedder | None = None

    def wanted(self) -> Embedder:
        """The embedder that the settings ask for."""
        if not self._settings.embedding_endpoint:
            return self.minilm()
        tokenizer = self._tokenizer()
        with self._lock:
            if self._wanted is None:
                from lib.adapters.openai.clients import openai_embedder  # a heavy import, rarely used

                self._wanted = openai_embedder(self._settings, token=self.token, tokenizer=tokenizer)
            return self._wanted

    def _tokenizer(self) -> Callable[[Sequence[str]], list[int]] | None:
        """MiniLM's, if that is the model at the endpoint and its files are installed here too."""
        minilm = self.minilm()
        if self._settings.embedding_model.rpartition("/")[2] != minilm.model:
            return None
        try:
            minilm.count_tokens([""])
        except (ModelMissing, ModelAltered):
            return None
        return minilm.count_tokens

    def minilm(self) -> MiniLmEmbedder:
        """The embedded model."""
        with self._lock:
            if self._minilm is None:
                self._minilm = MiniLmEmbedder()
            return self._minilm

    def for_recipe(self, recipe: Recipe) -> Embedder:
        """The embedder of a recipe. Raises: NotConfigured if the settings name another one."""
        for embedder in (self.wanted(), self.minilm()):
            if embedder.model == recipe.embedder and embedder.dimensions == recipe.dimensions:
                return embedder
        raise NotConfigured(
            f"a feature set was made with the embedder {recipe.embedder!r} ({recipe.dimensions} dimensions), which the "
            "settings do not name any more: set EMBEDDING_ENDPOINT and EMBEDDING_MODEL back, or promote another set"
        )


def chat_model(settings: Settings, embedders: Embedders) -> ChatModel:
    """The chat model that the settings ask for."""
    if settings.chat_endpoint:
        from lib.adapters.openai.clients import openai_chat_model  # a heavy import, rarely used

        return openai_chat_model(settings, token=embedders.token)
    from lib.adapters.local.extractive_chat_model import ExtractiveChatModel

    return ExtractiveChatModel(embedder=embedders.minilm())
