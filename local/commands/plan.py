"""`plan`: what a crawl would fetch and embed, before it does."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lib import composition
from lib.adapters.local.folder_lock import FolderLock
from lib.errors import BadInput, PlumblineError
from lib.pipelines.plan import MOST_SAMPLED, plan_source
from local.client import NotRunning, call
from local.columns import harmless
from local.process import load_settings
from local.progress import Progress

Plan = dict[str, Any]
"""As the API gives it."""


def run(options: argparse.Namespace) -> int:
    """Print the plan of each source; exit code 1 if one of them could not be planned."""
    if not 0 <= options.sample <= MOST_SAMPLED:
        raise BadInput(f"--sample {options.sample}: use 0 to {MOST_SAMPLED}")
    try:
        listed = call(options, "GET", "/api/admin/sources")["sources"]
    except NotRunning:
        with _on_the_folder(options) as (known, make):
            return _print(options, known, make)
    if options.sources:
        print("an app is running: its own list of sources is planned, not --sources", file=sys.stderr)
    known = [source["id"] for source in listed if source["kind"] != "push"]
    return _print(options, known, lambda name: _ask(options, name))


def _ask(options: argparse.Namespace, name: str) -> Plan:
    path = f"/api/admin/sources/{quote(name, safe='')}/plan?sample={options.sample}"
    try:
        return dict(call(options, "GET", path))
    except NotRunning as error:
        raise NotRunning(f"the app gave no plan in time, or ended: {error}") from error


@contextmanager
def _on_the_folder(options: argparse.Namespace) -> Iterator[tuple[list[str], Callable[[str], Plan]]]:
    """
    Ids of the sources, and what plans one, over the data folder; without one, nothing is known yet.

    Raises: AlreadyRunning if another Plumbline works on the folder; BadSources.
    """
    settings = load_settings(options)
    with tempfile.TemporaryDirectory(prefix="plumbline-plan-") as empty:
        folder = Path(settings.data_dir)
        if not (folder / "store.db").exists():
            folder = Path(empty)
            composition.configure(settings.model_copy(update={"data_dir": empty}))
        with FolderLock(folder):
            sources = composition.sources()
            known = [source.id for source in sources.items if source.kind != "push"]
            planner = composition.planner()
            try:
                yield known, lambda name: asdict(plan_source(name, sources, sample=options.sample, planner=planner))
            finally:
                composition.adapters().close()


def _print(options: argparse.Namespace, known: list[str], make: Callable[[str], Plan]) -> int:
    plans: list[Plan] = []
    failed: dict[str, str] = {}
    progress = Progress()
    for name in options.ids or known:
        progress.show(f"planning {name} ...")
        try:
            plans.append(make(name))
        except PlumblineError as error:
            failed[name] = str(error)
    progress.say(f"planned {len(plans)} of {len(plans) + len(failed)} sources")
    if options.json:
        print(json.dumps({"plans": plans, "failed": failed}, indent=2))
    else:
        for plan in plans:
            print(harmless("\n".join(_lines(plan))) + "\n")
        for name, reason in failed.items():
            print(harmless(f"{name}: NO PLAN: {reason}\n"))
        if len(plans) > 1:
            print(harmless(_total(plans)))
    return 1 if failed else 0


def _lines(plan: Plan) -> Iterator[str]:
    yield f"{plan['source_id']} ({plan['kind']})"
    yield f"  addresses   {_number(plan['found'])}"
    yield f"    new       {_number(plan['new'])}"
    yield f"    known     {_number(plan['known'])}"
    anew = ", whole: its settings changed" if plan["is_anew"] else ""
    yield f"      asked   {_number(plan['asked'])}{anew}; {_number(plan['changed'])} changed by the listing"
    yield f"      avoided {_number(plan['avoided'])}"
    yield f"  unlisted    {_number(plan['unlisted'])} documents that it does not name"
    yield f"  a page      {_number(plan['tokens_a_page'], 'tokens')}, by {_sample(plan['sample'])}"
    if plan["sample"]["problem"]:
        yield f"  problem     {plan['sample']['problem']}"
    yield f"  to embed    {_number(plan['tokens'], 'tokens')}: {_money(plan, 'cost')}"
    most = _number(plan["tokens_at_most"], "tokens")
    yield f"  at most     {most}, if all that is asked for changed: {_money(plan, 'cost_at_most')}"
    tokens = f"{plan['max_tokens']:,} tokens" if plan["max_tokens"] else "no limit of tokens"
    yield f"  budget      {plan['max_pages']:,} pages, {tokens}"
    for limit in plan["limits"]:
        yield f"  STOPPED BY  {limit}"
    if plan["found"]["at_least"] and plan["kind"] == "website":
        yield "  not known   where the unread pages lead: a crawl finds out, and --sample N reads more of them"


def _number(number: dict[str, Any], unit: str = "") -> str:
    if number["value"] is None:
        return f"unknown{' ' + unit if unit else ''}"
    more = "at least " if number["at_least"] else ""
    return f"{more}{number['value']:,.0f}{' ' + unit if unit else ''} ({number['basis']})"


def _sample(sample: dict[str, Any]) -> str:
    counts = [f"{sample[name]} {name}" for name in ("stored", "brought", "fetched") if sample[name]]
    bad = [f"{sample[name]} {name.replace('_', ' ')}" for name in ("without_text", "failed") if sample[name]]
    sizes = f", {sample['smallest']:,} to {sample['largest']:,}" if sample["largest"] else ""
    return (", ".join(counts) or "no page") + (f" ({', '.join(bad)})" if bad else "") + sizes


def _money(plan: Plan, cost: str) -> str:
    if plan["is_free"]:
        return "free (embedded model)"
    if not plan["price"]:
        return "no price set: EMBEDDING_PRICE"
    return "price unknown" if plan[cost] is None else f"{plan[cost]:,.4f} at {plan['price']:g} a million tokens"


def _total(plans: list[Plan]) -> str:
    """Sums, of what is known."""
    unknown = sum(plan["tokens"]["value"] is None for plan in plans)
    new = sum(plan["new"]["value"] or 0 for plan in plans)
    tokens = sum(plan["tokens"]["value"] or 0 for plan in plans)
    more = "at least " if unknown or any(p["new"]["at_least"] or p["tokens"]["at_least"] for p in plans) else ""
    costs = {**plans[0], "cost": sum(plan["cost"] or 0 for plan in plans)}
    rest = f" ({unknown} sources unknown)" if unknown else ""
    return f"in all: {more}{new:,} new pages, {more}{tokens:,} tokens{rest}: {_money(costs, 'cost')}"
