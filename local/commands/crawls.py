"""`crawls`: what the crawls of a source did."""

import argparse
import json
import sys
from typing import Any
from urllib.parse import quote

from local.columns import harmless
from local.reach import reach

SHOWN = ("found", "fetched", "avoided", "unchanged", "changed", "new", "gone", "duplicates", "failed")


def run(options: argparse.Namespace) -> int:
    """Print one line a crawl, newest first, and one below it for each address that became no document."""
    path = f"/api/admin/sources/{quote(options.source, safe='')}/crawls?limit={options.limit}"
    crawls = reach(options, "GET", path)["crawls"]
    if options.json:
        print(json.dumps(crawls, indent=2))
    elif not crawls:
        print(f"no crawl of {options.source!r} has ended yet", file=sys.stderr)
    for crawl in [] if options.json else crawls:
        print(harmless(_line(crawl)))
        for problem in crawl["problems"]:
            print(harmless(f"    {problem}"))
    return 0


def _line(crawl: dict[str, Any]) -> str:
    counts = crawl["counts"]
    took = "" if crawl["seconds"] is None else f"{crawl['seconds']:.1f} s"
    did = [f"{counts[name]} {name}" for name in SHOWN if counts[name]]
    did += [f"{n} {name} ({rule})" for name in ("held", "refused") for rule, n in counts[name].items()]
    did.append(f"{counts['requests']} requests, {counts['bytes'] / 1_000:.0f} kB, {counts['tokens']} tokens")
    error = f"  {crawl['error']}" if crawl["error"] else ""
    return f"{crawl['ended_at'][:19]}  {crawl['outcome']:<8}  {took:>9}  {', '.join(did)}{error}"
