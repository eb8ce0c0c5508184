"""The files of a sitemap: index files are followed, and what has not changed is not read again."""

import asyncio
import hashlib
import json
import logging
from dataclasses import dataclass

from lib.adapters.sources.listing import Listing, conditions, validators
from lib.adapters.web.background import Emit
from lib.adapters.web.http_client import NoPage, Tally
from lib.adapters.web.sitemaps import Sitemap, parse_sitemap
from lib.domain.sources import Source
from lib.domain.urls import host, normalise
from lib.errors import BadInput
from lib.ports.source_reader import Account, Found
from lib.redaction import redacted

logger = logging.getLogger(__name__)

MAX_CURSOR_CHARS = 50_000
"""Of what is remembered of all files; with more of them, all are read each time."""
_MAX_DEPTH = 3
_MAX_FILES = 10_000
_AT_ONCE = 16
"""Files that are read before what they list is handed over."""
_ACCEPT = "application/xml,text/xml;q=0.9,text/plain;q=0.8,*/*;q=0.1"

Memory = dict[str, tuple[dict[str, str], list[str]]]
"""By address of a file, what was sent with it to tell it from a later one, and the files that it lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapFiles:
    """Reads the sitemaps of one source once."""

    listing: Listing
    source: Source
    before: Memory
    """Of an earlier discovery: a file that is as it was is not sent again."""
    memory: Memory
    """To be filled."""
    account: Account

    async def run(self, emit: Emit[list[Found]]) -> None:
        """
        Emit what each file lists in scope that no file before it does, in order; at most `max_pages` in all.

        Raises: Unreachable if one of them cannot be read now; BadInput if a start URL leads to no sitemap.
        """
        seen: set[str] = set()
        level = list(self.source.start)
        files, asked = set(level), len(level)
        for depth in range(_MAX_DEPTH + 1):
            nested: list[str] = []
            for start in range(0, len(level), _AT_ONCE):
                some = level[start : start + _AT_ONCE]
                read = await asyncio.gather(*(self._read(url, is_start=not depth) for url in some))
                for url, sitemap in zip(some, read, strict=True):
                    nested.extend(sitemap.sitemaps)
                    found = self._found(url, sitemap, seen)
                    room = self.source.max_pages - len(seen)
                    seen.update(each.url for each in found)
                    await emit(found[:room])
                    if len(found) > room:
                        logger.warning("sitemaps list too many pages source=%s kept=%d", self.source.id, len(seen))
                        self.memory.clear()  # what was left out is no part that did not change
                        return
            listed = [url for url in dict.fromkeys(nested) if url not in files]
            files.update(listed)
            level = [url for url in listed if self._may_follow(url)]
            self.account.refused.update("scope" for _ in range(len(listed) - len(level)))
            level = level[: max(0, _MAX_FILES - asked)]
            asked += len(level)

    def _found(self, url: str, sitemap: Sitemap, seen: set[str]) -> list[Found]:
        part = part_of(url)
        pages: dict[str, str] = {}
        for spelt, modified in sitemap.pages:
            page = normalise(spelt)
            if page and page not in seen and page not in pages and self.source.in_scope(page):
                pages[page] = modified
        return [Found(url=page, stamp=modified, part=part) for page, modified in pages.items()]

    def _may_follow(self, url: str) -> bool:
        """Sitemaps listed by an index must be of a host that the source names, or in scope."""
        normal = normalise(url)
        if normal is None:
            return False
        hosts = {host(start).removeprefix("www.") for start in self.source.start}
        return host(normal).removeprefix("www.") in hosts or self.source.in_scope(normal)

    async def _read(self, url: str, *, is_start: bool) -> Sitemap:
        try:
            return await self._ask(url)
        except NoPage as problem:
            if is_start or problem.outcome == "failed":
                raise self.listing.error(url, problem) from problem
            self.account.refused[problem.rule or "other"] += 1
            logger.warning("skipped sitemap source=%s url=%s reason=%s", self.source.id, redacted(url), problem.reason)
            return Sitemap()

    async def _ask(self, url: str) -> Sitemap:
        """Raises: NoPage."""
        sent, lists = self.before.get(url, ({}, []))
        headers = {"Accept": _ACCEPT, **conditions(sent)}
        reply = await self.listing.ask(normalise(url) or url, Tally(), headers=headers)
        if reply.status == 304:
            self.account.unchanged.add(part_of(url))
            self.memory[url] = sent, lists
            return Sitemap(sitemaps=tuple(lists))
        try:
            sitemap = await asyncio.to_thread(parse_sitemap, reply.body, content_type=reply.content_type)
        except BadInput as error:
            raise NoPage("refused", str(error), rule="type") from error
        if sent := validators(reply):
            self.memory[url] = sent, list(sitemap.sitemaps)
        return sitemap


def part_of(url: str) -> str:
    """What the part of the listing is called that a file is."""
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()[:12]


def cursor_of(memory: Memory) -> str:
    """Write what is to be remembered; empty for nothing, or too much."""
    text = json.dumps(memory, sort_keys=True) if memory else ""
    return text if len(text) <= MAX_CURSOR_CHARS else ""


def memory_of(cursor: str) -> Memory:
    """What `cursor_of` wrote; nothing if that cannot be read."""
    try:
        return {
            url: ({name: str(value) for name, value in sent.items()}, [str(each) for each in lists])
            for url, (sent, lists) in json.loads(cursor).items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}
