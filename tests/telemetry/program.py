"""A process with telemetry: configures it, does a little, and ends. Arguments: connection string, or `otlp`."""

import logging
import sys

from fastapi import FastAPI
from fastapi.testclient import TestClient

from lib.errors import Unreachable
from lib.telemetry.gauges import observe
from lib.telemetry.invocations import invocation
from lib.telemetry.setup import configure, finish

SECRET = "zibeline"

REPORT = {
    "at": "2026-11-22T10:00:00.000Z",
    "documents": 101,
    "chunks": 102,
    "feed_lag": 103.5,
    "queued": 104,
    "queues": {"features": {"messages": 105, "oldest_s": 106.5}, "crawl": {"messages": 107, "oldest_s": 108.5}},
    "dead_letters": 109,
    "freshness_s": {"p50": 110.5, "p95": 111.5},
    "answers": {"count": 112, "p50_ms": 113.5, "p95_ms": None},
    "tokens": {"embedding": 115, "prompt": 116, "completion": 117},
    "sources": [{"id": "site", "documents": 118, "counts": {"fetched": 119, "failed": 120}}],
}


def _serve_a_request():
    """FastAPI finds our providers and would tell the query, and the message of the error."""
    app = FastAPI()

    @app.get("/broken")
    def broken():
        raise ValueError(SECRET)

    TestClient(app, raise_server_exceptions=False).get(f"/broken?q={SECRET}")


def main(target):
    """Everything that a process tells, with a secret where it must not be told."""
    wanted = {"otlp": True} if target == "otlp" else {"connection_string": target}
    print([configure(**wanted), configure(**wanted), configure()])
    observe(lambda: REPORT)
    observe(lambda: REPORT)
    logger = logging.getLogger("lib.pipelines.build")
    logger.setLevel(logging.INFO)
    for number in range(50):
        with invocation(f"work-{number}", "timer"):
            logger.info("worked number=%d", number)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logger.exception("failed strangely")
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise Unreachable("the service is away") from error
    except Unreachable:
        logger.exception("failed as foreseen")
    _serve_a_request()
    logging.getLogger("somebody.else").warning("a warning of somebody else")
    logging.getLogger("somebody.else").info("chatter of somebody else")
    logging.getLogger("opentelemetry.sdk").warning("about telemetry itself")
    finish()


if __name__ == "__main__":
    main(sys.argv[1])
