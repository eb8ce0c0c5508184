"""Answers in a given shape, from the stand-in."""

from typing import Literal

import openai
import pytest
from pydantic import BaseModel

from lib.adapters.openai.structured import complete_as
from lib.errors import BadInput, ContentFiltered, Permanent, Throttled


class Claim(BaseModel):
    text: str
    supported: bool


class Verdict(BaseModel):
    """A judge's verdict."""

    topic: Literal["ships and harbours", "cooking"]
    score: float
    claims: list[Claim]
    remark: str | None


class WithDefault(BaseModel):
    text: str = "none"
    count: int


MESSAGES = [
    {"role": "system", "content": "Judge the answer."},
    {"role": "user", "content": "How many cranes has the harbour?\n\nThe harbour has nine cranes. They are old."},
]


def fault(kind, **more):
    return {"service": "openai", "kind": kind, **more}


def test_an_answer_has_the_shape_and_comes_from_the_prompt(client):
    found = complete_as(Verdict, MESSAGES, client=client, model="extractive")

    assert found.value.topic == "ships and harbours"
    assert 0 <= found.value.score <= 1
    assert found.value.claims[0].text in MESSAGES[1]["content"]
    assert (found.prompt_tokens > 10, found.completion_tokens > 10) == (True, True)


def test_the_same_prompt_gives_the_same_answer(client):
    first, second = (complete_as(Verdict, MESSAGES, client=client, model="extractive") for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("kind", "expected", "words"),
    [
        ("refusal", Permanent, "refused to answer as Verdict"),
        ("length", Permanent, "length limit"),
        ("content_filter", ContentFiltered, "what was sent"),
        ("content_filter_output", ContentFiltered, "the answer"),
        ("throttle", Throttled, "throttled"),
    ],
)
def test_what_is_no_answer_has_a_name(client, stand_ins, kind, expected, words):
    stand_ins.set_faults([fault(kind, retry_after_s=30)])

    with pytest.raises(expected, match=words) as caught:
        complete_as(Verdict, MESSAGES, client=client, model="extractive")

    assert type(caught.value) is expected


def test_an_answer_in_another_shape_is_not_repeated(client, monkeypatch):
    class Short(BaseModel):
        text: Literal["x"]

    narrower = Short.model_json_schema()
    narrower["properties"]["text"] = {"type": "string"}
    monkeypatch.setattr(Short, "model_json_schema", lambda *_, **__: narrower)

    with pytest.raises(Permanent, match="another shape than Short") as caught:
        complete_as(Short, MESSAGES, client=client, model="extractive")

    assert caught.value.__cause__ is None
    assert "cranes" not in str(caught.value)


def test_a_schema_that_is_not_strict_is_refused_by_the_service(client):
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": []}
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema}}

    with pytest.raises(openai.BadRequestError, match="strict"):
        client.chat.completions.create(model="extractive", messages=MESSAGES, response_format=wanted)


def test_an_unknown_deployment_is_permanent(client):
    with pytest.raises(Permanent) as caught:
        complete_as(Verdict, MESSAGES, client=client, model="gpt-9")

    assert not isinstance(caught.value, BadInput)
