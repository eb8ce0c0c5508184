"""From a site to answers: crawl, build, re-crawl, edit."""

import random
import sqlite3
import time
from pathlib import Path
from typing import Any

from benchmarks.product import Product, wait_for
from benchmarks.words import paragraph, title
from tests.site import Site, page

PARAGRAPHS, SENTENCES = 8, 5


def write_site(site: Site, pages: int) -> None:
    """A start page that leads to `pages` pages of eight paragraphs (about 1,000 words) each."""
    site.pages = {"/": page("Contents", "All pages of this site.", *[f"/p{n}" for n in range(pages)])}
    for number in range(pages):
        site.pages[f"/p{number}"] = write_page(number, pages)


def write_page(number: int, pages: int, edit: str = "") -> str:
    seed = random.Random(number)
    text = "\n\n".join(paragraph(seed, SENTENCES) for _ in range(PARAGRAPHS))
    return page(
        title(number), f"{text}\n\n{edit}" if edit else text, *[f"/p{(number * 7 + k) % pages}" for k in range(5)]
    )


def measure(folder: Path, pages: int) -> dict[str, Any]:
    """First crawl, an unchanged re-crawl, an edit: times, rates, writes, memory, disk."""
    with Site() as site:
        write_site(site, pages)
        sources = (
            f'sources:\n  - id: site\n    kind: website\n    start: ["{site.url}/"]\n'
            '    allow_private_network: true\n    schedule: "0 0 0 1 1 *"\n'
        )
        with Product(folder, sources) as product:
            took = wait_for(lambda: product.settled(pages + 1), 3_600) + product.ready_s
            report = product.get("/api/status")
            [source] = report["sources"]
            crawl_s = _seconds(source["started_at"], source["last_crawl"])
            found = {
                "pages": pages + 1,
                "pages crawled a second": round((pages + 1) / max(crawl_s, 0.001), 1),
                "start-up, s": round(product.ready_s, 1),
                "site to searchable, s (with start-up)": round(took, 1),
                "chunks": report["chunks"],
                "chunks embedded a second": round(report["chunks"] / max(took - product.ready_s, 0.001), 1),
                "embedding tokens": report["tokens"]["embedding"],
            }
            found |= _recrawl(product, site, report)
            found |= _edit(product, site, pages)
            found["peak memory, MB"] = round(product.peak_memory_mb())
            found["disk for a chunk, KB"] = round(product.disk_mb() * 1000 / report["chunks"], 1)
    return found


def _recrawl(product: Product, site: Site, before: dict[str, Any]) -> dict[str, Any]:
    """An unchanged site again: what it asks of the site, and what it writes."""
    writes = _writes(product.data)
    site.requests.clear()
    crawl = _start_crawl(product)
    wait_for(lambda: _is_over(product, crawl), 3_600)
    after = _writes(product.data)
    report = product.get("/api/status")
    return {
        "re-crawl: requests": len(site.requests),
        "re-crawl: answered 304": sum(status == 304 for _, status in site.requests),
        "re-crawl: bytes": report["sources"][0]["counts"].get("bytes", 0),
        "re-crawl: s": round(_seconds(report["sources"][0]["started_at"], report["sources"][0]["last_crawl"]), 2),
        "re-crawl: writes to documents": after["documents"] - writes["documents"],
        "re-crawl: writes to features": after["features"] - writes["features"],
        "re-crawl: writes to the index": after["index"] - writes["index"],
        "re-crawl: embedding tokens": report["tokens"]["embedding"] - before["tokens"]["embedding"],
    }


def _edit(product: Product, site: Site, pages: int) -> dict[str, Any]:
    """One page changes: seconds from the crawl's start until a search finds the new words."""
    seconds = []
    for round_ in range(5):
        word = f"quokka{round_}"
        site.pages["/p3"] = write_page(3, pages, f"The {word} lives beside the canal and eats figs.")
        started = time.perf_counter()
        crawl = _start_crawl(product)
        wait_for(lambda word=word: _finds(product, word), 120)  # type: ignore[misc]
        seconds.append(time.perf_counter() - started)
        wait_for(lambda crawl=crawl: _is_over(product, crawl), 120)  # type: ignore[misc]
    return {"edit to searchable, s (median of 5, whole re-crawl included)": round(sorted(seconds)[2], 2)}


def _finds(product: Product, word: str) -> bool:
    return any(
        word in hit["text"] for hit in product.post("/api/search", {"query": f"where does the {word} live"})["hits"]
    )


def _start_crawl(product: Product) -> str:
    return str(product.post("/api/admin/sources/site/crawl", {})["crawl_id"])


def _is_over(product: Product, crawl: str) -> bool:
    report = product.get("/api/status")
    [source] = report["sources"]
    is_complete = source.get("crawl_id") == crawl and source["outcome"] == "complete"
    return bool(is_complete and report["queued"] == 0)


def _writes(data: Path) -> dict[str, int]:
    """How often rows were ever written, by the numbers that the databases give them (the heartbeat has its own)."""
    [index] = (data / "index").glob("*.db")
    return {
        "documents": _number(data / "store.db", "SELECT sum(version) FROM documents"),
        "features": _number(data / "store.db", "SELECT max(revision) FROM heads"),
        "index": _number(index, "SELECT sum(seq) FROM sqlite_sequence"),
    }


def _number(path: Path, query: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(query).fetchone()[0] or 0)
    finally:
        connection.close()


def _seconds(start: str, end: str) -> float:
    from lib.domain.times import parse_iso

    return (parse_iso(end) - parse_iso(start)).total_seconds()
