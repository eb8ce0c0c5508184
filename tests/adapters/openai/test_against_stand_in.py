"""The embedder and the chat model against the stand-in of Azure OpenAI, with tokens of its identity."""

import time

import pytest

from lib.adapters.azure.identity import token_provider
from lib.adapters.openai.clients import openai_client
from lib.adapters.openai.openai_chat_model import OpenAIChatModel
from lib.adapters.openai.openai_embedder import OpenAIEmbedder
from lib.errors import ContentFiltered, Permanent, Throttled, Unreachable
from lib.ports.chat_model import REFUSAL, ChatRequest, Passage
from tests.contracts.chat_model import ChatModelContract
from tests.contracts.embedder import EmbedderContract

REQUEST = ChatRequest(
    question="How many cranes does the harbour have?",
    passages=(
        Passage(marker=4, title="Harbour", heading="", text="The harbour has nine cranes, it is said.", score=0.6),
    ),
)

pytestmark = pytest.mark.loopback


class TestOpenAIEmbedder(EmbedderContract):
    @pytest.fixture(params=[0, 128])
    def embedder(self, client, request):
        return OpenAIEmbedder(client, model="all-MiniLM-L6-v2", dimensions=request.param, max_tokens=254)


class TestOpenAIChatModel(ChatModelContract):
    @pytest.fixture
    def model(self, client):
        return OpenAIChatModel(client, model="extractive")


def fault(kind, **more):
    return {"service": "openai", "kind": kind, **more}


def text_of(deltas):
    return "".join(delta.text for delta in deltas)


@pytest.mark.parametrize(("asked", "expected"), [(0.3, 1.0), (30, 30), (600, 600)])
def test_throttled_passages_go_back_at_once(embedder, stand_ins, asked, expected):
    stand_ins.set_faults([fault("throttle", retry_after_s=asked)])
    started = time.monotonic()

    with pytest.raises(Throttled) as caught:
        embedder.embed(["Tea."], purpose="passage")

    assert caught.value.retry_after_s == expected
    assert stand_ins.faults()[0]["hits"] == 1
    assert time.monotonic() - started < 5


def test_a_query_waits_for_a_short_pause_and_not_for_a_long_one(embedder, model, stand_ins):
    stand_ins.set_faults([fault("throttle", retry_after_s=0.2, times=1)])
    assert embedder.embed(["Tea?"], purpose="query").vectors.shape == (1, 384)
    stand_ins.set_faults([fault("throttle", retry_after_s=0.2, times=1)])
    assert "nine" in text_of(model.stream(REQUEST))

    stand_ins.set_faults([fault("throttle", retry_after_s=90)])
    with pytest.raises(Throttled, match="throttled"):
        embedder.embed(["Tea?"], purpose="query")
    with pytest.raises(Throttled):
        list(model.stream(REQUEST))
    assert stand_ins.faults()[0]["hits"] == 2


@pytest.mark.parametrize("kind", ["unavailable", "reset", "lost_answer"])
def test_a_service_that_fails_is_unreachable(embedder, model, stand_ins, kind):
    stand_ins.set_faults([fault(kind)])

    with pytest.raises(Unreachable, match="embedding model"):
        embedder.embed(["Tea."], purpose="passage")
    with pytest.raises(Unreachable, match="chat model"):
        list(model.stream(REQUEST))


def test_a_slow_service_is_not_waited_for(stand_ins, credential):
    stand_ins.set_faults([fault("slow", delay_s=3)])
    endpoint = stand_ins.environment["EMBEDDING_ENDPOINT"]
    with openai_client(endpoint, token_provider(credential), timeout_s=0.3, retries=0) as client:
        slow = OpenAIEmbedder(client, model="all-MiniLM-L6-v2", dimensions=384, max_tokens=254)
        with pytest.raises(Unreachable):
            slow.embed(["Tea."], purpose="passage")


@pytest.mark.parametrize("kind", ["stream_error", "cut_stream"])
def test_a_stream_that_breaks_is_unreachable(model, stand_ins, kind):
    stand_ins.set_faults([fault(kind)])
    seen = []

    with pytest.raises(Unreachable):
        seen.extend(model.stream(REQUEST))
    assert text_of(seen)


def test_a_text_that_the_filter_blocks_is_named_without_its_words(embedder, stand_ins):
    stand_ins.set_faults([fault("content_filter", text="forbidden")])

    with pytest.raises(ContentFiltered, match="content filter") as caught:
        embedder.embed(["Tea.", "a forbidden text"], purpose="passage")

    assert "forbidden" not in str(caught.value)
    assert embedder.embed(["Tea."], purpose="passage").tokens > 0


def test_a_blocked_prompt_is_a_filtered_refusal(model, stand_ins):
    stand_ins.set_faults([fault("content_filter", text="nine cranes")])
    found = list(model.stream(REQUEST))

    assert (text_of(found), found[-1].finish) == (REFUSAL, "filtered")


def test_a_blocked_answer_ends_as_filtered(model, stand_ins):
    stand_ins.set_faults([fault("content_filter_output", text="nine")])
    found = list(model.stream(REQUEST))

    assert found[-1].finish == "filtered"
    assert "[4]" not in text_of(found)
    assert found[-1].prompt_tokens > 20


def test_an_answer_that_is_cut_says_so(model, stand_ins):
    stand_ins.set_faults([fault("length")])

    assert list(model.stream(REQUEST))[-1].finish == "length"


def test_usage_is_reported(model):
    last = list(model.stream(REQUEST))[-1]

    assert (last.prompt_tokens > 100, last.completion_tokens > 5) == (True, True)


def test_an_unknown_deployment_is_permanent(client):
    with pytest.raises(Permanent, match="DeploymentNotFound"):
        list(OpenAIChatModel(client, model="gpt-9").stream(REQUEST))


def test_a_token_for_something_else_names_role_and_scope(stand_ins, credential):
    token = token_provider(credential, scope="https://search.azure.com/.default")
    with openai_client(stand_ins.environment["CHAT_ENDPOINT"], token, timeout_s=60, retries=0) as client:
        stranger = OpenAIChatModel(client, model="extractive")
        with pytest.raises(Permanent, match=r"Cognitive Services OpenAI User.*scope"):
            list(stranger.stream(REQUEST))


def test_a_failing_identity_is_not_taken_for_a_failing_model(stand_ins, credential, embedder):
    stand_ins.set_faults([{"service": "identity", "kind": "reset"}])

    with pytest.raises(Unreachable, match="source of tokens"):
        embedder.embed(["Tea."], purpose="passage")


def test_many_texts_of_any_length_fit_the_service(embedder):
    texts = [f"{n} {'crane ' * (n % 12)}" for n in range(300)]
    found = embedder.embed(texts, purpose="passage")
    few = embedder.embed(texts[254:258], purpose="query")

    assert abs(found.vectors[254:258] - few.vectors).max() < 1e-5
