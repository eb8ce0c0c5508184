"""Where a crawl of a sitemap source starts: everything its sitemaps list."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from lib.adapters.web.http_client import HttpClient, NoPage, Reply, Tally
from lib.adapters.web.robots import Robots
from lib.adapters.web.sitemaps import MAX_BYTES, Sitemap, parse_sitemap
from lib.domain.sources import Source
from lib.domain.urls import host, normalise
from lib.errors import BadInput, Unreachable

logger = logging.getLogger(__name__)

_MAX_DEPTH = 3
_MAX_FILES = 10_000
_MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeding:
    """Reads the sitemaps of one source."""

    client: HttpClient
    robots: Robots
    source: Source
    refused: Counter[str] = field(default_factory=Counter)
    """Listed sitemaps that were left out, by rule."""

    async def pages(self) -> dict[str, str]:
        """
        Normalised URLs in scope that the sitemaps list, in order, with their `lastmod`; at most `max_pages` of them.

        Raises: Unreachable if one of them cannot be read now; BadInput if a start URL leads to no sitemap.
        """
        found: dict[str, str] = {}
        level = list(self.source.start)
        seen, asked = set(level), len(level)
        for depth in range(_MAX_DEPTH + 1):
            nested: list[str] = []
            for sitemap in await asyncio.gather(*(self._read(url, is_start=depth == 0) for url in level)):
                for url, modified in sitemap.pages:
                    page = normalise(url)
                    if page and page not in found and self.source.in_scope(page):
                        found[page] = modified
                nested.extend(sitemap.sitemaps)
            if len(found) >= self.source.max_pages:
                logger.warning("sitemaps list too many pages source=%s kept=%d", self.source.id, self.source.max_pages)
                return dict(islice(found.items(), self.source.max_pages))
            listed = [url for url in dict.fromkeys(nested) if url not in seen]
            seen.update(listed)
            level = [url for url in listed if self._may_follow(url)]
            self.refused.update("scope" for _ in range(len(listed) - len(level)))
            level = level[: max(0, _MAX_FILES - asked)]
            asked += len(level)
            if not level:
                break
        return found

    def _may_follow(self, url: str) -> bool:
        """Sitemaps listed by an index must be of a host that the source names, or in scope."""
        normal = normalise(url)
        if normal is None:
            return False
        hosts = {host(start).removeprefix("www.") for start in map(normalise, self.source.start) if start}
        return host(normal).removeprefix("www.") in hosts or self.source.in_scope(normal)

    async def _read(self, url: str, *, is_start: bool) -> Sitemap:
        try:
            reply = await self._get(url)
            return await asyncio.to_thread(parse_sitemap, reply.body, content_type=reply.content_type)
        except NoPage as problem:
            if problem.outcome == "failed":
                raise Unreachable(f"sitemap {url!r} cannot be read now: {problem.reason}") from problem
            return self._skip(url, problem.reason, problem.rule, is_start=is_start)
        except BadInput as error:
            return self._skip(url, str(error), "type", is_start=is_start)

    def _skip(self, url: str, reason: str, rule: str, *, is_start: bool) -> Sitemap:
        if is_start:
            raise BadInput(f"sitemap {url!r} of source {self.source.id!r}: {reason}; correct its `start`")
        self.refused[rule or "other"] += 1
        logger.warning("skipped sitemap source=%s url=%s reason=%s", self.source.id, url, reason)
        return Sitemap()

    async def _get(self, url: str) -> Reply:
        tally = Tally()
        at = normalise(url)
        for _ in range(_MAX_REDIRECTS + 1):
            if at is None:
                raise NoPage("refused", "not an http or https URL", rule="redirect")
            await self.robots.check(at, tally)
            reply = await self.client.get(at, tally=tally, max_bytes=MAX_BYTES, wants=_wants)
            if reply.status not in (200, 301, 302, 303, 307, 308):
                raise NoPage("refused", f"HTTP {reply.status}", rule="status")
            if reply.is_cut:
                raise NoPage("refused", f"larger than {MAX_BYTES:,} bytes: split it, as the protocol asks", rule="size")
            if reply.status == 200:
                return reply
            at = normalise(reply.headers.get("Location", ""), at)
        raise NoPage("refused", f"more than {_MAX_REDIRECTS} redirects", rule="redirect")


def _wants(status: int, headers: Mapping[str, str]) -> bool:
    del headers
    return status == 200
