import asyncio
import contextlib
import json
import threading
import time

import pytest
from starlette.requests import ClientDisconnect

from lib.api.app import create_app
from lib.api.ask import preferred
from lib.api.problems import ProblemError
from lib.errors import NotYet
from tests.api.conftest import connect, problem, server_sent
from tests.api.in_memory import make_api, raising
from tests.api.made_up import ANSWER, DENIAL, REFUSED, TOMBSTONE

EVENTS = {"accept": "text/event-stream"}


def test_ask_answers_as_the_design_says(client):
    body = client.post("/api/ask", json={"question": "What happens to a deleted page?"}).json()

    assert {"answer_id", "answer", "citations", "refused", "usage", "took_ms"} <= set(body)
    assert body["answer"] == ANSWER.text
    assert body["extractive"]
    assert (body["model"], body["note"]) == (ANSWER.model, ANSWER.note)
    assert body["usage"] == {"embedding_tokens": 9, "prompt_tokens": 0, "completion_tokens": 0}
    assert [citation["marker"] for citation in body["citations"]] == [1, 2]
    assert {"url", "title", "quote", "document_id", "document_version", "start", "end", "fetched_at"} <= set(
        body["citations"][0]
    )


def test_each_marker_of_the_html_leads_to_its_quote(client):
    body = client.post("/api/ask", json={"question": "deleted?"}).json()

    for citation in body["citations"]:
        link = (
            f"/#/documents/{citation['document_id']}?version={citation['document_version']}"
            f"&amp;start={citation['start']}&amp;end={citation['end']}"
        )
        assert f'href="{link}"' in body["answer_html"]
    assert "[1]" not in body["answer_html"]


def test_a_refusal_has_no_citations(client):
    body = client.post("/api/ask", json={"question": "How far is the moon?"}).json()

    assert body["refused"]
    assert body["citations"] == []
    assert body["answer"] == REFUSED.text


def test_a_conversation_is_started_and_gone_on_with(client, state):
    first = client.post("/api/ask", json={"question": "one"}).json()["conversation_id"]
    second = client.post("/api/ask", json={"question": "two", "conversation_id": first}).json()["conversation_id"]

    assert first == second == state.asked[1]["conversation_id"]
    assert len(first) > 8


@pytest.mark.parametrize("conversation", ["short", "x" * 65, "has space", "../../etc", ""])
def test_a_conversation_id_of_another_form_is_refused(client, conversation):
    found = problem(client.post("/api/ask", json={"question": "x", "conversation_id": conversation}))

    assert found["errors"][0]["field"] == "conversation_id"


def test_an_unknown_source_is_refused_before_anything_is_asked(client, state):
    found = problem(client.post("/api/ask", json={"question": "x", "source_ids": ["nope"]}, headers=EVENTS))

    assert found["slug"] == "unknown-source"
    assert state.asked == []


def test_the_stream_is_deltas_then_citations_then_the_whole(client):
    response = client.post("/api/ask", json={"question": "deleted?"}, headers=EVENTS)
    events = server_sent(response.text)
    names = [name for name, _ in events]

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store, no-transform"
    assert names == ["delta"] * (len(names) - 2) + ["citations", "done"]
    assert "".join(json.loads(data)["text"] for name, data in events if name == "delta") == ANSWER.text
    whole = json.loads(events[-1][1])
    assert json.loads(events[-2][1]) == {"citations": whole["citations"]}
    assert whole["answer"] == ANSWER.text
    assert [citation["quote"] for citation in whole["citations"]] == [TOMBSTONE, DENIAL]


def test_the_stream_and_the_json_say_the_same(client):
    body = {"question": "deleted?", "conversation_id": "c0123456789"}
    streamed = json.loads(server_sent(client.post("/api/ask", json=body, headers=EVENTS).text)[-1][1])

    assert streamed == client.post("/api/ask", json=body).json()


def test_line_ends_of_every_kind_stay_inside_their_event(state):
    text = "one\r\ntwo\rthree\u2028four\x85five\n\nsix"
    answer = ANSWER.__class__(**{name: getattr(ANSWER, name) for name in ANSWER.__slots__} | {"text": text})
    client = connect(make_api(state, ask=lambda *_, **__: iter([text, answer])))
    raw = client.post("/api/ask", json={"question": "x"}, headers=EVENTS).content
    blocks = raw.split(b"\n\n")[:-1]

    assert len(blocks) == 3
    assert json.loads(blocks[0].split(b"\n")[1].removeprefix(b"data: ")) == {"text": text}
    assert b"\r" not in raw


