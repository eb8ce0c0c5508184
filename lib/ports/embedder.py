"""Texts to vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lib.domain.vectors import Vectors

Purpose = Literal["query", "passage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """What one call gave and what it cost."""

    vectors: Vectors
    """float32, shape (number of texts, dimensions), each of unit length, in the order of the texts."""
    tokens: int
    """Tokens processed, as the model counts (or bills) them."""


class Embedder(Protocol):
    """
    One embedding model.

    Safe to call from several threads. The same text gives the same vector, whatever else is in the batch
    (within 1e-5). A text longer than `max_tokens` is embedded as far as the limit: chunk below it.
    """

    @property
    def model(self) -> str:
        """A stable id of model and pre-processing: equal ids mean interchangeable vectors."""

    @property
    def dimensions(self) -> int:
        """Length of every vector."""

    @property
    def max_tokens(self) -> int:
        """The longest text that is embedded whole, in tokens, special tokens not counted."""

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Embedding:
        """
        Embed texts, in order.

        Empty: no texts give an array of shape (0, dimensions) and 0 tokens.
        Raises: Throttled (with retry_after_s), Unreachable, DimensionMismatch.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text without special tokens: exact where the tokenizer is known, else an upper bound."""
