"""
Our app under the real worker runtime, every trigger once, over embedded adapters in an empty data folder.

Prints one JSON report on stdout. Settings come from the environment, as in Azure.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.runtime.worker import Worker

ROOT = Path(__file__).resolve().parents[2]
JSON = {"content-type": "application/json"}


async def play() -> dict[str, Any]:
    """Follow one page through the whole app."""
    worker = Worker(ROOT)
    await worker.start()
    report: dict[str, Any] = {
        "functions": {name: worker.bindings(name) for name in worker.functions},
        "retry": {name: worker.retry(name) for name in worker.functions},
    }

    from lib import composition
    from lib.domain.changes import change_to_item

    adapters = composition.adapters()

    def messages(queue: str) -> list[str]:
        taken = adapters.queue.receive(queue, limit=32, visibility_s=60)
        for message in taken:
            adapters.queue.complete(message)
        return [message.body for message in taken]

    await worker.timer("crawl_due_sources")
    for body in messages("crawl"):
        await worker.message("crawl_slice", body)
    run = adapters.state.load_run("site")
    assert run
    await worker.message(
        "crawl_slice", json.dumps({"schema": 1, "source_id": "site", "crawl_id": run.crawl_id, "slice": 1})
    )
    report["documents"] = adapters.documents.totals().documents

    page = adapters.feed.read("", limit=100)
    changes = [change_to_item(change) for change in page.changes]
    part = {"id": "part-1", "type": "part", "document_id": "d0"}
    await worker.changes("relay_changes", [*changes, part])
    queued = messages("features")
    report["relayed"] = sorted(json.loads(body)["document_id"] for body in queued)
    report["expected"] = sorted(item["document_id"] for item in changes if item["type"] == "main")

    for body in queued:
        await worker.message("build_features", body)
    try:
        await worker.message("build_features", "no message of ours", dequeue_count=5)
    except RuntimeError as error:
        report["build_error"] = str(error)
    await worker.message("set_aside_features", "no message of ours")
    await worker.message("set_aside_crawl", "\x00 not even JSON")
    letters = [*adapters.dead_letters.list(queue="features"), *adapters.dead_letters.list(queue="crawl")]
    report["set_aside"] = sorted((letter.queue, letter.reason.split(":")[0]) for letter in letters)
    await worker.timer("sweep")
    report["swept"] = messages("features")

    question = {"question": "What does the plumb bob hang from?"}
    report["live"] = await worker.request("GET", "/api/health/live")
    report["search"] = await worker.request(
        "POST", "/api/search", json.dumps({"query": question["question"]}).encode(), JSON
    )
    report["stream"] = await worker.request(
        "POST", "/api/ask", json.dumps(question).encode(), {**JSON, "accept": "text/event-stream"}
    )
    report["missing"] = await worker.request("GET", "/no/such/page")
    report["head"] = await worker.request("HEAD", "/api/health/live")
    return report


if __name__ == "__main__":
    real, sys.stdout = sys.stdout, sys.stderr  # uvicorn's access log is no part of the report
    print(json.dumps(asyncio.run(play())), file=real, flush=True)
    os._exit(0)  # the runtime's HTTP server and threads do not end by themselves
