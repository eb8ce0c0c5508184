"""Answers from any OpenAI-compatible endpoint, and from Azure OpenAI."""

from collections.abc import Iterator
from typing import Any, Literal

import openai

from lib.adapters.openai.errors import translated
from lib.domain.prompts import PROMPT_VERSION, messages
from lib.errors import ContentFiltered, Permanent, Unreachable
from lib.ports.chat_model import REFUSAL, ChatDelta, ChatRequest, ModelFacts

_FINISHES: dict[str, Literal["length", "filtered"]] = {"length": "length", "content_filter": "filtered"}


class OpenAIChatModel:
    """
    Streams a chat completion.

    Where a content filter, or the model itself, lets nothing through, the answer is the refusal of the port; if the
    filter did it, of the prompt or of the answer, `finish` is `filtered`.
    """

    def __init__(self, client: openai.OpenAI, *, model: str) -> None:
        self._client, self._name = client, model

    @property
    def facts(self) -> ModelFacts:
        """Constant."""
        return ModelFacts(id=self._name, extractive=False, note="", prompt_version=PROMPT_VERSION)

    def stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        """Pieces as the model writes them; the last delta carries the usage the service reports (0 if it does not)."""
        wrote = False
        try:
            for delta in self._stream(request):
                wrote = wrote or bool(delta.text)
                yield delta
        except ContentFiltered:
            yield ChatDelta(text="" if wrote else REFUSAL, finish="filtered")

    def _stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        prompt: Any = messages(
            question=request.question,
            passages=[(p.marker, p.title, p.heading, p.text) for p in request.passages],
            history=[(turn.question, turn.answer) for turn in request.history],
            refusal=REFUSAL,
        )
        prompt_tokens = completion_tokens = 0
        endpoint = str(self._client.base_url)
        finish, wrote = "", False
        with translated("the chat model", endpoint):
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
                            wrote = True
                            yield ChatDelta(text=choice.delta.content)
        if not finish and wrote:
            raise Unreachable(f"the chat model at {endpoint} broke off before the end of its answer")
        if not finish:
            raise Permanent(
                f"the chat model at {endpoint} sent no stream: is the URL that of an OpenAI-compatible API?"
            )
        yield ChatDelta(
            text="" if wrote else REFUSAL,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            finish=_FINISHES.get(finish, "stop"),
        )
