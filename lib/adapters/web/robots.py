"""robots.txt as RFC 9309 has it: fetched once per origin and hour, and believed even when it cannot be read."""

import asyncio
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from protego import Protego

from lib.adapters.web.http_client import HttpClient, NoPage, Tally
from lib.adapters.web.page_head import ROBOT
from lib.adapters.web.politeness import MAX_PAUSE_S
from lib.adapters.web.robots_paths import Paths
from lib.domain.urls import host, normalise, origin
from lib.ports.clock import Clock

MAX_BYTES = 500 * 1024
"""RFC 9309, 2.5: parsers must handle at least this much; the rest is not read."""
_MAX_REDIRECTS = 5
_KEPT = timedelta(hours=1)
_KEPT_FAILURE = timedelta(seconds=30)
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARK = re.compile(rb"\A\xef(?:\xbb(?:\xbf)?)?")
"""A byte order mark, whole or cut."""
_RECORD = re.compile(
    r"(user[ -]?agent|allow|disallow|dissallow|dissalow|disalow|diasllow|disallaw|crawl[ -]delay|request[ -]rate)"
    r"(?:\s*:|\s)\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
"""What concerns us, with the misspellings and the missing colon that are meant kindly everywhere."""
_TOKEN = re.compile(r"\*(?!\S)|[A-Za-z_-]+")
_NOT_PLAIN = re.compile(r"[^!-~]")


@dataclass(frozen=True, slots=True)
class Rules:
    """What an origin allows us."""

    paths: Paths = field(default_factory=lambda: Paths(()))
    gap_s: float = 0.0
    """Seconds between requests that it asks for, by crawl-delay or request-rate."""

    def allows(self, url: str) -> bool:
        """Say whether a normalised URL may be fetched."""
        return self.paths.allow(url)


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
            raise NoPage("refused", "robots.txt forbids it", rule="robots")

    async def rules(self, of: str, tally: Tally) -> Rules:
        """Rules of an origin. Raises: NoPage."""
        known = self._known(of)
        if known is None:
            async with self._fetching.setdefault(of, asyncio.Lock()):
                known = self._known(of) or await self._fetch(of, tally)
        if isinstance(known, NoPage):
            raise known
        self._client.paces.set_gap(host(of + "/"), known.gap_s)
        return known

    def _known(self, of: str) -> Rules | NoPage | None:
        """What is known; nothing of a host on trial: this file tells whether it is back, since a page may be broken."""
        return None if self._client.paces.is_on_trial(host(of + "/")) else self._cache.get(of)

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
            elif 200 <= reply.status < 300:
                return parse(reply.body, is_cut=reply.is_cut)
            elif reply.status == 304:
                raise NoPage("failed", "robots.txt cannot be read now: HTTP 304 without having been asked", status=304)
            else:
                return Rules()  # 4xx: there are no rules
        return Rules()


def parse(body: bytes, *, is_cut: bool = False) -> Rules:
    """
    Parse a robots.txt so that only our exact product token speaks to us, or `*` where no group does.

    The groups are put together as RFC 9309 (2.1, 2.2.1, 2.2.4) and Google's open parser have it; protego reads paces.
    `is_cut`: the last line is not whole, and is left out.
    """
    if is_cut:
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r")) + 1]
    records = _our_records(_MARK.sub(b"", body).decode("utf-8", "surrogateescape"))
    return Rules(
        paths=Paths((name, value) for name, value in records if name[0] in "ad"),
        gap_s=_gap_s([f"{name}: {value}" for name, value in records if name[0] not in "ad"]),
    )


def _gap_s(records: list[str]) -> float:
    paces = Protego.parse("\n".join(("User-agent: *", *records)))
    rate = paces.request_rate("*")
    between_s = min(rate.seconds, int(MAX_PAUSE_S)) / rate.requests if rate else 0.0  # no number is too long for it
    return max(paces.crawl_delay("*") or 0.0, between_s)


def _our_records(text: str) -> list[tuple[str, str]]:
    """
    Rules and paces of all groups for us, joined.

    A pace is no part of the protocol: it holds for the agents named before it and leaves their group open.
    """
    records: dict[str, list[tuple[str, str]]] = {}
    spoken_to: set[str] = set()
    is_open = True  # a further agent line joins the group
    for line in _LINE_END.split(text):
        match = _RECORD.fullmatch(line.partition("#")[0].partition("\0")[0].strip())
        if match is None:
            continue
        name, value = match[1].lower(), match[2]
        if name.startswith("user"):
            spoken_to = spoken_to if is_open else set()
            is_open = True
            token = _TOKEN.match(value)
            agent = token[0].lower() if token else ""
            if agent in ("*", ROBOT):
                records.setdefault(agent, [])
                spoken_to.add(agent)
            continue
        if name[0] in "ad":
            is_open = False
            value = _NOT_PLAIN.sub(_escaped, value)
        for agent in spoken_to:
            records[agent].append((name, value))
    return records.get(ROBOT, records.get("*", []))


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogateescape"))


def _wants(status: int, headers: Mapping[str, str]) -> bool:
    del headers
    return 200 <= status < 300
