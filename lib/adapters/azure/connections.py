"""Connections to a service, enough for all threads of a process."""

import requests
import requests.adapters

CONNECTIONS = 64
"""The default of ten would close and open connections all the time: a host runs some twenty threads."""


def session() -> requests.Session:
    """A pool of connections that does not retry by itself: that is the SDK's business."""
    made = requests.Session()
    for scheme in ("https://", "http://"):
        made.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS, max_retries=False))
    return made
