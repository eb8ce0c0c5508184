"""`held`: what was held back, to be released or discarded."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from lib.errors import BadInput
from local.columns import harmless
from local.reach import reach

AT_ONCE = 100
"""Ids of one request."""
MASS_DELETE = "mass-delete"
DONE = {"release": "released", "discard": "discarded"}


def run(options: argparse.Namespace) -> int:
    """List, show, release or discard."""
    if options.all and (options.act != "release" or not options.source or options.ids):
        raise BadInput("--all releases all pages of one source: `python3 dev.py held release --all --source ID`")
    if options.act == "list":
        return _list(options)
    if options.act == "show":
        return _show(options)
    ids = _pages_of(options) if options.all else options.ids
    if not ids and not options.all:
        raise BadInput(f"name what to {options.act}: `python3 dev.py held` lists the ids")
    count = 0
    for start in range(0, len(ids), AT_ONCE):
        body = {"ids": ids[start : start + AT_ONCE]}
        count += reach(options, "POST", f"/api/admin/held/{options.act}", body)["count"]
    print(json.dumps({"count": count}) if options.json else f"{DONE[options.act]} {count}")
    return 0


def _list(options: argparse.Namespace) -> int:
    items = list(_items(options))
    if options.json:
        print(json.dumps(items, indent=2))
    elif not items:
        print("nothing is held back", file=sys.stderr)
    else:
        rows = [("ID", "SOURCE", "RULE", "TIMES", "SINCE", "URL")]
        rows += [
            (i["id"], i["source_id"], i["rule"], str(i["count"]), i["first_at"][:16], i["url"] or i["reason"])
            for i in items
        ]
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]) - 1)]
        for row in rows:
            line = "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
            print(harmless(line))
    return 0


def _show(options: argparse.Namespace) -> int:
    if len(options.ids) != 1:
        raise BadInput("name one held item: `python3 dev.py held` lists the ids")
    shown = reach(options, "GET", f"/api/admin/held/{quote(options.ids[0], safe='')}")
    if options.json:
        print(json.dumps(shown, indent=2))
        return 0
    item = shown["item"]
    seen = "seen once" if item["count"] == 1 else f"seen {item['count']} times"
    lines = [
        item["url"] or f"the deletions of crawl {item['crawl_id']}",
        f"source {item['source_id']}, held since {item['first_at']}, {seen}",
        f"{item['rule']}: {item['reason']}",
        *(f"found: {flag}" for flag in shown["flags"]),
        *(f"would be deleted: {url}" for url in shown["pages"]),
    ]
    print(harmless("\n".join([*lines, "", shown["diff"]]).rstrip()))
    if shown["diff_cut"]:
        print("(the difference goes on: --json prints both texts whole)", file=sys.stderr)
    return 0


def _pages_of(options: argparse.Namespace) -> list[str]:
    """Ids of all held pages of a source. A deletion is never released unnamed."""
    items = list(_items(options))
    for item in items:
        if item["rule"] == MASS_DELETE:
            print(f"left out: {item['id']} deletes documents, release it by its id", file=sys.stderr)
    return [item["id"] for item in items if item["rule"] != MASS_DELETE]


def _items(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    after = ""
    while after is not None:
        query = {"after": after, "limit": 1_000, **({"source_id": options.source} if options.source else {})}
        page = reach(options, "GET", f"/api/admin/held?{urlencode(query)}")
        yield from page["held"]
        after = page["next"]
