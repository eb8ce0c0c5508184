"""`up`: start everything, and with `--once` stop when all is done."""

import argparse
import json
import logging
import time
from pathlib import Path
from typing import Any

from lib import composition
from lib.adapters.local.folder_lock import FolderLock
from lib.api.wiring import status_report
from lib.domain.schedules import opens_at
from lib.domain.times import iso
from lib.errors import PlumblineError
from lib.pipelines.crawl import crawl_now, release_leases
from local.host.host import MESSAGE_LEASE_S, FunctionsHost
from local.host.interruption import Interruption, interruptible, leave
from local.process import ROOT, host_settings, load_settings
from local.progress import Progress
from local.services import services

POLL_S = 0.1
SHORT_LEASE_S = 30.0
"""How long a message stays hidden in queues where nobody can give back what a killed process held."""
SETTLED_POLLS = 3
"""Idle so many times in a row means done."""


def run(options: argparse.Namespace) -> int:
    """Start, serve until told to stop (or until all is done), stop."""
    started, progress, folder = time.monotonic(), Progress(), Path(options.data).resolve()
    if not options.verbose:
        logging.getLogger("lib").setLevel(logging.WARNING)
    with FolderLock(folder), services(options, folder, progress):
        settings = load_settings(options)
        composition.sources()  # a wrong file is refused before anything starts
        adapters = composition.adapters()
        recover = getattr(adapters.queue, "recover", None)
        if recover:  # we hold the folder, so whoever took these messages is dead
            recover()
        release_leases(composition.sources(), crawler=composition.crawler())
        if not settings.embedding_endpoint:  # a missing or altered model is named now, not by the first document
            adapters.wanted_embedder().embed(["ready"], purpose="query")
        host = FunctionsHost(
            ROOT,
            queue=adapters.queue,
            feed=adapters.feed,
            leases=adapters.registry,
            clock=adapters.clock,
            settings=host_settings(settings),
            port=options.port,
            message_lease_s=MESSAGE_LEASE_S if recover else SHORT_LEASE_S,
        )
        composition.replace_queue(host.queue)
        begun = iso(adapters.clock.now())
        code = 1
        with interruptible() as interruption:
            try:
                host.start()
                progress.say(f"ready in {time.monotonic() - started:.1f} s: {settings.base_url}  (Ctrl-C stops)")
                code = (
                    _once(host, interruption, progress, (started, begun))
                    if options.once
                    else _serve(interruption, progress)
                )
                progress.say("stopping: work in flight is finished or given back")
            finally:
                finished = host.stop()
        if not finished:  # what is cut short here goes on at the next start, as after a kill
            leave(code)
        adapters.close()
        return code


def _serve(interruption: Interruption, progress: Progress) -> int:
    while not interruption.wait(1.0):
        _show(progress)
    return 0


def _once(host: FunctionsHost, interruption: Interruption, progress: Progress, start: tuple[float, str]) -> int:
    """Crawl every source now, wait until nothing is pending, print the summary."""
    started, begun = start
    crawler, sources = composition.crawler(), composition.sources()
    now = composition.adapters().clock.now()
    closed = {source.id: source.hours for source in sources.items if opens_at(source.hours, now) > now}
    for name, hours in closed.items():
        progress.say(f"source {name} is not crawled now: its hours are {hours} UTC")
    crawled = [source.id for source in sources.items if source.kind != "push" and source.id not in closed]
    for name in crawled:
        run = crawler.state.load_run(name)
        if run is None or run.started_at < begun:  # else the timer was here first
            crawl_now(name, sources, crawler=crawler)
    idle, shown = 0, 0.0
    while idle < SETTLED_POLLS and not interruption.wait(POLL_S):
        runs = [crawler.state.load_run(name) for name in crawled]
        crawling = any(run is None or run.outcome == "running" for run in runs)
        idle = 0 if crawling or not host.idle() else idle + 1
        if time.monotonic() - shown > 1.0:
            shown = time.monotonic()
            _show(progress)
    report = {**status_report(), "took_s": round(time.monotonic() - started, 2), "finished": idle >= SETTLED_POLLS}
    print(json.dumps(report, indent=2), flush=True)
    failed = [s["id"] for s in report["sources"] if s["id"] in crawled and s["outcome"] in ("failed", "stopped")]
    for source in report["sources"]:
        if source["id"] in failed:
            progress.say(f"source {source['id']} {source['outcome']}: {source['error']}")
    if report["dead_letters"]:
        progress.say(f"{report['dead_letters']} messages were set aside: python3 dev.py dead-letters")
    return 1 if failed or report["dead_letters"] or not report["finished"] else 0


def _show(progress: Progress) -> None:
    try:
        report = status_report()
    except PlumblineError as error:
        progress.show(f"status: {error}")
        return
    progress.show(_line(report))


def _line(report: dict[str, Any]) -> str:
    parts = [f"{report['documents']} documents", f"{report['chunks']} chunks", f"{report['queued']} queued"]
    running = [s for s in report["sources"] if s["outcome"] == "running"]
    parts += [f"crawling {s['id']} ({s['counts'].get('found', 0)} found)" for s in running]
    failed = [s["id"] for s in report["sources"] if s["outcome"] == "failed"]
    parts += [f"failed: {', '.join(failed)}"] if failed else []
    parts += [f"{report['dead_letters']} set aside"] if report["dead_letters"] else []
    return " | ".join(parts)
