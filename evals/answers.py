"""Are answers right, and are questions refused when the page that answers them is not there?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals.articles import Question
from evals.metrics import contains_answer
from lib.domain.answers import Hit
from lib.domain.citations import ground
from lib.ports.chat_model import ChatModel, ChatRequest, Passage

PASSAGES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one question: 1 or 0 each."""

    answered: float
    right: float
    """Answered, and a cited quote holds an answer."""
    answered_without_page: float
    """Answered although no passage of the page that answers it was offered."""


def ask_all(
    asked: Sequence[Question],
    find: Callable[[str], list[Hit]],
    is_page: Callable[[Hit, Question], bool],
    chat: ChatModel,
) -> list[Outcome]:
    """Ask each question twice: with the best passages, and with those of other pages only."""
    outcomes = []
    for question in asked:
        hits = find(question.question)
        quotes = _quotes(question.question, hits[:PASSAGES], chat)
        others = [hit for hit in hits if not is_page(hit, question)][:PASSAGES]
        outcomes.append(
            Outcome(
                answered=float(bool(quotes)),
                right=float(any(contains_answer(quote, question.answers) for quote in quotes)),
                answered_without_page=float(bool(_quotes(question.question, others, chat))),
            )
        )
    return outcomes


def _quotes(question: str, hits: list[Hit], chat: ChatModel) -> list[str]:
    """The quotes of the answer that the product would give; none if it refuses."""
    passages = tuple(
        Passage(marker=number, title=hit.title, heading=hit.heading, text=hit.text, score=hit.score)
        for number, hit in enumerate(hits, start=1)
    )
    text = "".join(delta.text for delta in chat.stream(ChatRequest(question=question, passages=passages)))
    return [citation.quote for citation in ground(text, hits).citations]
