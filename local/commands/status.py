"""`status`: the status report."""

import argparse
import json

from local.client import NotRunning, call
from local.offline import offline_api


def run(options: argparse.Namespace) -> int:
    """Print the report as JSON."""
    try:
        report = call(options, "GET", "/api/status")
    except NotRunning:
        report = {**offline_api(options, "GET", "/api/status"), "running": False}
    print(json.dumps(report, indent=2))
    return 0
