"""REPORTS: the crawls of a source, from the facts that each left at its end."""

from collections.abc import Mapping
from typing import Any

from lib.domain.sources import Sources
from lib.domain.times import parse_iso
from lib.errors import NotFound
from lib.ports.crawl_state import CrawlRun
from lib.ports.ledger import Fact, Ledger

COUNTS = (
    *("found", "fetched", "avoided", "unchanged", "changed", "new", "gone", "duplicates", "failed"),
    *("requests", "bytes", "tokens"),
)
RULES = ("held", "refused")
"""Counted by rule: `held:login`, `refused:robots`."""


def fact_of(run: CrawlRun) -> Fact:
    """What an ended crawl leaves in the ledger."""
    seconds = round((parse_iso(run.ended_at) - parse_iso(run.started_at)).total_seconds(), 1)
    when = {"crawl_id": run.crawl_id, "started_at": run.started_at, "seconds": seconds}
    facts = {"source_id": run.source_id, "outcome": run.outcome, "error": run.error, **when, **run.counts}
    facts["problems"] = run.problems
    # A crawl that was let go on after it had stopped to ask ends twice.
    name = f"{run.crawl_id}-may-delete" if run.may_delete else run.crawl_id
    return Fact(id=name, subject_id=f"source:{run.source_id}", kind="crawled", at=run.ended_at, facts=facts)


def list_crawls(source_id: str, sources: Sources, *, limit: int, ledger: Ledger) -> list[dict[str, Any]]:
    """
    Report the ended crawls of a source, newest first.

    A crawl that went on after it had stopped is one crawl, as it ended. Empty: none has ended yet.
    Raises: NotFound if there neither is nor was such a source.
    """
    subject, wanted = f"source:{source_id}", limit
    while True:
        facts = ledger.read(subject, limit=wanted)
        reports = {str(r["crawl_id"]): r for r in map(_report, reversed(facts)) if r}  # the last word of each stays
        if len(reports) >= limit or len(facts) < wanted:
            break
        wanted *= 2
    if not facts and sources.get(source_id) is None:
        known = ", ".join(source.id for source in sources.items) or "none"
        raise NotFound(f"there is no source {source_id!r}: the sources file has {known}")
    return sorted(reports.values(), key=lambda report: str(report["ended_at"]), reverse=True)[:limit]


def _report(fact: Fact) -> dict[str, Any] | None:
    if fact.kind != "crawled":
        return None
    return {
        "crawl_id": fact.facts.get("crawl_id", fact.id),
        "started_at": fact.facts.get("started_at", ""),
        "ended_at": fact.at,
        "seconds": fact.facts.get("seconds"),
        "outcome": fact.facts.get("outcome", ""),
        "error": fact.facts.get("error", ""),
        "problems": fact.facts.get("problems", []),
        "counts": _counts(fact.facts),
    }


def _counts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Every count, 0 where nothing was counted; by rule where there are rules."""
    counts: dict[str, Any] = {name: facts.get(name, 0) for name in COUNTS}
    for name in RULES:
        start = f"{name}:"
        counts[name] = {key.removeprefix(start): n for key, n in facts.items() if key.startswith(start)}
    return counts
