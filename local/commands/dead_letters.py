"""`dead-letters`: messages that kept failing."""

import argparse
import json
import sys

from lib.errors import BadInput
from local.client import NotRunning, call
from local.offline import offline_api


def run(options: argparse.Namespace) -> int:
    """List, replay or discard."""
    if options.act == "list":
        found = _call(options, "GET", "/api/admin/dead-letters")
        print(json.dumps(found["dead_letters"], indent=2))
        return 0
    ids = options.ids
    if options.act == "discard" and not ids:
        raise BadInput("name what to discard: `python3 dev.py dead-letters` lists the ids")
    if options.act == "replay" and not ids:
        ids = [letter["id"] for letter in _call(options, "GET", "/api/admin/dead-letters")["dead_letters"]]
        if not ids:
            print("there are no dead letters", file=sys.stderr)
            return 0
    print(json.dumps(_call(options, "POST", f"/api/admin/dead-letters/{options.act}", {"ids": ids})))
    return 0


def _call(options: argparse.Namespace, method: str, path: str, body: object = None) -> dict[str, list[dict[str, str]]]:
    try:
        found = call(options, method, path, body)
    except NotRunning:
        found = offline_api(options, method, path, body)
    return dict(found)
