"""Answers are proven, or refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lib import composition
from lib.domain.answers import Answer, Citation
from lib.domain.features import Snapshot
from lib.errors import Gone, NotFound
from lib.pipelines.answers import give_feedback, read_answer
from lib.pipelines.ask import ask
from lib.pipelines.documents import read_snapshot
from lib.pipelines.push import PushedDocument, publish, withdraw
from lib.ports.chat_model import REFUSAL, ChatDelta, ChatRequest, ModelFacts
from tests.workbench import READER, Workbench

PUSH = "sources:\n  - id: notes\n    kind: push\n"
TEXT = "# Leave\n\nEvery parent may take 16 weeks of paid leave. A manager signs the request within five days."


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    workbench = Workbench(tmp_path, PUSH)
    push(workbench, TEXT)
    workbench.settle()
    yield workbench
    workbench.close()


def push(bench: Workbench, text: str) -> None:
    source = bench.sources.get("notes")
    assert source
    document = PushedDocument(title="Parental leave", text=text, url="https://intranet.example/leave")
    publish(document, source=source, key="leave", receiver=bench.receiver())


class Scripted:
    """A chat model that says what it is told."""

    facts = ModelFacts(id="scripted", extractive=False, note="", prompt_version="t")

    def __init__(self, text: str) -> None:
        self.text = text
        self.requests: list[ChatRequest] = []

    def stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        self.requests.append(request)
        yield ChatDelta(text=self.text)
        yield ChatDelta(text="", prompt_tokens=11, completion_tokens=7, finish="stop")


def answer_of(text: str, question: str = "How long is parental leave?") -> Answer:
    asker = replace(composition.asker(), chat=Scripted(text))
    *_, answer = ask(question, caller=READER, conversation_id="", source_ids=None, asker=asker)
    assert isinstance(answer, Answer)
    return answer


def opened(citation: Citation) -> Snapshot:
    """The stored version that a citation names."""
    name, version = citation.document_id, citation.document_version
    return read_snapshot(name, version=version, cleaner=None, caller=READER, library=composition.library())


def test_the_embedded_model_quotes_and_cites_the_exact_span(bench: Workbench) -> None:
    answer = bench.ask("How many weeks of leave may a parent take?")

    assert "16 weeks" in answer.text
    [citation, *_] = answer.citations
    snapshot = opened(citation)
    assert snapshot.text[citation.start : citation.end] == citation.quote
    assert "16 weeks" in citation.quote


def test_what_no_document_says_is_refused(bench: Workbench) -> None:
    answer = bench.ask("What is the boiling point of tungsten?")

    assert (answer.refused, answer.text, answer.citations) == (True, REFUSAL, ())


def test_nothing_indexed_is_a_refusal_too(tmp_path: Path) -> None:
    empty = Workbench(tmp_path / "empty")

    assert empty.ask("Anything?").refused
    empty.close()


def test_a_claim_the_passage_does_not_hold_is_taken_out(bench: Workbench) -> None:
    answer = answer_of("Parents take 16 weeks of paid leave [1]. They also get 900 euros [1].")

    assert answer.text == "Parents take 16 weeks of paid leave [1]."


def test_a_model_that_cites_nothing_is_refused(bench: Workbench) -> None:
    assert answer_of("Sixteen weeks, trust me.").refused


def test_a_marker_without_a_passage_proves_nothing(bench: Workbench) -> None:
    assert answer_of("Parents take 16 weeks of paid leave [9].").refused


def test_usage_is_counted(bench: Workbench) -> None:
    answer = answer_of("Parents take 16 weeks of paid leave [1].")

    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 7)
    assert answer.usage.embedding_tokens > 0
    assert bench.adapters.meter.read(("chat_prompt_tokens",))["chat_prompt_tokens"].total == 11


def test_a_deleted_document_turns_the_answer_into_a_refusal_at_once(bench: Workbench) -> None:
    answer = bench.ask("How many weeks of leave may a parent take?")
    source = bench.sources.get("notes")
    assert source
    withdraw(source, "leave", receiver=bench.receiver())

    assert bench.ask("How many weeks of leave may a parent take?").refused
    bench.settle()
    [citation, *_] = answer.citations
    with pytest.raises(Gone):
        opened(citation)


def test_a_citation_still_opens_after_the_document_changed(bench: Workbench) -> None:
    [citation, *_] = bench.ask("How many weeks of leave may a parent take?").citations
    push(bench, TEXT.replace("16", "20"))
    bench.settle()

    snapshot = opened(citation)

    assert snapshot.text[citation.start : citation.end] == citation.quote
    assert "20 weeks" in bench.ask("How many weeks of leave may a parent take?").text


def test_the_ledger_replays_an_answer_without_its_content(bench: Workbench) -> None:
    answer = bench.ask("How many weeks of leave may a parent take?")
    a = bench.adapters

    replayed = read_answer(answer.answer_id, caller=READER, ledger=a.ledger, documents=a.documents)

    assert replayed["lineage"][0]["source_id"] == "notes"
    assert replayed["model"] == "extractive-1"
    assert "question" not in replayed
    assert "weeks of leave" not in str(replayed)
    with pytest.raises(NotFound):
        stranger = replace(READER, id="stranger", roles=frozenset())
        read_answer(answer.answer_id, caller=stranger, ledger=a.ledger, documents=a.documents)


def test_feedback_needs_an_answer_of_ones_own(bench: Workbench) -> None:
    answer = bench.ask("How many weeks of leave may a parent take?")
    a = bench.adapters
    ports = {"conversations": a.conversations, "ledger": a.ledger, "clock": a.clock}

    give_feedback(answer.answer_id, feedback="up", comment="", caller=READER, **ports)
    with pytest.raises(NotFound):
        stranger = replace(READER, id="stranger")
        give_feedback(answer.answer_id, feedback="up", comment="", caller=stranger, **ports)
    replayed = read_answer(answer.answer_id, caller=READER, ledger=a.ledger, documents=a.documents)
    assert [entry["feedback"] for entry in replayed["feedback"]] == ["up"]


def test_a_conversation_goes_on_for_its_owner(bench: Workbench) -> None:
    first = bench.ask("How many weeks of leave may a parent take?")
    scripted = Scripted("A manager signs the request within five days [1].")
    asker = replace(composition.asker(), chat=scripted)

    list(ask("Who signs?", caller=READER, conversation_id=first.conversation_id, source_ids=None, asker=asker))

    assert [turn.question for turn in scripted.requests[0].history] == ["How many weeks of leave may a parent take?"]
