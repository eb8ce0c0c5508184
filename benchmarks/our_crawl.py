"""
Our crawl of the manuals as a process of its own: `python -m benchmarks.our_crawl ROOT FOLDER --concurrency 8`.

With `--keep` it is the whole crawl pipeline over SQLite; without, the reader alone, its pages counted and dropped.
Prints one line of JSON, as `scrapy_crawl.py` does.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from lib import composition
from lib.domain.messages import CrawlMessage
from lib.domain.sources import Source
from lib.pipelines.crawl import continue_crawl, crawl_now
from lib.ports.source_reader import Fetch, SourceReader
from lib.settings import Settings

ID = "manuals"
BATCH = 128


def _write_sources(folder: Path, root: str) -> Path:
    file = folder / "sources.yaml"
    file.write_text(
        f'sources:\n  - id: {ID}\n    kind: website\n    start: ["{root}/"]\n    allow_private_network: true\n'
        f'    include: ["{root}/", "{root}/**.html", "{root}/**/", "{root}/**.html?**"]\n    schedule: "0 0 0 1 1 *"\n'
    )
    return file


def _configure(folder: Path, root: str, concurrency: int) -> Source:
    settings = Settings(
        data_dir=str(folder / "data"),
        auth="loopback",
        sources_file=str(_write_sources(folder, root)),
        fetch_concurrency=concurrency,
        crawl_slice_pages=100_000,
        crawl_slice_s=1_500,
    )
    composition.configure(settings)
    source = composition.sources().get(ID)
    assert source
    return source


def _crawl() -> int:
    """Run one crawl to its end; how many pages were new or changed."""
    crawler, sources = composition.crawler(), composition.sources()
    run = crawl_now(ID, sources, crawler=crawler)
    while run.outcome == "running":
        message = CrawlMessage(source_id=ID, crawl_id=run.crawl_id, slice=run.slice)
        after = continue_crawl(message, sources, crawler=crawler)
        assert after, "another process has this crawl"
        run = after
    print(f"{run.outcome} {run.counts}", file=sys.stderr)
    return run.counts.get("changed", 0) + run.counts.get("new", 0)


def _read(source: Source, reader: SourceReader) -> Iterator[str]:
    """Read everything that links lead to, batch by batch; the URLs of its pages."""
    waiting = [found.url for found in reader.discover(source).found]
    seen = set(waiting)
    while waiting:
        batch, waiting = waiting[:BATCH], waiting[BATCH:]
        for fetched in reader.read(source, [Fetch(url=url) for url in batch]):
            if fetched.page is None:
                continue
            yield fetched.url
            fresh = [link for link in fetched.page.links if link not in seen and source.in_scope(link)]
            seen.update(fresh)
            waiting += fresh


def _kept_urls() -> list[str]:
    """URLs of all documents there are, and of what says the same as one of them."""
    adapters, found, cursor = composition.adapters(), [], None
    while True:
        page = adapters.documents.scan(source_id=ID, cursor=cursor)
        kept = adapters.documents.get([change.document_id for change in page.changes if not change.deleted])
        states = adapters.state.read(ID, [document.url for document in kept.values()])
        found += [url for state in states.values() for url in {state.url, *state.aliases}]
        cursor = page.cursor
        if cursor is None:
            return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    source = _configure(options.folder, options.root, options.concurrency)
    adapters = composition.adapters()
    started = time.perf_counter()
    if options.keep:
        read = _crawl()
        took = time.perf_counter() - started
        found = _kept_urls()
        pages = len(found)
    else:
        found = sorted(_read(source, adapters.reader_for(source)))
        took = time.perf_counter() - started
        pages = read = len(found)
    adapters.close()
    (options.folder / "found.json").write_text(json.dumps(found))
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": took, "pages": pages, "read": read, "peak_mb": peak}))


if __name__ == "__main__":
    main()
