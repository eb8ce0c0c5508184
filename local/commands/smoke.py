"""`smoke`: prove a deployed app from outside, with a document that is pushed, found, cited and deleted."""

import argparse
import json
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lib.errors import PlumblineError
from local.commands.azure import add_target
from local.remote import Remote, Reply, remote

PAUSE_S = 2.0
_SYLLABLES = ("ba", "dor", "fen", "gri", "kal", "lum", "mor", "nat", "pel", "rus", "tiv", "zan")


class StepFailed(Exception):
    """A step did not go as it should; the message says what the app answered."""


@dataclass(slots=True)
class Probe:
    """A document that nobody else has, and what became of it."""

    source: str
    name: str
    number: int
    key: str = field(default_factory=lambda: f"smoke-{secrets.token_hex(6)}")
    document_id: str = ""
    quote: str = ""
    version: int = 0

    @property
    def path(self) -> str:
        return f"/api/admin/sources/{quote(self.source)}/documents/{self.key}"

    @property
    def text(self) -> str:
        return f"# The lanterns of {self.name}\n\nThe harbour master of {self.name} keeps {self.number} lanterns.\n"

    @property
    def question(self) -> str:
        return f"How many lanterns does the harbour master of {self.name} keep?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add_target(parser)
    parser.add_argument("--source", default="smoke", metavar="ID", help="a source of kind push (default smoke)")
    parser.add_argument(
        "--patience",
        type=float,
        default=300,
        metavar="SECONDS",
        help="longest wait for start and index, each (default 300)",
    )


def run(options: argparse.Namespace) -> int:
    """Print one line for each step, and where to look when one fails; exit code 1 if any failed."""
    app = remote(options.url, token=options.token, client_id=options.client_id)
    name = "".join(secrets.choice(_SYLLABLES) for _ in range(4)).capitalize()
    probe = Probe(source=options.source, name=name, number=secrets.randbelow(9_000) + 1_000)
    steps: list[tuple[str, Callable[[], str], str]] = [
        (
            "answers",
            lambda: _live(app, options.patience),
            "the function app's log stream: did the worker start and find its functions?",
        ),
        ("refuses strangers", lambda: _closed(app), "Authentication of the function app, and the setting AUTH"),
        ("takes a document", lambda: _push(app, probe), f"your role (Admin), and the push source {probe.source!r}"),
        ("finds it", lambda: _find(app, probe, options.patience), "GET /api/status: queued, feed_lag, dead_letters"),
        ("cites it", lambda: _cite(app, probe), "the chat deployment, its quota, and the traces of the function http"),
        ("opens the citation", lambda: _open(app, probe), "the containers features and documents"),
        ("deletes it", lambda: _delete(app, probe), "the container features: is the head denied?"),
        ("finds it no more", lambda: _gone(app, probe), "the container features: is the head denied?"),
        ("refuses to answer", lambda: _refuse(app, probe), "GET /api/answers/{id}: which passages did the model see?"),
    ]
    for title, step, where in steps:
        try:
            print(f"ok    {title:<20} {step()}", flush=True)
        except (StepFailed, PlumblineError, KeyError, TypeError) as error:
            print(f"FAIL  {title:<20} {error}\n      look at: {where}", flush=True)
            _clean_up(app, probe)
            return 1
    return 0


def _live(app: Remote, patience_s: float) -> str:
    started = time.monotonic()
    _expect(app.call("GET", "/api/health/live", signed_in=False), 200)
    while (ready := app.call("GET", "/api/health/ready")).status != 200:  # a new app makes its feature set first
        if time.monotonic() - started > patience_s:
            raise StepFailed(f"it is not ready after {patience_s:.0f} s: {json.dumps(ready.body)}")
        time.sleep(PAUSE_S)
    return f"{time.monotonic() - started:.1f} s, every port is ready"


