"""The stand-in of Azure OpenAI, through the SDK and on the wire."""

import base64

import numpy as np
import openai
import pytest
import requests
from azure.identity import get_bearer_token_provider

from lib.domain.prompts import messages
from lib.ports.chat_model import REFUSAL
from local.standins.openai.embeddings import MOST_INPUTS, MOST_TOKENS

PASSAGES = [
    (3, "Harbour", "Cranes", "The harbour has nine cranes. Each lifts forty tonnes."),
    (5, "Harbour", "Lighthouse", "The lighthouse is 42 metres tall."),
]


def prompt(question):
    return messages(question=question, passages=PASSAGES, history=[("Hello?", "Hello [1].")], refusal=REFUSAL)


@pytest.fixture
def client(stand_ins, credential):
    token = get_bearer_token_provider(credential, "https://ai.azure.com/.default")
    with openai.OpenAI(base_url=f"{stand_ins.url}/openai/v1/", api_key=token, max_retries=0) as made:
        yield made


@pytest.fixture
def post(stand_ins, credential):
    token = credential.get_token("https://ai.azure.com/.default").token

    def send(path, **more):
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(f"{stand_ins.url}/openai/v1/{path}", headers=headers, timeout=60, **more)

    return send


def test_vectors_mean_something_and_come_as_base64_or_numbers(client, post):
    texts = ["a harbour for ships", "where boats land", "a recipe for soup"]
    data = client.embeddings.create(model="all-MiniLM-L6-v2", input=texts).data
    vectors = np.array([item.embedding for item in data])
    raw = post("embeddings", json={"model": "all-MiniLM-L6-v2", "input": texts[0], "encoding_format": "base64"}).json()
    plain = post("embeddings", json={"model": "all-MiniLM-L6-v2", "input": texts[0]}).json()

    assert vectors.shape == (3, 384)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert np.frombuffer(base64.b64decode(raw["data"][0]["embedding"]), "<f4") == pytest.approx(vectors[0], abs=1e-5)
    assert plain["data"][0]["embedding"] == pytest.approx(vectors[0], abs=1e-5)
    assert plain["usage"]["prompt_tokens"] == 4


def test_shorter_vectors_are_the_beginning_of_unit_length(client):
    whole, short = (
        np.array(client.embeddings.create(model="all-MiniLM-L6-v2", input="tea", **more).data[0].embedding)
        for more in ({}, {"dimensions": 100})
    )

    assert short == pytest.approx(whole[:100] / np.linalg.norm(whole[:100]), abs=1e-6)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"input": ["x"] * (MOST_INPUTS + 1)}, "at most 2048 inputs"),
        ({"input": ["tea " * 200] * (MOST_TOKENS // 200 + 1)}, "max 300000 tokens per request"),
        ({"input": "tea " * 255}, "maximum context length is 254 tokens, however you requested 255"),
        ({"input": "x", "dimensions": 385}, "from 1 to 384"),
        ({"input": "x", "dimensions": 0}, "from 1 to 384"),
        ({"input": ""}, "not empty"),
        ({"input": []}, "not empty"),
        ({"input": ["x", ""]}, "not empty"),
        ({"input": [[1, 2]]}, "no tokens"),
    ],
)
def test_what_the_service_refuses_is_refused(client, more, words):
    with pytest.raises(openai.BadRequestError, match=words):
        client.embeddings.create(model="all-MiniLM-L6-v2", **more)


def test_the_most_inputs_are_taken(client):
    assert len(client.embeddings.create(model="all-MiniLM-L6-v2", input=["x"] * MOST_INPUTS).data) == MOST_INPUTS


@pytest.mark.parametrize("path", ["embeddings", "chat/completions"])
def test_a_body_that_is_none_is_refused(post, path):
    assert [post(path, data=body).status_code for body in ("{", "[]")] == [400, 400]
    unknown = post(path, json={"model": "gpt-9", "input": "x", "messages": [{"role": "user", "content": "x"}]})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "DeploymentNotFound")


def test_it_answers_from_the_passages_under_their_markers(client):
    found = client.chat.completions.create(model="extractive", messages=prompt("How many cranes are in the harbour?"))

    assert found.choices[0].message.content == "The harbour has nine cranes. [3]"
    assert found.choices[0].finish_reason == "stop"
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens > 100


def test_it_refuses_what_the_passages_do_not_say(client):
    for asked in (prompt("Who won the chess championship?"), [{"role": "user", "content": "Say hello."}]):
        found = client.chat.completions.create(model="extractive", messages=asked)

        assert found.choices[0].message.content == REFUSAL


@pytest.mark.parametrize("usage", [True, False])
def test_a_stream_has_the_same_words_and_usage_if_asked(client, usage):
    asked = prompt("How tall is the lighthouse?")
    whole = client.chat.completions.create(model="extractive", messages=asked)
    events = list(
        client.chat.completions.create(
            model="extractive", messages=asked, stream=True, stream_options={"include_usage": usage}
        )
    )
    choices = [choice for event in events for choice in event.choices]

    assert "".join(choice.delta.content or "" for choice in choices) == whole.choices[0].message.content
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    assert [event.usage for event in events if event.usage] == ([whole.usage] if usage else [])
    assert events[0].choices == []


def test_an_answer_ends_where_its_tokens_end(client):
    found = client.chat.completions.create(
        model="extractive", messages=prompt("How tall is the lighthouse?"), max_completion_tokens=4
    )

    assert found.choices[0].finish_reason == "length"
    assert found.usage.completion_tokens <= 4


def test_a_filtered_prompt_has_the_shape_of_azure(client, stand_ins):
    stand_ins.set_faults([{"service": "openai", "kind": "content_filter", "text": "lighthouse"}])
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="extractive", messages=prompt("How tall is it?"))

    assert caught.value.code == "content_filter"
    assert caught.value.body["innererror"]["code"] == "ResponsibleAIPolicyViolation"


def test_what_it_does_not_know_is_refused(client):
    for more in ({"n": 2}, {"tools": [{"type": "function", "function": {"name": "f"}}]}):
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(model="extractive", messages=prompt("x"), **more)
