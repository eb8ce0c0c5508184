"""Pages that scripts make: what was fetched is opened in a browser, and the result judged as a fetched page is."""

import asyncio
import threading
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from multidict import CIMultiDict, CIMultiDictProxy

from lib.adapters.web.address_guard import Lookup
from lib.adapters.web.fetching import Fetching, Raw
from lib.adapters.web.http_client import NoPage, Tally
from lib.adapters.web.render_need import needs_render
from lib.adapters.web.rendered import Rendered, RenderFailed
from lib.domain.sources import Source
from lib.domain.urls import normalise
from lib.ports.source_reader import Fetch

if TYPE_CHECKING:
    from lib.adapters.web.browser import Browser


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserPlace:
    """Where the browser is: here, or at a remote WebDriver with the filtering proxy beside it."""

    remote_url: str = ""
    proxy_url: str = ""


class Rendering:
    """One browser for public sources and one for those that may reach private networks, each made at first use."""

    def __init__(
        self, *, user_agent: str, timeout_s: float, max_bytes: int, lookup: Lookup, place: BrowserPlace
    ) -> None:
        self._user_agent = user_agent
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._lookup = lookup
        self._place = place
        self._lock = threading.Lock()
        self._browsers: dict[bool, Browser] = {}

    def close(self) -> None:
        """End all browsers; rendering again starts new ones."""
        with self._lock:
            for browser in self._browsers.values():
                browser.close()
            self._browsers.clear()

    async def fetch(self, fetch: Fetch, fetching: Fetching) -> Raw:
        """
        Fetch one resource, and render it if its source says so.

        What a shell's validators say is nothing of the data that its scripts load: rendered pages have none, so that
        they are rendered each time that they are due.
        """
        source = fetching.source
        if source.render == "browser":
            fetch = replace(fetch, etag="", last_modified="")
        raw = await fetching.fetch(fetch)
        if raw.reply is None or raw.kind != "html" or source.render == "http":
            return raw
        if source.render == "auto" and not needs_render(raw.reply.body):
            return raw
        tally = Tally(requests=raw.fetched.requests, size_bytes=raw.fetched.size_bytes)
        try:
            page = await self._render(raw.reply.url, source)
            tally.requests += page.requests
            tally.size_bytes += page.size_bytes
            return await self._judged(raw, page, fetching, tally)
        except NoPage as problem:
            return Raw(fetched=fetching.no_page(fetch, problem, tally))

    async def _render(self, url: str, source: Source) -> Rendered:
        browser = self._browser(allow_private=source.allow_private_network)
        try:
            return await asyncio.to_thread(
                browser.render, url, timeout_s=self._timeout_s, wait_for=source.wait_for, max_bytes=self._max_bytes
            )
        except RenderFailed as problem:
            if problem.rule:
                raise NoPage("refused", problem.reason, status=problem.status, rule=problem.rule) from problem
            if problem.is_crash or not problem.status:
                raise NoPage("failed", problem.reason, status=problem.status) from problem
            raise NoPage("refused", problem.reason, status=problem.status, rule="render") from problem

    def _browser(self, *, allow_private: bool) -> "Browser":
        from lib.adapters.web.browser import Browser

        with self._lock:
            if allow_private not in self._browsers:
                self._browsers[allow_private] = Browser(
                    user_agent=self._user_agent,
                    allow_private=allow_private,
                    lookup=self._lookup,
                    remote_url=self._place.remote_url,
                    proxy_url=self._place.proxy_url,
                )
            return self._browsers[allow_private]

    async def _judged(self, raw: Raw, page: Rendered, fetching: Fetching, tally: Tally) -> Raw:
        """Scripts may have moved on: where they went is checked as a redirect is."""
        assert raw.reply is not None
        at = normalise(page.final_url)
        if at is None:
            raise NoPage("refused", "scripts lead to no http or https URL", rule="redirect")
        if at != raw.reply.url:
            fetching.check_scope(at, led_by=HTTPStatus.FOUND)
            await fetching.robots.check(at, tally)
        if page.status in (404, 410):
            raise NoPage("gone", f"HTTP {page.status}", status=page.status)
        if page.status >= 400:
            outcome: Literal["failed", "refused"] = "failed" if page.status >= 500 else "refused"
            raise NoPage(outcome, f"HTTP {page.status}", status=page.status, rule="status")
        headers = CIMultiDict(raw.reply.headers)
        headers["Content-Type"] = "text/html; charset=utf-8"
        body = page.html.encode("utf-8", "replace")
        reply = replace(raw.reply, url=at, headers=CIMultiDictProxy(headers), body=body)
        fetched = replace(
            raw.fetched,
            final_url=at,
            etag="",
            last_modified="",
            requests=tally.requests,
            size_bytes=tally.size_bytes,
            raw=body if raw.fetched.raw else b"",
        )
        return Raw(fetched=fetched, reply=reply, kind="html")
