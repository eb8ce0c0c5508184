"""How well and how fast the main text of real manuals is found, beside other extractors."""

import json
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.gold import MARKUP, gold_of
from lib.adapters.web.html_page import read_html

OURS = "ours"
HERE = Path(__file__).resolve().parent


def measure(pages: dict[str, bytes], python: Path, *, sample: int) -> list[dict[str, Any]]:
    """One row per manual and extractor: words found and wrongly kept, and the time a page takes."""
    chosen = sorted(path for path in pages if path.endswith(".html"))
    chosen = chosen[:: max(1, len(chosen) // sample)]
    scores: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
    for path, texts in _all_texts(chosen, pages, python):
        manual = path.split("/")[1]
        gold = gold_of(pages[path].decode("utf-8", "replace"), MARKUP[manual])
        if sum(gold.text.values()) < 20:
            continue
        for name, (text, seconds) in texts.items():
            for key in ((manual, name), ("all", name)):
                scores[key].append((*gold.score(text), seconds))
    return [_row(*key, found, scores[key[0], OURS]) for key, found in sorted(scores.items())]


def _row(manual: str, name: str, found: list[Any], ours: list[Any]) -> dict[str, Any]:
    precision, recall, seconds = (statistics.fmean(values) for values in zip(*found, strict=True))
    f1 = statistics.fmean(2 * p * r / max(p + r, 1e-9) for p, r, _ in found)
    own_s = statistics.fmean(s for _, _, s in ours)
    return {
        "manual": manual,
        "extractor": name,
        "pages": len(found),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "F1": round(f1, 3),
        "worst tenth, recall": round(sorted(r for _, r, _ in found)[len(found) // 10], 3),
        "time, ours = 1": round(seconds / own_s, 2),
        "ms a page": round(1000 * seconds, 1),
    }


def _all_texts(chosen: list[str], pages: dict[str, bytes], python: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Texts and seconds by extractor, page by page, ours and the others' in turn."""
    command = [str(python), str(HERE / "other_extractors.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as others:
        assert others.stdin
        assert others.stdout
        for path in chosen:
            body = pages[path]
            started = time.perf_counter()
            text = read_html(body, url=f"http://manuals.test{path}").text
            took = time.perf_counter() - started
            others.stdin.write(json.dumps({"path": path, "html": body.decode("utf-8", "replace")}) + "\n")
            others.stdin.flush()
            yield path, {OURS: (text, took), **json.loads(others.stdout.readline())["texts"]}
        others.stdin.close()
