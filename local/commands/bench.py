"""`bench`: time everything."""

import argparse
import importlib


def run(options: argparse.Namespace) -> int:
    """Run the benchmarks; the table goes to stdout."""
    return int(importlib.import_module("benchmarks.run").main(pages=options.pages, chunks=options.chunks))
