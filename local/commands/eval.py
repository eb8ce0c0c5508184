"""`eval`: score retrieval and answers."""

import argparse
import importlib


def run(options: argparse.Namespace) -> int:
    """Run the evaluation; its table goes to stdout."""
    return int(importlib.import_module("evals.run").main(quick=options.quick))
