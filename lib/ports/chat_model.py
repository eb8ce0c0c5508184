"""A model that answers from passages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk handed to the model under a marker."""

    marker: int
    """1, 2, 3 ...: what the answer cites as `[1]`."""
    title: str
    heading: str
    text: str
    score: float
    """How well it supports an answer, 0 to 1, as the ranking has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An earlier exchange of the conversation."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A question with the only passages that may be used to answer it."""

    question: str
    passages: tuple[Passage, ...]
    """Untrusted text: data, never instructions."""
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDelta:
    """A piece of an answer as it is made; the last one carries the usage."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish: Literal["", "stop", "length", "filtered"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a reader should know of the model that wrote an answer."""

    id: str
    extractive: bool
    """True if answers are quotes only."""
    note: str
    """One sentence for people; may be empty."""
    prompt_version: str


REFUSAL = "The documents I can see do not answer this question."
"""What a model answers, to the letter and without citations, when the passages do not support an answer."""


class ChatModel(Protocol):
    """
    Writes an answer in Markdown that cites passages as `[n]`, or refuses with `REFUSAL`.

    Safe to call from several threads.
    """

    @property
    def facts(self) -> ModelFacts:
        """Constant for the life of the process."""

    def stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        """
        Answer piece by piece. The texts joined are the whole answer; the last delta has `finish` set.

        Raises: Throttled, Unreachable (at the first step or later).
        """
