"""One trace shows a document's way from the crawl that saw it to the index, and says nothing of its text."""

import json
from types import SimpleNamespace

import azure.functions as func
import pytest
from opentelemetry import trace

from blueprints import collect, features, relay
from lib import composition
from lib.adapters.azure.cosmos_units import RequestUnits
from lib.adapters.observed.build import observed
from lib.adapters.observed.models import Prices
from lib.domain.changes import change_to_item
from lib.pipelines.documents import retire
from lib.ports.chat_model import ChatRequest, Passage
from lib.telemetry.invocations import invocation
from tests.site import Site
from tests.workbench import Workbench, website

SECRET = "The vault of Quillhaven opens with the word zibeline."
QUESTION = "Which word opens the vault of Quillhaven?"


def _context(name, host=""):
    return SimpleNamespace(function_name=name, trace_context=SimpleNamespace(trace_parent=host))


@pytest.fixture
def site():
    with Site({"/": f"<html><head><title>Vault</title></head><body><p>{SECRET}</p></body></html>"}) as running:
        yield running


class Observed(Workbench):
    """A workbench whose adapters are observed, driven through the app's own functions."""

    keep_content = False

    def open(self):
        super().open()
        self.raw = self.adapters
        prices = Prices(embedding=2, prompt=3, completion=4)
        self.adapters = observed(self.raw, prices=prices, keep_content=self.keep_content)
        composition.configure(self.settings, adapters=self.adapters)
        self.sources_in_use = self.sources

    def deliver(self, queue, function, name, host=""):
        for message in self.raw.queue.receive(queue, limit=32, visibility_s=300):
            function(func.QueueMessage(id=message.id, body=message.body.encode()), _context(name, host))
            self.raw.queue.complete(message)

    def feed(self):
        page = self.raw.feed.read(self.cursor)
        self.cursor = page.cursor
        items = func.DocumentList(func.Document.from_dict(change_to_item(change)) for change in page.changes)
        relay.relay_changes(items, _context("relay_changes"))


@pytest.fixture
def bench(tmp_path, site, monkeypatch):
    workbench = Observed(tmp_path, website(site.url))
    monkeypatch.setattr(composition, "sources", lambda: workbench.sources)
    yield workbench
    workbench.close()


def _follow(bench):
    collect.crawl_due_sources(None, _context("crawl_due_sources"))
    bench.deliver("crawl", collect.crawl_slice, "crawl_slice")
    bench.feed()
    bench.deliver("features", features.build_features, "build_features")


def test_one_trace_shows_crawl_to_index(bench, telemetry):
    _follow(bench)

    crawl, build = telemetry.span("crawl_due_sources"), telemetry.span("build_features")
    [put] = [span for span in telemetry.spans("documents.put") if span.attributes["plumbline.items"]]
    [upsert] = telemetry.spans("upsert chunks-")
    assert {span.context.trace_id for span in (put, build, upsert)} == {crawl.context.trace_id}
    assert build.parent.span_id == put.context.span_id
    assert telemetry.span("relay_changes").links[0].context.span_id == put.context.span_id
    assert telemetry.span("embeddings ").parent.span_id == build.context.span_id


def test_a_tombstone_carries_the_trace_that_wrote_it_not_the_one_of_the_page(bench, telemetry):
    _follow(bench)
    [change] = [c for c in bench.raw.feed.read("").changes if c.kind == "document"]
    telemetry.spans_kept.clear()
    with invocation("withdraw", "http"):
        retire([change.document_id], publisher=composition.publisher())
    bench.feed()

    [message] = bench.raw.queue.receive("features", limit=9, visibility_s=60)
    written = telemetry.span("documents.put")
    assert json.loads(message.body)["traceparent"].split("-")[2] == trace.format_span_id(written.context.span_id)


def test_a_message_that_is_put_off_stays_in_its_trace(bench, telemetry):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    body = {"schema": 1, "document_id": "d" + "0" * 32, "version": 1, "traceparent": parent}
    bench.raw.queue.send("features", [json.dumps(body)])

    bench.deliver("features", features.build_features, "build_features", host=parent.replace("b7ad", "aaaa"))

    span = telemetry.span("build_features")
    assert trace.format_trace_id(span.context.trace_id) == "0af7651916cd43dd8448eb211c80319c"
    assert trace.format_span_id(span.links[0].context.span_id) == "aaaa6b7169203331"
    assert bench.raw.queue.depth("features").messages == 1
    assert telemetry.span("send features").attributes["messaging.batch.message_count"] == 1


