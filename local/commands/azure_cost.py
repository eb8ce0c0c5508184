"""`azure cost`: an estimate from parameters and a dated table of list prices."""

import argparse
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from lib.errors import BadInput
from local.process import ROOT

TABLE = ROOT / "infra" / "prices.json"
HOURS = 730
"""Hours of a month, as Azure counts."""
FREE_LOGS_GB = 5
FREE_GB_S = 100_000
"""On-demand execution that is free every month."""

Assumptions = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of an estimate."""

    what: str
    price: str
    """Key in the table; empty if there is no price for it."""
    units: float
    amount: float
    currency: str


@dataclass(slots=True)
class Estimate:
    """Lines of one estimate, and what has no price."""

    title: str
    lines: list[Line] = field(default_factory=list)

    @property
    def totals(self) -> dict[str, float]:
        """Sum by currency: nothing is converted."""
        sums: Counter[str] = Counter()
        for line in self.lines:
            sums[line.currency] += line.amount  # type: ignore[assignment]
        return {currency: round(amount, 2) for currency, amount in sums.items() if currency}


def run(options: argparse.Namespace) -> int:
    """Print what a month without use, 1,000 pages and 1,000 answers cost, with the price behind each line."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    assumed = with_changes(table["assumptions"], options.set)
    estimates = estimate(assumed, table["prices"])
    if options.json:
        report = [
            {"title": e.title, "totals": e.totals, "lines": [asdict(line) for line in e.lines]} for e in estimates
        ]
        print(json.dumps({"collected": table["collected"], "assumptions": assumed, "estimates": report}, indent=2))
        return 0
    print(f"ESTIMATE, not an offer. Prices collected {table['collected']}. {table['note']}")
    for found in estimates:
        print(f"\n{found.title}: {_money(found.totals)}")
        for line in found.lines:
            amount = f"{line.amount:9.2f} {line.currency}" if line.price else "  no price found"
            print(f"  {amount:<15} {line.what}")
    print("\nPrices used:")
    for key in sorted({line.price for e in estimates for line in e.lines if line.price}):
        price = table["prices"][key]
        source = f"{price['dated']}; {price['source']}"
        print(f"  {key}: {price['amount']:.10g} {price['currency']} a {price['unit']} ({source})")
    print("\nNot in this estimate: " + "; ".join(table["not_priced"]))
    print("Assumed (change with --set NAME=VALUE): " + ", ".join(f"{k}={v}" for k, v in assumed.items()))
    return 0


def with_changes(known: dict[str, dict[str, Any]], changes: list[str]) -> Assumptions:
    """The assumptions with what the caller changed. Raises: BadInput."""
    assumed = {name: entry["value"] for name, entry in known.items()}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in assumed or not value:
            raise BadInput(f"--set {change!r}: give NAME=VALUE; names are {', '.join(assumed)}")
        try:
            assumed[name] = value if isinstance(assumed[name], str) else float(value)
        except ValueError as error:
            raise BadInput(f"--set {change!r}: {name} is a number") from error
    return assumed


def estimate(a: Assumptions, prices: dict[str, dict[str, Any]]) -> list[Estimate]:
    """A month without use, 1,000 pages collected and indexed, 1,000 questions answered."""
    month, pages, answers = Estimate("A month without use"), Estimate("1,000 pages"), Estimate("1,000 answers")

    def add(to: Estimate, what: str, price: str, units: float) -> None:
        known = prices.get(price)
        if units:
            amount = units * known["amount"] if known else 0.0
            to.lines.append(
                Line(
                    what=what,
                    price=price if known else "",
                    units=units,
                    amount=amount,
                    currency=known["currency"] if known else "",
                )
            )

    add(month, f"AI Search {a['search_sku']}", f"search.{a['search_sku']}", a["search_units"] * HOURS)
    add(month, "always-ready instances", "functions.always_ready", a["always_ready"] * a["memory_gb"] * HOURS * 3600)
    timers_gb_s = max(0.0, a["timer_runs"] * a["memory_gb"] - FREE_GB_S)
    add(month, "timers, execution", "functions.on_demand", timers_gb_s)
    add(month, "timers, executions", "functions.executions", a["timer_runs"] / 1e6)
    if a["autoscale_ru"]:  # an idle database costs a tenth of its highest throughput
        add(month, "Cosmos DB autoscale, idle", "cosmos.autoscale", a["autoscale_ru"] / 10 / 100 * HOURS)
    else:
        add(month, "Cosmos DB serverless, idle", "cosmos.serverless", a["idle_million_ru"])
    add(month, "Cosmos DB storage", "cosmos.storage", a["stored_gb"])
    add(month, "logs", "logs.ingestion", max(0.0, a["logs_gb"] - FREE_LOGS_GB))
    add(month, "private endpoints", "network.private_endpoint", a["private_endpoints"] * HOURS)

    embedding, chat = f"model.{a['embedding_model']}", f"model.{a['chat_model']}"
    add(pages, "embeddings", f"{embedding}.input", a["tokens_per_page"] / 1e3)
    add(answers, "prompts", f"{chat}.input", a["prompt_tokens"] / 1e3)
    add(answers, "completions", f"{chat}.output", a["completion_tokens"] / 1e3)
    add(answers, "semantic ranker", "search.semantic", a["semantic"] * 1e3)
    for to, ru, seconds in (
        (pages, a["ru_per_page"], a["seconds_per_page"]),
        (answers, a["ru_per_answer"], a["seconds_per_answer"]),
    ):
        if not a["autoscale_ru"]:
            add(to, "request units", "cosmos.serverless", ru / 1e3)
        add(to, "execution", "functions.on_demand", seconds * a["memory_gb"] * 1e3)
    return [month, pages, answers]


def _money(totals: dict[str, float]) -> str:
    return " + ".join(f"{amount:.2f} {currency}" for currency, amount in totals.items()) or "no price found"
