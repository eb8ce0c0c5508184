"""Asking for a listing: redirects by hand, headers for the hosts of `start` alone, errors that say what to correct."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lib.adapters.sources.tools import headers_of
from lib.adapters.web.http_client import HttpClient, NoPage, Reply, Tally
from lib.adapters.web.robots import Robots
from lib.domain.sources import Source
from lib.domain.urls import normalise, origin
from lib.errors import BadInput, Unreachable
from lib.ports.source_reader import Found

_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 5
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
        Ask for a normalised URL, and where it redirects to: an answer with status 200, or 304 if that was asked for.

        headers: more of them, for every host.
        Raises: Unreachable if there is no answer now; BadInput if there is none that can be used.
        """
        origins = {origin(start) for start in self.source.start}
        at = url
        for _ in range(_MAX_REDIRECTS + 1):
            own = self.headers if origin(at) in origins else {}
            try:
                if self.robots is not None:
                    await self.robots.check(at, tally)
                reply = await self.client.get(
                    at, tally=tally, max_bytes=self.max_bytes, wants=_wants, headers={**headers, **own}
                )
            except NoPage as problem:
                if problem.outcome == "failed":
                    raise Unreachable(f"{self.name(url)} cannot be read now: {problem.reason}") from problem
                raise self.bad(url, problem.reason) from problem
            if reply.status not in _REDIRECTS:
                return self._checked(url, reply)
            target = normalise(reply.headers.get("Location", ""), at) if "Location" in reply.headers else None
            if target is None:
                raise self.bad(url, f"HTTP {reply.status} to nowhere")
            at = target
        raise self.bad(url, f"more than {_MAX_REDIRECTS} redirects")

    def name(self, url: str) -> str:
        """What errors call it."""
        return f"{self.source.kind} {url[:_SHOWN_CHARS]!r} of source {self.source.id!r}"

    def bad(self, url: str, what: str, fix: str = "correct its `start`") -> BadInput:
        """The error to raise for an answer that cannot be used."""
        return BadInput(f"{self.name(url)}: {what}; {fix}")

    def _checked(self, url: str, reply: Reply) -> Reply:
        if reply.status == 304:
            return reply
        if reply.status in (401, 403):
            named = ", ".join(name for name, _ in self.source.headers) or "none"
            fix = f"check the `headers` of the source, and the secret that they name (headers: {named})"
            raise self.bad(url, f"HTTP {reply.status}", fix)
        if reply.status != 200:
            raise self.bad(url, f"HTTP {reply.status}")
        if reply.is_cut:
            raise self.bad(url, f"larger than {self.max_bytes:,} bytes", "let it list less at once")
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