def test_a_message_without_a_trace_joins_that_of_its_sender(bench, telemetry):
    with invocation("push", "http") as span:
        bench.adapters.queue.send("features", ['{"schema":1,"text":"Grüße","traceparent":""}', "no json"])

    bodies = {message.body for message in bench.raw.queue.receive("features", limit=5, visibility_s=60)}
    sent = telemetry.span("send features")
    carried = f"00-{trace.format_trace_id(span.get_span_context().trace_id)}-"
    assert bodies == {
        f'{{"schema":1,"text":"Grüße","traceparent":"{carried}{trace.format_span_id(sent.context.span_id)}-03"}}',
        "no json",
    }


def test_outside_an_invocation_there_are_no_spans_and_nothing_is_stamped(bench, telemetry):
    bench.adapters.queue.send("features", ['{"traceparent":""}'])
    [message] = bench.adapters.queue.receive("features", limit=1, visibility_s=60)

    assert message.body == '{"traceparent":""}'
    assert telemetry.spans() == []


def test_what_is_told_has_no_text_no_question_and_no_answer(bench, telemetry):
    _follow(bench)
    with invocation("http", "http"):
        answer = bench.ask(QUESTION)

    told = telemetry.everything()
    assert "zibeline" in answer.text
    assert telemetry.spans("chat ")
    for planted in ("zibeline", "Quillhaven"):
        assert planted not in told


def test_the_content_switch_puts_question_and_answer_on_the_chat_span(tmp_path, site, telemetry, monkeypatch):
    class WithContent(Observed):
        keep_content = True

    bench = WithContent(tmp_path, website(site.url))
    monkeypatch.setattr(composition, "sources", lambda: bench.sources)
    _follow(bench)
    with invocation("http", "http"):
        bench.ask(QUESTION)
    bench.close()

    [chat] = telemetry.spans("chat ")
    assert "Quillhaven" in chat.attributes["gen_ai.input.messages"]
    assert "zibeline" in chat.attributes["gen_ai.output.messages"]


def test_models_are_told_in_the_words_of_the_conventions_with_tokens_and_money(bench, telemetry):
    before = telemetry.total("plumbline.cost"), telemetry.total("gen_ai.client.token.usage")
    _follow(bench)
    with invocation("http", "http"):
        bench.ask(QUESTION)

    [chat] = telemetry.spans("chat ")
    embeddings = telemetry.spans("embeddings ")
    model = bench.raw.chat.facts.id
    assert chat.name == f"chat {model}"
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.provider.name"] == chat.attributes["gen_ai.system"] == "plumbline"
    assert chat.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    tokens = sum(span.attributes["gen_ai.usage.input_tokens"] for span in embeddings)
    prompt, completion = (chat.attributes[f"gen_ai.usage.{kind}_tokens"] for kind in ("input", "output"))
    assert tokens
    assert telemetry.total("gen_ai.client.token.usage") - before[1] == tokens + prompt + completion
    cost = (2 * tokens + 3 * prompt + 4 * completion) / 1_000_000
    assert telemetry.total("plumbline.cost") - before[0] == pytest.approx(cost)


def test_what_the_meter_records_is_a_metric_too(bench, telemetry):
    _follow(bench)

    assert sum(point.count for point in telemetry.points("plumbline.freshness"))
    assert bench.adapters.meter.read(("freshness_s",))["freshness_s"].count == 1


def test_an_error_is_told_by_its_type_and_counted(bench, telemetry):
    before = telemetry.total("plumbline.errors", error__type="BadInput")
    with pytest.raises(Exception, match="queue name"), invocation("push", "http", attempt=2):
        bench.adapters.queue.send("Bad Name", ["x"])

    failed = telemetry.span("send Bad Name")
    assert failed.attributes["error.type"] == "BadInput"
    assert not failed.status.is_ok
    assert failed.events == ()
    assert telemetry.span("push").attributes["error.type"] == "BadInput"
    assert telemetry.total("plumbline.errors", error__type="BadInput") == before + 1
    assert telemetry.total("plumbline.retries", faas__name="push")


def test_an_answer_that_nobody_reads_to_its_end_ends_its_span(bench, telemetry):
    _follow(bench)
    with invocation("http", "http"):
        pieces = bench.adapters.chat.stream(_request())
        next(pieces)
        pieces.close()

    assert len(telemetry.spans("chat ")) == 1


def _request():
    return ChatRequest(question=QUESTION, passages=(Passage(marker=1, title="", heading="", text=SECRET, score=0.6),))


def test_what_is_no_operation_passes_through(bench):
    assert bench.adapters.index.visibility_delay_s == bench.raw.index.visibility_delay_s
    assert bench.adapters.wanted_embedder().dimensions == 384


def test_request_units_are_a_metric_by_operation(telemetry):
    RequestUnits().add("documents.put", 12.5)

    assert telemetry.total("plumbline.cosmos.request_units", plumbline__operation="documents.put") == 12.5
