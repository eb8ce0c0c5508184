"""Embeddings from any OpenAI-compatible endpoint."""

import threading
from collections.abc import Sequence

import numpy as np
import openai

from lib.adapters.openai.errors import translated
from lib.domain.vectors import Vectors
from lib.errors import DimensionMismatch
from lib.ports.embedder import Embedding, Purpose

MOST_TEXTS = 256
MOST_TOKENS = 100_000
"""Bounds of one request; services allow more texts (2,048) and tokens (300,000), but smaller ones fail cheaper."""


class OpenAIEmbedder:
    """
    Batches by count and tokens, and checks what comes back.

    Tokens are counted by a bound: no tokenizer gives more than one token for each UTF-8 byte, and English text has
    about four bytes to a token; the bound used here is a token for every two bytes of ASCII, else for every byte.
    """

    def __init__(self, client: openai.OpenAI, *, model: str, dimensions: int, max_tokens: int) -> None:
        self._client, self._name, self._asked = client, model, dimensions
        self._max_tokens = max_tokens
        self._known = dimensions
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """The model's name, with the asked length if there is one."""
        return f"{self._name}@{self._asked}" if self._asked else self._name

    @property
    def dimensions(self) -> int:
        """As set, or learnt by embedding one word once."""
        with self._lock:
            if not self._known:
                self._known = len(self._request(["dimensions"])[0][0])
            return self._known

    @property
    def max_tokens(self) -> int:
        """As set."""
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """An upper bound from the length in UTF-8."""
        return [_bound(text) for text in texts]

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Embedding:
        """One request per batch, in order."""
        rows: list[Vectors] = []
        tokens = 0
        for batch in _batches(texts):
            vectors, used = self._request(batch)
            if vectors.shape[1] != self.dimensions:
                raise DimensionMismatch(
                    f"{self._name!r} gave {vectors.shape[1]} dimensions, not {self.dimensions}: "
                    "set EMBEDDING_DIMENSIONS to what the model gives"
                )
            rows.append(vectors)
            tokens += used
        if not rows:
            return Embedding(vectors=np.zeros((0, self.dimensions), dtype=np.float32), tokens=0)
        return Embedding(vectors=np.concatenate(rows), tokens=tokens)

    def _request(self, texts: Sequence[str]) -> tuple[Vectors, int]:
        sent = [text if text.strip() else " ." for text in texts]  # services refuse empty inputs
        options = {"dimensions": self._asked} if self._asked else {}
        with translated("the embedding model", str(self._client.base_url)):
            response = self._client.embeddings.create(
                model=self._name,
                input=list(sent),
                encoding_format="float",
                **options,  # type: ignore[arg-type]
            )
        ordered = sorted(response.data, key=lambda item: item.index)
        if len(ordered) != len(texts):
            raise DimensionMismatch(f"{self._name!r} gave {len(ordered)} vectors for {len(texts)} texts")
        vectors = np.asarray([item.embedding for item in ordered], dtype=np.float32)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        usage = getattr(response, "usage", None)  # some servers leave it out
        used = usage.prompt_tokens if usage else sum(map(_bound, texts))
        return vectors / np.maximum(norms, 1e-12), used


def _bound(text: str) -> int:
    size = len(text.encode("utf-8", "replace"))
    return (len(text) + 1) // 2 if size == len(text) else size


def _batches(texts: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    tokens = 0
    for text in texts:
        size = _bound(text)
        if not batches or len(batches[-1]) >= MOST_TEXTS or tokens + size > MOST_TOKENS:
            batches.append([])
            tokens = 0
        batches[-1].append(text)
        tokens += size
    return batches
