"""The pages of an API: one after the other, on one host, to an end."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from lib.adapters.sources.api_items import ABSENT, Item, find, load, read_items, shape
from lib.adapters.sources.listing import Listing
from lib.adapters.web.background import Emit
from lib.adapters.web.http_client import Reply, Tally
from lib.domain.sources import Source
from lib.domain.urls import normalise, origin
from lib.errors import BadInput
from lib.ports.source_reader import Account

logger = logging.getLogger(__name__)

MAX_BYTES = 20 * 1024 * 1024
"""Of one page, inflated: as objects it takes several times as much."""
MAX_PAGES = 10_000
_STALE_PAGES = 3
"""Pages in a row without a new item, after which there will be none."""
_ACCEPT = {"Accept": "application/json,*/*;q=0.1"}
_LINK = re.compile(r'<([^<>]*)>((?:[^<"]|"[^"]*")*)')
_IS_NEXT = re.compile(r"""\brel\s*=\s*["']?[^"';,]*\bnext\b""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Walks through the pages of a source."""

    listing: Listing
    source: Source
    since: str
    """The time to ask for changes after; empty: everything is asked for."""
    account: Account

    async def run(self, emit: Emit[list[Item]]) -> None:
        """
        Emit the items of each page that no page before it had.

        Raises: Unreachable if a page cannot be read now; BadInput if it is none, if paging does not end, or if there
        are more items than `max_pages`: what is not seen must not be taken for gone.
        """
        seen: dict[str, str] = {}
        for start in self.source.start:
            first = with_parameter(start, self.source.since, self.since) if self.since else start
            await self._walk(start, first, seen, emit)

    async def _walk(self, start: str, first: str, seen: dict[str, str], emit: Emit[list[Item]]) -> None:
        """`seen` has the ids of all items by address."""
        asked: set[str] = set()
        stale, url = 0, first
        while url:
            if url in asked:
                raise self._bad(url, "its `next` leads to a page that was read already", "correct its `next`")
            if len(asked) >= MAX_PAGES:
                raise self._bad(url, f"more than {MAX_PAGES:,} pages", "let a page list more items, or narrow `start`")
            asked.add(url)
            reply = await self.listing.get(url, Tally(), headers=_ACCEPT)
            answer, items, left_out = self._read(reply, url, start, is_first=not seen)
            fresh, twins = _apart(items, seen)
            self._leave_out([*left_out, *twins])
            room = self.source.max_pages - len(seen)
            seen.update({item.url: item.id for item in fresh})
            await emit(fresh[:room])
            if len(fresh) > room:
                what = f"it lists more than {self.source.max_pages:,} items"
                raise self._bad(url, what, "raise `max_pages`, or narrow `start`; nothing is deleted meanwhile")
            stale = 0 if fresh or left_out or twins else stale + 1
            url = self._next(answer, reply, first, url)
            if url and stale >= _STALE_PAGES:
                raise self._bad(url, f"{stale} pages in a row had no new item", "correct its `next`")

    def _leave_out(self, reasons: list[str]) -> None:
        if reasons:
            self.account.refused["identity"] += len(reasons)
            logger.warning("left out items source=%s count=%d: %s", self.source.id, len(reasons), reasons[0])

    def _read(self, reply: Reply, url: str, start: str, *, is_first: bool) -> tuple[Any, list[Item], list[str]]:
        try:
            answer = load(reply.body, reply.content_type)
            found = find(answer, self.source.items)
            if not isinstance(found, list):
                where = f"at `items` {self.source.items!r}" if self.source.items else "in the answer"
                there = f"{shape(found)} instead of a list"
                whole = f": the answer is {shape(answer)}" if self.source.items else ""
                raise BadInput(f"{where} there is {there}{whole}; correct its `items`")
            may_be_odd = bool(self.since) or not is_first
            fields = dict(self.source.fields)
            return answer, *read_items(found, fields, start=start, at=reply.url, may_be_odd=may_be_odd)
        except BadInput as error:
            raise BadInput(f"{self.listing.name(url)}: {error}") from error

    def _next(self, answer: Any, reply: Reply, first: str, at: str) -> str:
        """The address of the next page; empty after the last."""
        parameter, is_cursor, path = self.source.next.rpartition("=")
        value = find(answer, path) if path else _next_link(reply)
        if value is ABSENT or not value:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int) or (isinstance(value, int) and not is_cursor):
            what = f"at `next` {path!r} there is {shape(value)}"
            raise self._bad(at, what, "name the path of an address, or of a cursor as in `cursor=meta.next`")
        url = with_parameter(first, parameter, str(value)) if is_cursor else normalise(str(value), reply.url)
        if not url:
            raise self._bad(at, "the address of its next page cannot be asked for", "correct its `next`")
        if origin(url) not in {origin(start) for start in self.source.start}:
            raise self._bad(at, f"its next page is elsewhere, at {origin(url)[:200]}", "give that host in `start`")
        return url

    def _bad(self, url: str, what: str, fix: str) -> BadInput:
        return self.listing.bad(url, what, fix)


def _apart(items: list[Item], seen: Mapping[str, str]) -> tuple[list[Item], list[str]]:
    """Items that are new, each once, and why others are left out: that come again is none of that."""
    fresh: dict[str, Item] = {}
    twins = []
    for item in items:
        known = fresh[item.url].id if item.url in fresh else seen.get(item.url, item.id)
        if known != item.id:
            twins.append("several items have one url: leave `url` out of `fields`, so that ids are their addresses")
        elif item.url not in seen:
            fresh[item.url] = item
    return list(fresh.values()), twins


def with_parameter(url: str, name: str, value: str) -> str:
    """The URL, normalised, with a query parameter in place of all of that name; empty if that is too long."""
    parts = urlsplit(url)
    kept = [p for p in parts.query.split("&") if p and unquote_plus(p.partition("=")[0]) != name]
    named = f"{quote(name, safe='', errors='replace')}={quote(value, safe='', errors='replace')}"
    return normalise(urlunsplit(parts._replace(query="&".join([*kept, named])))) or ""


def _next_link(reply: Reply) -> str:
    """The target of the `Link` header with `rel=next`. Source: RFC 8288, 3."""
    for header in reply.headers.getall("Link", []):
        for target, parameters in _LINK.findall(header):
            if _IS_NEXT.search(parameters):
                return str(target)
    return ""
