"""Embeddings from any OpenAI-compatible endpoint, and from Azure OpenAI."""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import openai

from lib.adapters.openai.errors import is_too_long, translated
from lib.domain.token_bound import bound, cut
from lib.domain.vectors import Vectors
from lib.errors import BadInput, DimensionMismatch
from lib.ports.embedder import Embedding, Purpose

MOST_TEXTS = 256
MOST_TOKENS = 100_000
"""Bounds of one request; services allow more texts (2,048) and tokens (300,000), but smaller ones fail cheaper."""
QUERY_RETRIES = 1


class OpenAIEmbedder:
    """
    Batches by count and tokens, and checks what comes back.

    Tokens are counted by the model's tokenizer if it is given, else by `token_bound.bound`. A text above `max_tokens`
    by this count is cut before it is sent; one that the service still finds too long is cut to half of that.
    Passages are not tried again: throttled work goes back to the queue (rule 6). A query is, once.
    Raises, beyond the port: ContentFiltered if the service's content filter blocks a text of the batch.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        *,
        model: str,
        dimensions: int,
        max_tokens: int,
        tokenizer: Callable[[Sequence[str]], list[int]] | None = None,
    ) -> None:
        self._clients: dict[Purpose, openai.OpenAI] = {
            "passage": client.with_options(max_retries=0),
            "query": client.with_options(max_retries=QUERY_RETRIES),
        }
        self._name, self._asked = model, dimensions
        self._max_tokens = max_tokens
        self._tokenizer = tokenizer
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
                self._known = len(self._send(["dimensions"], "passage")[0][0])
            return self._known

    @property
    def max_tokens(self) -> int:
        """As set."""
        return self._max_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Exact with a tokenizer, else an upper bound, see `token_bound.bound`; an empty text is sent as one token."""
        counts = self._tokenizer(texts) if self._tokenizer else map(bound, texts)
        return [max(1, count) for count in counts]

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Embedding:
        """One request per batch, in order."""
        rows: list[Vectors] = []
        tokens = 0
        fitting = zip(texts, self.count_tokens(texts), strict=True)
        for batch in _batches(
            [text if size <= self._max_tokens else cut(text, self._max_tokens) for text, size in fitting]
        ):
            vectors, used = self._embed(batch, purpose)
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

    def _embed(self, texts: Sequence[str], purpose: Purpose) -> tuple[Vectors, int]:
        """Finds the text that is too long for the service by halving, so that no other one is cut because of it."""
        try:
            return self._send(texts, purpose)
        except BadInput as error:
            if not is_too_long(error):
                raise
            if len(texts) == 1:
                return self._send([cut(texts[0], self._max_tokens // 2)], purpose)
        middle = len(texts) // 2
        (first, one), (second, two) = (self._embed(part, purpose) for part in (texts[:middle], texts[middle:]))
        return np.concatenate([first, second]), one + two

    def _send(self, texts: Sequence[str], purpose: Purpose) -> tuple[Vectors, int]:
        client = self._clients[purpose]
        sent = [text if text.strip() else " ." for text in texts]  # services refuse empty inputs
        options = {"dimensions": self._asked} if self._asked else {}
        try:
            with translated("the embedding model", str(client.base_url)):
                response = client.embeddings.create(model=self._name, input=sent, **options)  # type: ignore[arg-type]
                ordered = sorted(response.data, key=lambda item: item.index)
                vectors = np.asarray([item.embedding for item in ordered], dtype=np.float32)
                if vectors.ndim != 2 or not np.isfinite(vectors).all():
                    raise ValueError("no vectors of numbers")
        except (ValueError, TypeError, AttributeError) as error:  # what the SDK makes of answers in another shape
            raise DimensionMismatch(
                f"{self._name!r} at {client.base_url} gave no vectors: is the URL that of an OpenAI-compatible API?"
            ) from error
        if len(ordered) != len(texts):
            raise DimensionMismatch(f"{self._name!r} gave {len(ordered)} vectors for {len(texts)} texts")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        usage = getattr(response, "usage", None)  # some servers leave it out
        used = usage.prompt_tokens if usage else sum(map(bound, texts))
        return vectors / np.maximum(norms, 1e-12), used


def _batches(texts: Sequence[str]) -> list[list[str]]:
    batches: list[list[str]] = []
    tokens = 0
    for text in texts:
        size = bound(text)
        if not batches or len(batches[-1]) >= MOST_TEXTS or tokens + size > MOST_TOKENS:
            batches.append([])
            tokens = 0
        batches[-1].append(text)
        tokens += size
    return batches
