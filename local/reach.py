"""The app, wherever it is: the one that runs on this machine, else the data folder."""

import argparse
from typing import Any

from local.client import NotRunning, call
from local.offline import offline_api


def reach(options: argparse.Namespace, method: str, path: str, body: Any = None) -> Any:
    """Answer a request through the running app, or without one from the data folder. Raises: BadInput, Refused."""
    try:
        return call(options, method, path, body)
    except NotRunning:
        return offline_api(options, method, path, body)