def test_an_error_on_the_way_is_the_last_event(client):
    response = client.post("/api/ask", json={"question": "broken"}, headers=EVENTS)
    events = server_sent(response.text)

    assert [name for name, _ in events] == ["delta", "error"]
    found = json.loads(events[-1][1])
    assert (found["status"], found["trace_id"]) == (500, response.headers["x-request-id"])
    assert "secret" not in response.text


def test_a_transient_error_says_so_in_both_forms(state):
    client = connect(make_api(state, ask=raising_iterator(NotYet("not visible yet"))))
    streamed = server_sent(client.post("/api/ask", json={"question": "x"}, headers=EVENTS).text)

    assert json.loads(streamed[-1][1])["type"] == "/api/docs#problem-try-again"
    assert problem(client.post("/api/ask", json={"question": "x"}))["status"] == 503


def raising_iterator(error):
    def ask(*_, **__):
        yield from ()
        raise error

    return ask


def test_an_error_before_the_stream_has_a_status(state):
    client = connect(make_api(state, ask=raising(NotYet("not visible yet"))))

    assert problem(client.post("/api/ask", json={"question": "x"}, headers=EVENTS))["status"] == 503


def test_silence_is_filled_with_comments(state):
    state.pause_s = 0.02
    client = connect(make_api(state, heartbeat_s=0.005))
    names = [name for name, _ in server_sent(client.post("/api/ask", json={"question": "x"}, headers=EVENTS).text)]

    assert ":" in names
    assert names[-1] == "done"


def test_no_comments_while_words_come(client):
    text = client.post("/api/ask", json={"question": "x"}, headers=EVENTS).text

    assert not text.startswith(":")
    assert "\n:" not in text


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("*/*", "application/json"),
        ("", None),
        ("application/json", "application/json"),
        ("text/event-stream", "text/event-stream"),
        ("text/event-stream, */*", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("application/json, text/event-stream", "application/json"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
        ("text/event-stream;q=0, */*", "application/json"),
        ("text/event-stream;q=0.1, */*;q=0.9", "application/json"),
        ("Text/Event-Stream ; Q=1", "text/event-stream"),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=abc", None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
    ],
)
def test_content_negotiation(accept, wanted):
    if wanted is None:
        with pytest.raises(ProblemError):
            preferred(accept)
    else:
        assert preferred(accept) == wanted


def test_a_format_that_is_not_there_is_a_problem(client, state):
    found = problem(client.post("/api/ask", json={"question": "x"}, headers={"accept": "text/html"}))

    assert (found["status"], found["slug"]) == (406, "not-acceptable")
    assert state.asked == []


def test_a_reader_who_goes_away_ends_the_work(state):
    """The iterator is closed, and nothing is left running, whether the server tells us by message or by error."""
    for spec in ("2.3", "2.4"):
        closed = threading.Event()
        steps = []

        def ask(*_, _steps=steps, _closed=closed, **__):
            try:
                while True:
                    time.sleep(0.005)
                    _steps.append(1)
                    yield "word "
            finally:
                _closed.set()

        asyncio.run(asyncio.wait_for(_ask_and_leave(make_api(state, ask=ask), spec), timeout=5))

        assert closed.is_set()
        done = len(steps)
        time.sleep(0.03)
        assert len(steps) == done


async def _ask_and_leave(api, spec: str) -> None:
    body = json.dumps({"question": "x"}).encode()
    sent = 0
    left = asyncio.Event()
    requested = False

    async def receive():
        nonlocal requested
        if not requested:
            requested = True
            return {"type": "http.request", "body": body, "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        nonlocal sent
        if message["type"] == "http.response.body":
            sent += 1
            if sent == 3:
                left.set()
                if spec == "2.4":
                    raise OSError("gone")

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"accept", b"text/event-stream")]
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": spec}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/api/ask", "raw_path": b"/api/ask", "query_string": b"", "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 7071), "state": {},
    }  # fmt: skip
    with contextlib.suppress(ClientDisconnect):  # the server would log it; here only the work behind it counts
        await create_app(api)(scope, receive, send)
