"""`bench`: time everything."""

import argparse
import importlib


def run(options: argparse.Namespace) -> int:
    """Run the benchmarks; the table goes to stdout."""
    benchmarks = importlib.import_module("benchmarks.run")
    if options.crawl:
        return int(benchmarks.compare_crawls(rounds=options.rounds, sample=options.sample, only=options.manuals))
    return int(benchmarks.main(pages=options.pages, chunks=options.chunks))
