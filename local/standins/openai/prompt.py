"""Reading a prompt: the question and the passages that `lib.domain.prompts` wrote, or plain texts."""

import re
from typing import Any

from lib.ports.chat_model import ChatRequest, Passage
from local.standins.openai.refusals import invalid

_PASSAGE = re.compile(r"^\[(\d+)\] ([^\n]*)\n<<<\n(.*?)\n>>>$", re.DOTALL | re.MULTILINE)
_SCORE = 0.4
"""A prompt does not say how well its passages support an answer: as much as those that just do."""
_ROLES = {"system", "developer", "user", "assistant"}


def contents(messages: Any) -> list[tuple[str, str]]:
    """The messages as (role, text). Raises: Refused if they are none, or hold more than text."""
    if not isinstance(messages, list) or not messages:
        raise invalid("'messages' must be a list that is not empty", param="messages")
    return [(_role(message), _text(message)) for message in messages]


def read(messages: list[tuple[str, str]]) -> ChatRequest:
    """
    The question of the last message, with its passages under their markers.

    A prompt without passages gives its paragraphs as passages, the first of them as the question too.
    """
    text = messages[-1][1]
    found = list(_PASSAGE.finditer(text))
    if found:
        passages = [Passage(marker=int(m[1]), title=m[2], heading="", text=m[3], score=_SCORE) for m in found]
        return ChatRequest(
            question=text[found[-1].end() :].strip().removeprefix("Question: "), passages=tuple(passages)
        )
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()] or [text]
    passages = [
        Passage(marker=n, title="", heading="", text=part, score=_SCORE) for n, part in enumerate(paragraphs, 1)
    ]
    return ChatRequest(question=paragraphs[0], passages=tuple(passages))


def has_passages(messages: list[tuple[str, str]]) -> bool:
    """Whether the last message holds passages between their marks."""
    return _PASSAGE.search(messages[-1][1]) is not None


def _role(message: Any) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in _ROLES:
        raise invalid(f"'messages[].role' must be one of {sorted(_ROLES)}", param="messages")
    return str(role)


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part["text"]) for part in content if isinstance(part, dict) and "text" in part)
    if not isinstance(content, str):
        raise invalid("'messages[].content' must be text", param="messages")
    return content