def _closed(app: Remote) -> str:
    reply = app.call("GET", "/api/status", signed_in=False)
    if app.is_local and reply.status == 200:
        return "not asked: a laptop has one user and no sign-in"
    if reply.status not in (301, 302, 401, 403):
        raise StepFailed(f"somebody without a token got {reply.problem}")
    return f"status {reply.status} without a token"


def _push(app: Remote, probe: Probe) -> str:
    reply = app.call("PUT", probe.path, {"title": f"Lanterns of {probe.name}", "text": probe.text})
    if reply.status == 404:
        raise StepFailed(
            f"{reply.problem}: add a source with id {probe.source!r} and kind push, or name one with --source"
        )
    body = _expect(reply, 200)
    probe.document_id, probe.version = body["document_id"], body["version"]
    return f"{probe.document_id} version {probe.version}"


def _find(app: Remote, probe: Probe, patience_s: float) -> str:
    started = time.monotonic()
    while True:
        if _is_found(app, probe):
            return f"searchable after {time.monotonic() - started:.0f} s"
        if time.monotonic() - started > patience_s:
            status = app.call("GET", "/api/status").body
            seen = {key: status.get(key) for key in ("queued", "feed_lag", "dead_letters")}
            raise StepFailed(f"not searchable after {patience_s:.0f} s: {json.dumps(seen)}")
        time.sleep(PAUSE_S)


def _cite(app: Remote, probe: Probe) -> str:
    answer = _ask(app, probe)
    cited = [c for c in answer["citations"] if c["document_id"] == probe.document_id]
    if answer["refused"] or not cited:
        raise StepFailed(f"answer {answer['answer_id']} {'is a refusal' if answer['refused'] else 'cites others'}")
    if str(probe.number) not in answer["answer"]:
        raise StepFailed(f"answer {answer['answer_id']} does not say {probe.number}")
    probe.quote = cited[0]["quote"]
    return f"answer {answer['answer_id']}, {answer['took_ms']:.0f} ms"


def _open(app: Remote, probe: Probe) -> str:
    body = _expect(app.call("GET", f"/api/documents/{probe.document_id}?version={probe.version}"), 200)
    if probe.quote not in body["text"]:
        raise StepFailed("the stored version does not hold what was quoted")
    return "it holds the quoted words"


def _delete(app: Remote, probe: Probe) -> str:
    _expect(app.call("DELETE", probe.path), 200)
    return "deleted"


def _gone(app: Remote, probe: Probe) -> str:
    if _is_found(app, probe):
        raise StepFailed("a search still shows the deleted document")
    reply = app.call("GET", f"/api/documents/{probe.document_id}")
    if reply.status not in (404, 410):
        raise StepFailed(f"its address still answers: {reply.problem}")
    return f"at once, and its address answers {reply.status}"


def _refuse(app: Remote, probe: Probe) -> str:
    answer = _ask(app, probe)
    if not answer["refused"]:
        raise StepFailed(f"answer {answer['answer_id']} is no refusal although nothing supports one any more")
    return f"answer {answer['answer_id']} is a refusal"


def _ask(app: Remote, probe: Probe) -> dict[str, Any]:
    return _expect(app.call("POST", "/api/ask", {"question": probe.question}), 200)


def _is_found(app: Remote, probe: Probe) -> bool:
    hits = _expect(app.call("POST", "/api/search", {"query": probe.question, "top": 10}), 200)["hits"]
    return any(hit["document_id"] == probe.document_id for hit in hits)


def _expect(reply: Reply, status: int) -> dict[str, Any]:
    if reply.status != status:
        raise StepFailed(f"expected status {status}, got {reply.problem}")
    return reply.body if isinstance(reply.body, dict) else {}


def _clean_up(app: Remote, probe: Probe) -> None:
    if probe.document_id:
        try:
            app.call("DELETE", probe.path)
        except PlumblineError:
            print(f"      left behind: {probe.path}", file=sys.stderr)
