"""
What other extractors make of pages, in their own environment (requirements-bench.txt); imports nothing of ours.

Reads one JSON object a line, `{"path", "html"}`, and answers `{"path", "texts": {name: [text, seconds]}}` for each.
"""

import json
import sys
import time
from collections.abc import Callable

import trafilatura
from bs4 import BeautifulSoup
from readability import Document


def _trafilatura(html: str) -> str:
    return trafilatura.extract(html, output_format="markdown", include_comments=False) or ""


def _readability(html: str) -> str:
    return BeautifulSoup(Document(html).summary(), "lxml").get_text(" ")


def _everything(html: str) -> str:
    return BeautifulSoup(html, "lxml").get_text(" ")


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "trafilatura": _trafilatura,
    "readability": _readability,
    "bs4 get_text": _everything,
}


def main() -> None:
    for line in sys.stdin:
        page = json.loads(line)
        texts = {}
        for name, extract in EXTRACTORS.items():
            started = time.perf_counter()
            try:
                text = extract(page["html"])
            except Exception as error:  # noqa: BLE001 - an extractor that gives up has given nothing
                print(f"{name} {page['path']}: {error!r}", file=sys.stderr)
                text = ""
            texts[name] = [text, time.perf_counter() - started]
        print(json.dumps({"path": page["path"], "texts": texts}), flush=True)


if __name__ == "__main__":
    main()
