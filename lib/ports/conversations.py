"""Chat history and feedback, by owner."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One question with its answer."""

    owner_id: str
    conversation_id: str
    answer_id: str
    question: str
    answer: str
    at: str
    feedback: Literal["", "up", "down"] = ""
    comment: str = ""


class Conversations(Protocol):
    """Exchanges, readable by their owner only."""

    def append(self, exchange: Exchange) -> None:
        """Write an exchange; the same answer id again replaces it."""

    def read(self, owner_id: str, conversation_id: str, *, limit: int) -> list[Exchange]:
        """The newest exchanges of a conversation, oldest of them first; none if it is another owner's."""

    def give_feedback(self, owner_id: str, answer_id: str, *, feedback: Literal["up", "down"], comment: str) -> bool:
        """Keep feedback on an answer; False if the owner has no such answer."""

    def purge(self, *, before: str) -> int:
        """Drop exchanges older than that; returns how many. (Stores with a TTL do it themselves.)"""
