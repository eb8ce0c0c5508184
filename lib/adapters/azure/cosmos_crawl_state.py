"""Crawl runs and URL states in Cosmos DB."""

import hashlib
import heapq
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

from lib.adapters.azure.cosmos_container import CosmosContainer, Item
from lib.adapters.azure.cosmos_items import batches, known, pack, unpack
from lib.errors import Conflict
from lib.ports.crawl_state import CrawlRun, UrlState

_RUN = "run"
_END = "!"
"""Sorts after the space that ends a crawl's id in the keys below."""


class CosmosCrawlState:
    """
    CrawlState: an item for the run and one for each URL, in the partition of the source.

    Three keys, each there only while it applies, let queries read just what they return, in order: `frontier` (crawl,
    depth, order, URL), `held` (crawl that met it last, URL; it has a document) and `lost` (the same, found gone).

    `save` is all or nothing up to 100 states of a source and 1.8 MB. Beyond, it is a row of batches, safe to be killed
    between: states that only open URLs come first, so a page never leaves the frontier before its links are in it; and
    states that speak of each other (a document handed from one URL to another) share a batch, unless they are more than
    100. What is lost is repeated. States of several sources are apart.
    """

    def __init__(self, *, crawl_state: CosmosContainer) -> None:
        self._crawls = crawl_state

    def load_run(self, source_id: str) -> CrawlRun | None:
        item = self._crawls.read("crawls.load_run", _RUN, source_id)
        return CrawlRun(**known(CrawlRun, item)) if item else None

    def save_run(self, run: CrawlRun) -> CrawlRun:
        what = "crawls.save_run"
        saved = replace(run, revision=run.revision + 1)
        # The mark tells our own write, whose answer was lost, from an equal one of somebody else.
        item = {"id": _RUN, "schema": 1, **asdict(saved), "write": secrets.token_hex(8)}
        before = self._crawls.read(what, _RUN, run.source_id) if run.revision else None
        stored = before["revision"] if before else 0
        if stored == run.revision and (
            self._crawls.replace(what, item, etag=before["_etag"]) if before else self._crawls.create(what, item)
        ):
            return saved
        raise Conflict(
            f"the crawl of source {run.source_id!r} was saved by somebody else (not revision {run.revision} any more):"
            " load it again"
        )

    def read(self, source_id: str, urls: Sequence[str]) -> dict[str, UrlState]:
        keys = [(_url_id(url), source_id) for url in dict.fromkeys(urls)]
        return {item["url"]: _state(item) for item in self._crawls.read_many("crawls.read", keys)}

    def save(self, states: Sequence[UrlState]) -> None:
        for source in dict.fromkeys(state.source_id for state in states):
            groups = _groups([state for state in states if state.source_id == source])
            for batch in batches([_item(state) for state in group] for group in groups):
                self._crawls.batch("crawls.save", [("upsert", (item,), {}) for item in batch], source)

    def pending(self, source_id: str, crawl_id: str, *, limit: int) -> list[UrlState]:
        return list(map(_state, self._between("frontier", source_id, f"{crawl_id} ", crawl_id + _END, limit)))

    def unseen(self, source_id: str, crawl_id: str, *, limit: int) -> list[UrlState]:
        # What this crawl found gone, and one short range for each other crawl that was the last to meet something,
        # merged by URL. What this crawl has met, which is nearly everything, is never read.
        start, end = f"{crawl_id} ", crawl_id + _END
        ranges = [self._between("lost", source_id, start, end, limit)]
        for place, until in (("", start), (end, "\uffff")):
            after = place
            while items := self._between("held", source_id, after, until, limit):
                other = items[0]["crawl_id"]
                ranges.append([item for item in items if item["crawl_id"] == other])
                after = other + _END
        merged = heapq.merge(*ranges, key=lambda item: str(item["url"]))
        return list(map(_state, islice(merged, limit)))

    def _between(self, key: str, source_id: str, start: str, end: str, limit: int) -> list[Item]:
        query = f"SELECT * FROM c WHERE c.{key} >= @start AND c.{key} < @end ORDER BY c.{key}"  # noqa: S608 - ours
        values = {"start": start, "end": end}
        return self._crawls.query(f"crawls.{key}", query, values, partition=source_id, limit=limit)


def _groups(states: Iterable[UrlState]) -> list[list[UrlState]]:
    """Put states together that speak of each other; groups that only open URLs come first."""
    latest = {state.url: state for state in states}
    leader = {url: url for url in latest}

    def find(url: str) -> str:
        while leader[url] != url:
            url = leader[url]
        return url

    holders: dict[str, str] = {}
    for state in latest.values():
        spoken_of = [state.canonical, *state.aliases]
        if state.document_id:
            spoken_of.append(holders.setdefault(state.document_id, state.url))
        for other in spoken_of:
            if other in latest:
                leader[find(other)] = find(state.url)
    groups: dict[str, list[UrlState]] = {}
    for url, state in latest.items():
        groups.setdefault(find(url), []).append(state)
    return sorted(groups.values(), key=lambda group: not all(state.pending for state in group))


def _url_id(url: str) -> str:
    return "url-" + hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _item(state: UrlState) -> Item:
    item: dict[str, Any] = {"id": _url_id(state.url), "schema": 1, **asdict(state)}
    item["aliases"] = list(state.aliases)
    item["links"] = pack(json.dumps(state.links)) if state.links else ""
    if state.pending:
        item["frontier"] = f"{state.crawl_id} {state.depth:012d} {state.order:020d} {state.url}"
    if state.document_id:
        item["held"] = f"{state.crawl_id} {state.url}"
        if state.gone:
            item["lost"] = item["held"]
    return item


def _state(item: Item) -> UrlState:
    values = known(UrlState, item)
    values["aliases"] = tuple(values["aliases"])
    values["links"] = tuple(json.loads(unpack(values["links"]))) if values["links"] else ()
    return UrlState(**values)
