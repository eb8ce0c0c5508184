"""robots.txt as RFC 9309 has it: fetched once per origin and hour, and believed even when it cannot be read."""

import asyncio
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from protego import Protego

from lib.adapters.web.http_client import HttpClient, NoPage, Tally
from lib.adapters.web.page_head import ROBOT
from lib.domain.urls import host, normalise, origin
from lib.ports.clock import Clock

MAX_BYTES = 500 * 1024
"""RFC 9309, 2.5: parsers must handle at least this much; the rest is not read."""
_MAX_REDIRECTS = 5
_KEPT = timedelta(hours=1)
_KEPT_FAILURE = timedelta(seconds=30)
_AGENT_LINE = re.compile(r"^([ \t]*user[ -]?agent[ \t]*:)[ \t]*([^#\r\n]*)", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(r"\*|[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """What an origin allows us. Without `parsed` it allows everything."""

    parsed: Protego | None = None

    def allows(self, url: str) -> bool:
        """Say whether a URL may be fetched."""
        return self.parsed is None or self.parsed.can_fetch(url, ROBOT)

    @property
    def gap_s(self) -> float:
        """Seconds between requests that it asks for, by crawl-delay or request-rate."""
        if self.parsed is None:
            return 0.0
        rate = self.parsed.request_rate(ROBOT)
        return max(self.parsed.crawl_delay(ROBOT) or 0.0, rate.seconds / rate.requests if rate else 0.0)


@dataclass(frozen=True, slots=True)
class _Known:
    rules: Rules | NoPage
    until: datetime


class RobotsCache:
    """What is known of origins' robots.txt. Lives as long as its reader; safe between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def get(self, of: str) -> Rules | NoPage | None:
        """Rules of an origin, why they could not be read, or None if unknown or too old."""
        with self._lock:
            known = self._known.get(of)
            return known.rules if known is not None and known.until > self._clock.now() else None

    def forget(self) -> None:
        """Read every robots.txt anew when it is next needed: a crawl begins."""
        with self._lock:
            self._known.clear()

    def put(self, of: str, rules: Rules | NoPage) -> None:
        """Remember rules for an hour, a failure for half a minute."""
        with self._lock:
            kept = _KEPT if isinstance(rules, Rules) else _KEPT_FAILURE
            self._known[of] = _Known(rules, self._clock.now() + kept)


class Robots:
    """Answers, within one call, whether a URL may be fetched; fetches each robots.txt at most once at a time."""

    def __init__(self, client: HttpClient, cache: RobotsCache) -> None:
        self._client = client
        self._cache = cache
        self._fetching: dict[str, asyncio.Lock] = {}

    async def check(self, url: str, tally: Tally) -> None:
        """
        Pass if robots.txt allows the URL.

        Raises: NoPage: `refused` if it forbids it, `failed` if it cannot be read now (so nothing is taken for gone).
        """
        rules = await self.rules(origin(url), tally)
        if not rules.allows(url):
            raise NoPage("refused", "robots.txt forbids it")

    async def rules(self, of: str, tally: Tally) -> Rules:
        """Rules of an origin. Raises: NoPage."""
        known = self._cache.get(of)
        if known is None:
            async with self._fetching.setdefault(of, asyncio.Lock()):
                known = self._cache.get(of) or await self._fetch(of, tally)
        if isinstance(known, NoPage):
            raise known
        self._client.paces.set_gap(host(of + "/"), known.gap_s)
        return known

    async def _fetch(self, of: str, tally: Tally) -> Rules | NoPage:
        own = Tally()
        try:
            found: Rules | NoPage = await self._read(of + "/robots.txt", own)
        except NoPage as problem:
            found = problem
        tally.requests += own.requests
        tally.size_bytes += own.size_bytes
        self._cache.put(of, found)
        return found

    async def _read(self, url: str, tally: Tally) -> Rules:
        at = url
        for hop in range(_MAX_REDIRECTS + 1):
            try:
                reply = await self._client.get(at, tally=tally, max_bytes=MAX_BYTES, wants=_wants)
            except NoPage as problem:
                if problem.is_address and hop == 0:
                    raise
                raise NoPage(
                    "failed",
                    f"robots.txt cannot be read now: {problem.reason}",
                    status=problem.status,
                    retry_after_s=problem.retry_after_s,
                ) from problem
            if reply.status in (301, 302, 303, 307, 308):
                target = normalise(reply.headers.get("Location", ""), at)
                if target is None:
                    return Rules()
                at = target
            elif reply.status == 200:
                return Rules(parse(reply.body, is_cut=reply.is_cut))
            else:
                return Rules()  # 4xx: there are no rules
        return Rules()


def parse(body: bytes, *, is_cut: bool = False) -> Protego:
    """
    Parse a robots.txt so that only `*` and our exact product token speak to us.

    protego matches a token by its beginning, RFC 9309 (2.2.1) as a whole: groups for others are renamed first.
    """
    if is_cut:
        body = body[: body.rfind(b"\n") + 1]
    return Protego.parse(_AGENT_LINE.sub(_exact_agent, body.decode("utf-8-sig", "replace")))


def _exact_agent(match: re.Match[str]) -> str:
    token = _TOKEN.match(match[2].strip())
    name = token[0].lower() if token else ""
    return f"{match[1]} {name if name in ('*', ROBOT) else 'another'}"


def _wants(status: int, headers: Mapping[str, str]) -> bool:
    del headers
    return status == 200
