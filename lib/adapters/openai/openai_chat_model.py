"""Answers from any OpenAI-compatible endpoint."""

from collections.abc import Iterator
from typing import Any

import openai

from lib.adapters.openai.errors import translated
from lib.domain.prompts import PROMPT_VERSION, messages
from lib.errors import BadInput
from lib.ports.chat_model import REFUSAL, ChatDelta, ChatRequest, ModelFacts


class OpenAIChatModel:
    """Streams a chat completion; a content filter's refusal becomes the refusal of the port."""

    def __init__(self, client: openai.OpenAI, *, model: str) -> None:
        self._client, self._name = client, model

    @property
    def facts(self) -> ModelFacts:
        """Constant."""
        return ModelFacts(id=self._name, extractive=False, note="", prompt_version=PROMPT_VERSION)

    def stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        """Pieces as the model writes them; the last delta carries the usage the service reports (0 if it does not)."""
        try:
            yield from self._stream(request)
        except BadInput as error:
            if getattr(error.__cause__, "code", None) != "content_filter":
                raise
            yield ChatDelta(text=REFUSAL, finish="filtered")

    def _stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        prompt: Any = messages(
            question=request.question,
            passages=[(p.marker, p.title, p.heading, p.text) for p in request.passages],
            history=[(turn.question, turn.answer) for turn in request.history],
            refusal=REFUSAL,
        )
        prompt_tokens = completion_tokens = 0
        finish = "stop"
        with translated("the chat model", str(self._client.base_url)):
            stream = self._client.chat.completions.create(
                model=self._name, messages=prompt, stream=True, stream_options={"include_usage": True}
            )
            with stream:
                for event in stream:
                    if event.usage:
                        prompt_tokens, completion_tokens = event.usage.prompt_tokens, event.usage.completion_tokens
                    for choice in event.choices:
                        finish = choice.finish_reason or finish
                        if choice.delta.content:
                            yield ChatDelta(text=choice.delta.content)
        yield ChatDelta(
            text="",
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            finish={"length": "length", "content_filter": "filtered"}.get(finish, "stop"),  # type: ignore[arg-type]
        )
