"""Our app under Microsoft's own azure-functions-runtime: indexed, every trigger invoked, effects looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.site import Site, page

pytestmark = pytest.mark.runtime

ROOT = Path(__file__).resolve().parents[2]
TEXT = "A plumb line shows what is upright.\n\nThe plumb bob hangs from a braided cord of waxed linen."
SOURCES = """
sources:
  - id: site
    kind: website
    start: ["{url}/"]
    schedule: "0 0 * * * *"
    allow_private_network: true
"""
STORAGE = "AzureWebJobsStorage"

FUNCTIONS: dict[str, list[dict[str, Any]]] = {
    "crawl_due_sources": [
        {"type": "timerTrigger", "name": "timer", "schedule": "%CRAWL_SCHEDULE%", "runOnStartup": True}
    ],
    "crawl_slice": [{"type": "queueTrigger", "name": "message", "queueName": "%CRAWL_QUEUE%", "connection": STORAGE}],
    "relay_changes": [
        {
            "type": "cosmosDBTrigger",
            "name": "items",
            "connection": "COSMOS",
            "databaseName": "%COSMOS_DATABASE%",
            "containerName": "%DOCUMENTS_CONTAINER%",
            "leaseDatabaseName": "%COSMOS_DATABASE%",
            "leaseContainerName": "%LEASES_CONTAINER%",
            "createLeaseContainerIfNotExists": False,
            "startFromBeginning": True,
            "feedPollDelay": 1000,
            "maxItemsPerInvocation": 100,
        }
    ],
    "build_features": [
        {"type": "queueTrigger", "name": "message", "queueName": "%FEATURES_QUEUE%", "connection": STORAGE}
    ],
    "set_aside_features": [
        {"type": "queueTrigger", "name": "message", "queueName": "%FEATURES_QUEUE%-poison", "connection": STORAGE}
    ],
    "set_aside_crawl": [
        {"type": "queueTrigger", "name": "message", "queueName": "%CRAWL_QUEUE%-poison", "connection": STORAGE}
    ],
    "sweep": [{"type": "timerTrigger", "name": "timer", "schedule": "%SWEEP_SCHEDULE%", "runOnStartup": True}],
    "http": [
        {
            "type": "httpTrigger",
            "name": "req",
            "route": "{*path}",
            "methods": ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
            "authLevel": "ANONYMOUS",
        },
        {"type": "http", "name": "$return"},
    ],
}
"""Every function and what the host is told of it."""


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> dict[str, Any]:
    """One run of the scenario in a process of its own: the runtime takes one app per process."""
    folder = tmp_path_factory.mktemp("runtime")
    with Site({"/": page("Plumb lines", TEXT), "/robots.txt": "User-agent: *\nAllow: /\n"}) as site:
        (folder / "sources.yaml").write_text(SOURCES.format(url=site.url), encoding="utf-8")
        settings = {
            "DATA_DIR": str(folder / "data"),
            "SOURCES_FILE": str(folder / "sources.yaml"),
            "AUTH": "loopback",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.runtime.scenario"],
            env={**os.environ, **settings},
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=110,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_worker_finds_exactly_our_functions_with_their_bindings(report):
    own = {
        name: [{k: v for k, v in b.items() if k != "direction"} for b in bindings]
        for name, bindings in report["functions"].items()
    }
    assert {
        name: sorted(bindings, key=lambda b: b["type"], reverse=True) for name, bindings in own.items()
    } == FUNCTIONS


def test_the_relay_is_retried_for_ever(report):
    assert "max_retry_count: -1" in report["retry"]["relay_changes"]
    assert "fixed_delay" in report["retry"]["relay_changes"]
    assert [name for name, retry in report["retry"].items() if "max_retry_count" in retry] == ["relay_changes"]


def test_the_timer_crawls_what_is_due(report):
    assert report["documents"] == 1


def test_each_changed_document_lands_in_the_features_queue(report):
    assert report["relayed"] == report["expected"]
    assert len(report["relayed"]) == 1


def test_a_built_document_is_found_over_http(report):
    answer = report["search"]
    assert answer["status"] == 200
    hits = json.loads("".join(answer["pieces"]))["hits"]
    assert "waxed linen" in hits[0]["text"]


def test_a_failing_build_fails_in_the_worker(report):
    assert "BadInput" in report["build_error"]


def test_poison_messages_are_set_aside_with_their_reason(report):
    assert [queue for queue, _ in report["set_aside"]] == ["crawl", "features"]
    assert report["set_aside"][1][1] == "BadInput"


def test_the_sweep_finds_nothing_left_behind(report):
    assert report["swept"] == []


def test_server_sent_events_arrive_in_pieces(report):
    stream = report["stream"]
    assert stream["status"] == 200
    assert stream["headers"]["content-type"].startswith("text/event-stream")
    assert len(stream["pieces"]) >= 3
    text = "".join(stream["pieces"])
    assert text.index("event: delta") < text.index("event: done")
    assert "waxed linen" in text


def test_the_api_s_own_answers_come_through(report):
    assert report["live"]["status"] == 200
    assert report["missing"]["status"] == 404
    assert report["missing"]["headers"]["content-type"] == "application/problem+json"
    assert report["head"]["pieces"] == []
