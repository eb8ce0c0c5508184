"""One page: redirects by hand, each hop checked again, and a verdict on whatever comes back."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lib.adapters.web import media_types
from lib.adapters.web.http_client import HttpClient, NoPage, Reply, Tally
from lib.adapters.web.robots import Robots
from lib.domain.sources import Source
from lib.domain.urls import normalise, origin
from lib.ports.source_reader import Fetch, Fetched

MAX_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_LATER = (408, 421, 425)
"""Request Timeout, Misdirected Request, Too Early: no verdict on the page. Source: RFC 9110 and 8470."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A result, and the body that is still to be read if there is one."""

    fetched: Fetched
    reply: Reply | None = None
    kind: media_types.Kind = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Fetches for one source within one call."""

    client: HttpClient
    robots: Robots
    source: Source
    max_bytes: int
    now: Callable[[], str]
    """The time, ISO 8601."""
    own_headers: Mapping[str, str]
    """For the origins of the source's start, and no others."""

    async def fetch(self, fetch: Fetch) -> Raw:
        """Fetch one resource. Never raises for what sites do."""
        tally = Tally()
        try:
            reply = await self._follow(fetch, tally)
            return self._judge(fetch, reply, tally)
        except NoPage as problem:
            return Raw(fetched=self.no_page(fetch, problem, tally))

    def no_page(self, fetch: Fetch, problem: NoPage, tally: Tally) -> Fetched:
        """What came of a fetch that gave no page."""
        return Fetched(
            url=fetch.url,
            outcome=problem.outcome,
            final_url=fetch.url,
            status=problem.status,
            reason=problem.reason,
            fetched_at=self.now(),
            requests=tally.requests,
            size_bytes=tally.size_bytes,
            retry_after_s=problem.retry_after_s,
            rule=problem.rule,
        )

    async def _follow(self, fetch: Fetch, tally: Tally) -> Reply:
        at = normalise(fetch.url)
        if at is None:
            raise NoPage("refused", "not an http or https URL", rule="scope")
        own = {origin(start) for start in self.source.start}
        seen: set[str] = set()
        led_by = 0
        while True:
            self.check_scope(at, led_by=led_by)
            await self.robots.check(at, tally)
            seen.add(at)
            reply = await self.client.get(
                at,
                tally=tally,
                max_bytes=self.max_bytes,
                wants=self._wants,
                headers={
                    **_validators(fetch, is_redirect=len(seen) > 1),
                    **(self.own_headers if origin(at) in own else {}),
                },
            )
            if reply.status not in _REDIRECTS:
                return reply
            target = normalise(reply.headers.get("Location", ""), at) if "Location" in reply.headers else None
            if target is None:
                raise NoPage("refused", f"HTTP {reply.status} to nowhere", status=reply.status, rule="redirect")
            if target in seen:
                raise NoPage("refused", "redirects in a loop", status=reply.status, rule="redirect")
            if len(seen) > MAX_REDIRECTS:
                raise NoPage("refused", f"more than {MAX_REDIRECTS} redirects", status=reply.status, rule="redirect")
            at, led_by = target, reply.status

    def check_scope(self, url: str, *, led_by: int) -> None:
        """Refuse what is not the source's; `led_by`: status of the redirect to it, or 0. Raises: NoPage."""
        if not self.source.in_scope(url):
            what = f"redirects out of the source's scope, to {url}" if led_by else "out of the source's scope"
            raise NoPage("refused", what, status=led_by, rule="scope")

    def _wants(self, status: int, headers: Mapping[str, str]) -> bool:
        if status not in (200, 203):
            return False
        if not media_types.may_be_read(headers.get("Content-Type", "")):
            reason = f"not text: {headers.get('Content-Type', '')[:80]}"
            raise NoPage("refused", reason, status=status, rule="type")
        length = headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length[:19]) > self.max_bytes:
            raise NoPage("refused", self._too_large(), status=status, rule="size")
        return True

    def _too_large(self) -> str:
        return f"larger than {self.max_bytes:,} bytes"

    def _judge(self, fetch: Fetch, reply: Reply, tally: Tally) -> Raw:
        status = reply.status
        if status in (404, 410):
            raise NoPage("gone", f"HTTP {status}", status=status)
        if status == 304:
            if not (fetch.etag or fetch.last_modified):
                raise NoPage("failed", "HTTP 304 without having been asked for changes", status=status)
            return Raw(fetched=self._fetched(fetch, reply, tally, outcome="not_modified"))
        if status in _LATER:
            raise NoPage("failed", f"HTTP {status}", status=status)
        if status not in (200, 203):
            raise NoPage("refused", f"HTTP {status}", status=status, rule="status")
        if reply.is_cut:
            raise NoPage("refused", self._too_large(), status=status, rule="size")
        kind = media_types.kind_of(reply.content_type, reply.body, reply.url)
        if kind is None:
            reason = f"not text, whatever its type {reply.content_type[:80]!r} says"
            raise NoPage("refused", reason, status=status, rule="type")
        fetched = self._fetched(fetch, reply, tally, outcome="page")
        return Raw(fetched=replace(fetched, raw=reply.body) if fetch.keep_raw else fetched, reply=reply, kind=kind)

    def _fetched(self, fetch: Fetch, reply: Reply, tally: Tally, *, outcome: str) -> Fetched:
        is_page = outcome == "page"
        return Fetched(
            url=fetch.url,
            outcome="page" if is_page else "not_modified",
            final_url=reply.url,
            status=reply.status,
            etag=reply.headers.get("ETag", "" if is_page else fetch.etag)[:1000],
            last_modified=reply.headers.get("Last-Modified", "" if is_page else fetch.last_modified)[:100],
            raw_hash=hashlib.sha256(reply.body).hexdigest() if is_page else "",
            fetched_at=self.now(),
            requests=tally.requests,
            size_bytes=tally.size_bytes,
        )


def _validators(fetch: Fetch, *, is_redirect: bool) -> dict[str, str]:
    """
    Ask only for what changed. After a redirect the date is left out: it may belong to another page.

    What a site once sent as a validator goes back into a header: line breaks would be headers of their own.
    """
    headers = {}
    if fetch.etag and fetch.etag.isprintable():
        headers["If-None-Match"] = fetch.etag
    if fetch.last_modified and fetch.last_modified.isprintable() and not is_redirect:
        headers["If-Modified-Since"] = fetch.last_modified
    return headers
