"""The models that the stand-in has deployed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """A deployed embedding model."""

    name: str
    dimensions: int
    max_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A deployed chat model."""

    name: str
    context_tokens: int


EMBEDDING = Embedding(name="all-MiniLM-L6-v2", dimensions=384, max_tokens=254)
CHAT = Chat(name="extractive", context_tokens=128_000)
