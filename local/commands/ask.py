"""`ask`: a question, its answer, its sources."""

import argparse
import json
import sys
from typing import Any

from local.client import NotRunning, call
from local.offline import offline_api


def run(options: argparse.Namespace) -> int:
    """Print the answer with its citations; exit code 2 for a refusal."""
    try:
        answer = call(options, "POST", "/api/ask", {"question": options.question})
    except NotRunning:
        answer = offline_api(options, "POST", "/api/ask", {"question": options.question})
    if options.json:
        print(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        _print(answer)
    return 2 if answer["refused"] else 0


def _print(answer: dict[str, Any]) -> None:
    print(answer["answer"])
    for citation in answer["citations"]:
        print(f"\n[{citation['marker']}] {citation['title']}  {citation['url']}")
        print(f'    "{" ".join(citation["quote"].split())}"')
    if answer["note"] and not answer["refused"]:
        print(f"\n({answer['note']})", file=sys.stderr)
