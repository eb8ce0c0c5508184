"""`python3 dev.py bench`: every number of docs/performance.md that is about time, memory and disk."""

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import crawl, ingest, search


def main(*, pages: int, chunks: list[int]) -> int:
    """Run all of it; Markdown on stdout, progress on stderr."""
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        _say(f"a site of {pages} pages: crawl, build, re-crawl, edits")
        found = ingest.measure(folder / "ingest", pages)
        _say(f"search at {', '.join(f'{size:,}' for size in chunks)} chunks")
        rows = search.measure(folder, chunks)
    print(f"Measured {datetime.now(UTC):%Y-%m-%d} by `python3 dev.py bench --pages {pages} --chunks", end=" ")
    print(f"{' '.join(map(str, chunks))}` on {_machine()}.\n")
    print(_table([{"measure": name, "value": value} for name, value in found.items()]))
    print(_table(rows))
    if any(size > 2_000 for size in chunks):
        print("Chunks beyond the real paragraphs of evals/data are shuffled copies with perturbed vectors.")
    return 0


def compare_crawls(*, rounds: int, sample: int, only: list[str]) -> int:
    """Crawls and extraction of real manuals beside Scrapy and others; Markdown on stdout, progress on stderr."""
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        _say(f"crawls of real manuals, {rounds} rounds, then extraction of {sample} pages")
        crawls, texts = crawl.measure(Path(name), rounds=rounds, sample=sample, only=only)
    by = f"`python3 dev.py bench --crawl --rounds {rounds} --sample {sample}`"
    print(f"Measured {datetime.now(UTC):%Y-%m-%d} by {by} on {_machine()}; medians of the rounds.\n")
    print(_table(crawls))
    print(_table(texts))
    return 0


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _machine() -> str:
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}{load}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
