"""Commands talk to the running app; without one, they work on the data folder themselves."""

import argparse
import json
import urllib.error
import urllib.request
from typing import Any

from lib.errors import PlumblineError


class NotRunning(PlumblineError):
    """Nothing answers at the port."""


class Refused(PlumblineError):
    """The app answered with a problem document."""


def call(options: argparse.Namespace, method: str, path: str, body: Any = None) -> Any:
    """Send a request to the app on this machine; returns its JSON. Raises: NotRunning, Refused."""
    url = f"http://127.0.0.1:{options.port}{path}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data, headers, method=method), timeout=300) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise Refused(_problem(error)) from error
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        raise NotRunning(f"nothing answers at {url}: start it with `python3 dev.py up`") from error


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        problem = json.load(error)
        return f"{problem.get('title', error.code)}: {problem.get('detail', '')}"
    except (ValueError, AttributeError):
        return f"status {error.code} from {error.url}"
