"""Our crawl of real manuals beside Scrapy with trafilatura: same pages, same server, same concurrency, in turns."""

import json
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import extraction, manuals, reference_crawl
from tools.environment import prepare, running_python

ROOT = Path(__file__).resolve().parents[1]
CONCURRENCY = 8
EVERY = 100
"""One page in so many is edited before a re-crawl."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to crawl, as a command; those that keep what they found can crawl again."""

    name: str
    command: tuple[str, ...]
    keeps: bool


def measure(folder: Path, *, rounds: int, sample: int, only: list[str]) -> tuple[list[dict[str, Any]], list[Any]]:
    """Rows of crawls (medians over the rounds), and rows of extraction."""
    python = prepare(ROOT / ".venv-bench", [ROOT / "requirements-bench.txt"], running_python())
    source = manuals.prepare()
    results: dict[tuple[str, str], list[dict[str, Any]]] = {}
    contenders = _contenders(python)
    for number in range(rounds):
        for contender in contenders[number % len(contenders) :] + contenders[: number % len(contenders)]:
            place = folder / f"{number}-{contender.name.replace(' ', '-')}"
            place.mkdir(parents=True)
            with _site(source, only) as root:
                expected = reference_crawl.crawl(root)
                _post(f"{root}/-/counts", method="GET")
                for crawl in ("first", "again")[: 2 if contender.keeps else 1]:
                    if crawl == "again":
                        _post(f"{root}/-/edit?every={EVERY}&round={number + 1}")
                    results.setdefault((crawl, contender.name), []).append(_run(contender, root, place, expected))
    quality = extraction.measure(_only(manuals.pages(source), only), python, sample=sample)
    return [_row(*key, found, results) for key, found in results.items()], quality


def _contenders(python: Path) -> list[Contender]:
    ours = (sys.executable, "-m", "benchmarks.our_crawl")
    scrapy = (str(python), str(ROOT / "benchmarks" / "scrapy_crawl.py"))
    return [
        Contender(name="ours", command=(*ours, "--keep"), keeps=True),
        Contender(name="Scrapy + trafilatura", command=(*scrapy, "--keep"), keeps=True),
        Contender(name="ours, reader alone", command=ours, keeps=False),
        Contender(name="Scrapy + trafilatura, nothing kept", command=scrapy, keeps=False),
    ]


def _run(contender: Contender, root: str, place: Path, expected: set[str]) -> dict[str, Any]:
    command = [*contender.command, root, str(place), "--concurrency", str(CONCURRENCY)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    urls = set(json.loads((place / "found.json").read_text()))
    counts = _post(f"{root}/-/counts", method="GET")
    print(f"{contender.name}: {found} {counts}", file=sys.stderr, flush=True)
    return {**found, **counts, "missed": len(expected - urls), "extra": len(urls - expected)}


def _row(
    crawl: str, name: str, found: list[dict[str, Any]], results: dict[tuple[str, str], list[dict[str, Any]]]
) -> dict[str, Any]:
    def median(rows: list[dict[str, Any]], key: str) -> float:
        return statistics.median(row[key] for row in rows)

    rival = results[crawl, "Scrapy + trafilatura" + (", nothing kept" if "alone" in name or "nothing" in name else "")]
    seconds = median(found, "seconds")
    return {
        "crawl": crawl,
        "by": name,
        "pages": round(median(found, "pages")),
        "missed": round(median(found, "missed")),
        "extra": round(median(found, "extra")),
        "pages a second": round(median(found, "pages") / max(seconds, 0.001), 1),
        "speed, Scrapy = 1": round(median(rival, "seconds") / max(seconds, 0.001), 2),
        "requests": round(median(found, "requests")),
        "304": round(median(found, "304")),
        "MB": round(median(found, "MB"), 2),
        "peak MB": round(median(found, "peak_mb")),
        "memory, Scrapy = 1": round(median(found, "peak_mb") / max(median(rival, "peak_mb"), 0.001), 2),
    }


@contextmanager
def _site(source: Path, only: list[str]) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.manual_site", str(source), *(["--only", *only] if only else [])]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _post(url: str, *, method: str = "POST") -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=60) as answer:  # noqa: S310
        return dict(json.load(answer))


def _only(pages: dict[str, bytes], only: list[str]) -> dict[str, bytes]:
    return {path: body for path, body in pages.items() if not only or path.split("/")[1] in only}
