"""`POST /openai/v1/chat/completions`: the extractive model behind the wire format of Azure OpenAI."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lib.adapters.local.extractive_chat_model import ExtractiveChatModel
from lib.domain.sentences import sentences
from lib.ports.chat_model import REFUSAL
from local.standins.openai import prompt
from local.standins.openai.deployments import CHAT
from local.standins.openai.refusals import filtered, invalid, not_deployed
from local.standins.openai.state import OpenAIState
from local.standins.openai.structured import Filler, strict_schema

REFUSED = "I'm sorry, but I cannot assist with that request."
UNSUPPORTED = ("tools", "functions", "audio", "prediction")
_PIECE = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One answer, before it is written to the wire."""

    id: str
    created: int
    text: str
    refusal: str | None
    finish: str
    prompt_tokens: int
    completion_tokens: int

    @property
    def usage(self) -> dict[str, int]:
        """Tokens as the service reports them."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }


def complete(state: OpenAIState, body: dict[str, Any]) -> Completion:
    """Answer one request. Raises: Refused as the service would."""
    if body.get("model") != CHAT.name:
        raise not_deployed(body.get("model"))
    for name in UNSUPPORTED:
        if body.get(name):
            raise invalid(f"the stand-in does not know {name!r}", param=name)
    if body.get("n", 1) != 1:
        raise invalid("the stand-in gives one choice", param="n")
    messages = prompt.contents(body.get("messages"))
    prompt_tokens = sum(count + 3 for count in state.embedder.count_tokens([text for _, text in messages])) + 3
    if prompt_tokens > CHAT.context_tokens:
        raise invalid(
            f"This model's maximum context length is {CHAT.context_tokens} tokens. However, your messages resulted in "
            f"{prompt_tokens} tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        )
    if any(state.faults.draw("openai", "content_filter", text=text) for _, text in messages):
        raise filtered()
    text, refusal, finish = _outcome(state, body, messages)
    return Completion(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        created=int(time.time()),
        text=text,
        refusal=refusal,
        finish=finish,
        prompt_tokens=prompt_tokens,
        completion_tokens=state.embedder.count_tokens([text])[0],
    )


def _outcome(state: OpenAIState, body: dict[str, Any], messages: list[tuple[str, str]]) -> tuple[str, str | None, str]:
    """Text, refusal and finish reason."""
    given = body.get("response_format") or {"type": "text"}
    if given.get("type") == "text":
        text = _answer(state, messages)
    else:
        text = _structured(state, given, messages)
        if state.faults.draw("openai", "refusal"):
            return "", REFUSED, "stop"
    if state.faults.draw("openai", "content_filter_output", text=text):
        return text[: len(text) // 2], None, "content_filter"
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    if state.faults.draw("openai", "length"):
        limit = 1
    if limit is not None:
        pieces = _PIECE.findall(text)
        kept = _PIECE.findall(text)
        while kept and state.embedder.count_tokens(["".join(kept)])[0] > limit:
            kept.pop()
        if len(kept) < len(pieces):
            return "".join(kept), None, "length"
    return text, None, "stop"


def _answer(state: OpenAIState, messages: list[tuple[str, str]]) -> str:
    if not prompt.has_passages(messages):
        return REFUSAL
    model = ExtractiveChatModel(embedder=state.embedder)
    return "".join(delta.text for delta in model.stream(prompt.read(messages)))


def _structured(state: OpenAIState, given: dict[str, Any], messages: list[tuple[str, str]]) -> str:
    schema = strict_schema(given)
    request = prompt.read(messages)
    found = [
        " ".join(passage.text[start:end].split())
        for passage in request.passages
        for start, end in sentences(passage.text)
    ]
    answer = _answer(state, messages)
    filler = Filler(
        schema,
        embedder=state.embedder,
        question=request.question,
        sentences=[sentence for sentence in found if sentence],
        support=answer != REFUSAL,
    )
    return json.dumps(filler.fill(schema), ensure_ascii=False)


def as_json(found: Completion) -> dict[str, Any]:
    """The answer in one piece."""
    message = {"role": "assistant", "content": found.text or None, "refusal": found.refusal}
    return {
        "id": found.id,
        "object": "chat.completion",
        "created": found.created,
        "model": CHAT.name,
        "choices": [{"index": 0, "message": message, "finish_reason": found.finish}],
        "usage": found.usage,
    }


def as_events(found: Completion, *, usage: bool) -> Iterator[str]:
    """The answer as server-sent events, a word at a time; the first has no choice, as on Azure."""
    head = {"id": found.id, "object": "chat.completion.chunk", "created": found.created, "model": CHAT.name}
    yield _event({**head, "id": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]})
    yield _event({**head, "choices": [_choice({"role": "assistant", "content": ""})]})
    if found.refusal:
        yield _event({**head, "choices": [_choice({"refusal": found.refusal})]})
    for piece in _PIECE.findall(found.text):
        yield _event({**head, "choices": [_choice({"content": piece})]})
    yield _event({**head, "choices": [_choice({}, found.finish)]})
    if usage:
        yield _event({**head, "choices": [], "usage": found.usage})
    yield "data: [DONE]\n\n"


def _choice(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _event(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body)}\n\n"
