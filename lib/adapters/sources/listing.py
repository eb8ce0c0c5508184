"""Asking for a listing: only if it changed, with headers for the hosts of `start` alone, errors that say what to do."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lib.adapters.sources.tools import headers_of
from lib.adapters.web.http_client import HttpClient, NoPage, Reply, Tally
from lib.adapters.web.robots import Robots
from lib.domain.sources import Source
from lib.domain.urls import host, normalise, origin
from lib.errors import BadInput, Unreachable
from lib.ports.source_reader import Found

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5
_ASKED = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
_MAX_VALIDATOR_CHARS = 1000
_SHOWN_CHARS = 200
"""Of an address, in errors and logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Asks for the listings of one source within one call."""

    client: HttpClient
    robots: Robots | None
    """None: robots.txt is not asked."""
    source: Source
    max_bytes: int
    headers: Mapping[str, str] = field(repr=False)
    """Secrets filled in: they go to the origins of `start`, and nowhere else."""

    async def get(self, url: str, tally: Tally, *, headers: Mapping[str, str]) -> Reply:
        """
        As `ask`.

        Raises: Unreachable if there is no answer now; BadInput if there is none that can be used.
        """
        try:
            return await self.ask(url, tally, headers=headers)
        except NoPage as problem:
            raise self.error(url, problem) from problem

    async def ask(self, url: str, tally: Tally, *, headers: Mapping[str, str]) -> Reply:
        """
        Ask for a normalised URL, and where it redirects to: an answer with status 200, or 304 if that was asked for.

        headers: more of them, for every host, as `conditions` makes them.
        Raises: NoPage, with the host.
        """
        at = url
        for _ in range(_MAX_REDIRECTS + 1):
            try:
                reply = await self._hop(at, tally, headers)
            except NoPage as problem:
                problem.host = host(at)
                raise
            if reply.status not in _REDIRECTS:
                return reply
            target = normalise(reply.headers.get("Location", ""), at) if "Location" in reply.headers else None
            if target is None:
                raise NoPage("refused", f"HTTP {reply.status} to nowhere", rule="redirect")
            at = target
        raise NoPage("refused", f"more than {_MAX_REDIRECTS} redirects", rule="redirect")

    def name(self, url: str) -> str:
        """What errors call it."""
        return f"{self.source.kind} {url[:_SHOWN_CHARS]!r} of source {self.source.id!r}"

    def bad(self, url: str, what: str, fix: str = "correct its `start`") -> BadInput:
        """The error to raise for an answer that cannot be used."""
        return BadInput(f"{self.name(url)}: {what}; {fix}")

    def error(self, url: str, problem: NoPage) -> BadInput | Unreachable:
        """The error to raise for what came of `ask`."""
        if problem.outcome == "failed":
            wait_s = problem.retry_after_s
            until = f"; it wants to be left alone for {wait_s:.0f} s" if wait_s else ""
            what = f"{self.name(url)} cannot be read now: {problem.reason}{until}"
            return Unreachable(what, retry_after_s=wait_s, host=problem.host)
        if problem.status in (401, 403):
            named = ", ".join(name for name, _ in self.source.headers) or "none"
            fix = f"check the `headers` of the source, and the secret that they name (headers: {named})"
            return self.bad(url, problem.reason, fix)
        return self.bad(url, problem.reason)

    async def _hop(self, url: str, tally: Tally, headers: Mapping[str, str]) -> Reply:
        """Ask for one URL. Raises: NoPage if the answer is neither a listing nor a redirect."""
        own = self.headers if origin(url) in {origin(start) for start in self.source.start} else {}
        if self.robots is not None:
            await self.robots.check(url, tally)
        reply = await self.client.get(
            url, tally=tally, max_bytes=self.max_bytes, wants=_wants, headers={**headers, **own}
        )
        if reply.status == 304:
            if not any(name in headers for _, name in _ASKED):
                raise NoPage("failed", "HTTP 304 without having been asked for changes", status=304)
        elif reply.status not in (200, *_REDIRECTS):
            raise NoPage("refused", f"HTTP {reply.status}", status=reply.status, rule="status")
        if reply.is_cut:
            raise NoPage("refused", f"larger than {self.max_bytes:,} bytes: let it list less at once", rule="size")
        return reply


def sendable_headers(source: Source) -> dict[str, str]:
    """
    The headers of a source, secrets filled in, ready to be sent.

    Raises: BadInput if a secret is missing, or holds what cannot be part of a header.
    """
    filled = headers_of(source)
    for name, value in filled.items():
        if not value.isprintable():
            raise BadInput(f"header {name!r} of source {source.id!r} holds a line break: correct the secret it names")
    return {"Accept" if name.lower() == "accept" else name: value for name, value in filled.items()}


def validators(reply: Reply) -> dict[str, str]:
    """What a server sent to tell this answer from a later one: names of headers and their values."""
    sent = {name: reply.headers.get(name, "") for name, _ in _ASKED}
    return {name: value for name, value in sent.items() if value and len(value) <= _MAX_VALIDATOR_CHARS}


def conditions(known: Mapping[str, str]) -> dict[str, str]:
    """Ask only for a change. What a site once sent goes back into a header: line breaks would be headers."""
    asked = {header: known.get(name, "") for name, header in _ASKED}
    return {header: value for header, value in asked.items() if value and value.isprintable()}


def with_cursor(found: Iterator[Found], cursor: Callable[[], str]) -> Iterator[Found]:
    """The same, the last one with the cursor: it is known once all is listed, and stands for all before it."""
    held: Found | None = None
    for each in found:
        if held is not None:
            yield held
        held = each
    if held is not None:
        yield replace(held, cursor=cursor())


def _wants(status: int, headers: Mapping[str, str]) -> bool:
    del headers
    return status == 200
