"""Answers in a given shape, from any endpoint that knows structured output."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import openai
from pydantic import BaseModel, ValidationError

from lib.adapters.openai.errors import translated
from lib.errors import Permanent

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed(Generic[Shape]):
    """An answer and what it cost."""

    value: Shape
    prompt_tokens: int
    completion_tokens: int


def complete_as(
    schema: type[Shape], messages: Sequence[dict[str, str]], *, client: openai.OpenAI, model: str
) -> Completed[Shape]:
    """
    Ask a model for a value of a pydantic model, and check that it is one.

    schema: every field required, no defaults (services demand it of strict schemas). messages: `role` and `content`.
    Raises: ContentFiltered if a filter blocked the prompt or the answer; Permanent if the model refused, reached its
    length limit, or answered in another shape; else as `errors.translated`.
    """
    prompt: Any = list(messages)
    endpoint = str(client.base_url)
    try:
        with translated("the chat model", endpoint):
            answer = client.chat.completions.parse(model=model, messages=prompt, response_format=schema)
    except ValidationError as error:
        places = sorted({".".join(map(str, e["loc"])) for e in error.errors(include_input=False)})
        raise Permanent(  # not from the cause: its message repeats the answer
            f"the chat model {model!r} at {endpoint} answered in another shape than {schema.__name__}: {places}"
        ) from None
    message = answer.choices[0].message if answer.choices else None
    if message is None or message.parsed is None:
        raise Permanent(f"the chat model {model!r} at {endpoint} refused to answer as {schema.__name__}")
    usage = answer.usage
    return Completed(
        value=message.parsed,
        prompt_tokens=usage.prompt_tokens if usage else 0,
        completion_tokens=usage.completion_tokens if usage else 0,
    )
