"""
Scrapy with trafilatura in its callback, in an environment of its own (requirements-bench.txt).

It imports nothing of ours. `python scrapy_crawl.py ROOT FOLDER --concurrency 8` prints one line of JSON. With
`--keep`, pages are written to a feed and answers to Scrapy's HTTP cache, so that a second run asks only for changes.
"""

import argparse
import json
import re
import time
from pathlib import Path
from typing import Any

import scrapy
import trafilatura
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor


class Manuals(scrapy.Spider):
    """All pages below a root."""

    name = "manuals"

    def __init__(self, root: str) -> None:
        super().__init__()
        self.start_urls = [root + "/"]
        allow = re.escape(root) + r"/(?:[^?#]*(?:\.html|/))?(?:\?[^#]*)?(?:#.*)?$"
        self._links = LinkExtractor(allow=allow, deny_extensions=[])
        self.pages: set[str] = set()
        self.extracted = 0
        self.seconds = 0.0

    def parse(self, response: Any) -> Any:
        """Follow what it links to; extract what is new."""
        self.pages.add(response.url)
        if "cached" not in response.flags:
            self.extracted += 1
            text = trafilatura.extract(
                response.text, url=response.url, output_format="markdown", include_comments=False
            )
            yield {"url": response.url, "title": response.css("title::text").get(), "text": text}
        for link in self._links.extract_links(response):
            yield response.follow(link, self.parse)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    settings: dict[str, Any] = {
        "CONCURRENT_REQUESTS": options.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": options.concurrency,
        "DOWNLOAD_DELAY": 0,
        "AUTOTHROTTLE_ENABLED": False,
        "ROBOTSTXT_OBEY": True,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
    }
    if options.keep:
        settings |= {
            "HTTPCACHE_ENABLED": True,
            "HTTPCACHE_POLICY": "scrapy.extensions.httpcache.RFC2616Policy",
            "HTTPCACHE_DIR": str(options.folder / "cache"),
            "FEEDS": {str(options.folder / "pages.jsonl"): {"format": "jsonlines", "overwrite": True}},
        }
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(Manuals)
    process.crawl(crawler, root=options.root)
    started = time.perf_counter()
    process.start()
    took = time.perf_counter() - started
    spider = crawler.spider
    (options.folder / "found.json").write_text(json.dumps(sorted(spider.pages)))
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": took, "pages": len(spider.pages), "read": spider.extracted, "peak_mb": peak}))


if __name__ == "__main__":
    main()
