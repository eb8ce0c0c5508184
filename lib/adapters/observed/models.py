"""Models with telemetry around them, in the words of OpenTelemetry's semantic conventions for generative AI."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind

from lib.adapters.observed.spans import Attribute, Operation, counter, fail, histogram, span, start
from lib.ports.chat_model import ChatDelta, ChatModel, ChatRequest
from lib.ports.embedder import Embedder, Embedding, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a million tokens cost, in whatever currency the operator thinks in; 0: it is not known, or nothing."""

    embedding: float = 0
    prompt: float = 0
    completion: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What every observed model does alike."""

    prices: Prices
    keep_content: bool
    """Questions and answers go on spans."""
    provider: str
    """`gen_ai.provider.name` of models behind an endpoint: `openai`, or `azure.ai.openai`."""


class ObservedEmbedder:
    """An Embedder: a span `embeddings MODEL` for each call inside an invocation; tokens, time and money always."""

    def __init__(self, embedder: Embedder, habits: Habits) -> None:
        self._embedder = embedder
        self._habits = habits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed(self, texts: Sequence[str], *, purpose: Purpose) -> Embedding:
        base = _base("embeddings", self._embedder.model, self._embedder, self._habits)
        extra: dict[str, Attribute] = {
            "gen_ai.embeddings.dimension.count": self._embedder.dimensions,
            "plumbline.items": len(texts),
            "plumbline.purpose": purpose,
        }
        began = time.perf_counter()
        with span(_operation("embedder", "embed", base, extra)) as current:
            result = self._embedder.embed(texts, purpose=purpose)
            current.set_attribute("gen_ai.usage.input_tokens", result.tokens)
        _spent(base, "input", result.tokens, self._habits.prices.embedding)
        histogram("gen_ai.client.operation.duration", "s").record(time.perf_counter() - began, base)
        return result


class ObservedChatModel:
    """A ChatModel: a span `chat MODEL` from the first piece asked for to the last; tokens, time and money always."""

    def __init__(self, chat: ChatModel, habits: Habits) -> None:
        self._chat = chat
        self._habits = habits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chat, name)

    def stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        return self._observed(request, context.get_current())

    def _observed(self, request: ChatRequest, parent: context.Context) -> Iterator[ChatDelta]:
        """The span is never made the current one: each piece may be asked for on another thread."""
        base = _base("chat", self._chat.facts.id, self._chat, self._habits)
        extra: dict[str, Attribute] = {"gen_ai.request.stream": True, "plumbline.passages": len(request.passages)}
        if self._habits.keep_content:
            extra["gen_ai.input.messages"] = _message("user", request.question)
        operation = _operation("chat", "stream", base, extra)
        is_part = trace.get_current_span(parent).is_recording()
        current = start(operation, parent) if is_part else trace.INVALID_SPAN
        began, said = time.perf_counter(), ""
        pieces = self._chat.stream(request)
        try:
            for number, delta in enumerate(pieces):
                if number == 0:
                    first_s = time.perf_counter() - began
                    histogram("gen_ai.client.operation.time_to_first_chunk", "s").record(first_s, base)
                said += delta.text if self._habits.keep_content else ""
                if delta.finish:
                    _spent(base, "input", delta.prompt_tokens, self._habits.prices.prompt)
                    _spent(base, "output", delta.completion_tokens, self._habits.prices.completion)
                    current.set_attribute("gen_ai.usage.input_tokens", delta.prompt_tokens)
                    current.set_attribute("gen_ai.usage.output_tokens", delta.completion_tokens)
                    current.set_attribute("gen_ai.response.finish_reasons", [delta.finish])
                yield delta
        except Exception as error:
            fail(current, operation, error)
            raise
        finally:
            histogram("gen_ai.client.operation.duration", "s").record(time.perf_counter() - began, base)
            if said:
                current.set_attribute("gen_ai.output.messages", _message("assistant", said))
            current.end()
            if close := getattr(pieces, "close", None):
                close()


def _base(operation: str, name: str, model: object, habits: Habits) -> dict[str, Attribute]:
    provider = habits.provider if ".openai" in type(model).__module__ else "plumbline"  # the models in this process
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": name,
        "gen_ai.provider.name": provider,
        "gen_ai.system": provider,  # the older name, by which Application Insights knows such spans
    }


def _operation(port: str, method: str, base: dict[str, Attribute], extra: dict[str, Attribute]) -> Operation:
    name = f"{base['gen_ai.operation.name']} {base['gen_ai.request.model']}"
    return Operation(port=port, method=method, name=name, kind=SpanKind.CLIENT, attributes={**base, **extra})


def _spent(base: dict[str, Attribute], kind: str, tokens: int, price: float) -> None:
    attributes = {**base, "gen_ai.token.type": kind}
    histogram("gen_ai.client.token.usage", "{token}").record(tokens, attributes)
    if price:
        counter("plumbline.cost", "{currency}").add(tokens * price / 1_000_000, attributes)


def _message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}], ensure_ascii=False)
