"""`search`: the best passages."""

import argparse
import json

from local.client import NotRunning, call
from local.offline import offline_api


def run(options: argparse.Namespace) -> int:
    """Print the hits, best first; exit code 2 if there are none."""
    body = {"query": options.query, "top": options.top}
    try:
        found = call(options, "POST", "/api/search", body)
    except NotRunning:
        found = offline_api(options, "POST", "/api/search", body)
    if options.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for place, hit in enumerate(found["hits"], start=1):
            heading = f" > {hit['heading']}" if hit["heading"] else ""
            print(f"{place}. {hit['title']}{heading}  {hit['url']}  ({hit['score']:.2f})")
            print(f"   {' '.join(hit['text'].split())[:300]}\n")
    return 0 if found["hits"] else 2
