"""Pages as their scripts make them: a pool of headless Chromium sessions, each behind a filtering proxy of its own."""

import logging
from collections.abc import Callable
from typing import Self

from lib.adapters.web.address_rules import Lookup, system_lookup
from lib.adapters.web.browser_pool import Pool, Seat
from lib.adapters.web.filtering_proxy import FilteringProxy
from lib.adapters.web.proxy_policy import is_asked_by_pages
from lib.adapters.web.rendered import Rendered, RenderFailed

__all__ = ["Browser", "RenderFailed", "Rendered"]

logger = logging.getLogger(__name__)


class Browser:
    """
    Renders pages, `sessions` at a time; others wait for their turn. Threads may share it. Nothing is started before
    the first page, and `close` leaves no process and no file.

    Near: `chromedriver` and `chromium` are found on PATH, or at the paths given; nothing is ever downloaded. Each
    session has a filtering proxy of its own, with `lookup`, `allow_private` and `is_allowed` as there. Far:
    `remote_url` is a WebDriver address, and `proxy_url` the filtering proxy as that browser sees it; without one,
    ValueError. What may be reached is then up to that proxy.

    Chromium's sandbox does not work for root: run as root, as in some containers, it is off.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        sessions: int = 1,
        allow_private: bool = False,
        lookup: Lookup = system_lookup,
        is_allowed: Callable[[str], bool] | None = None,
        chromedriver: str = "chromedriver",
        chromium: str = "chromium",
        remote_url: str = "",
        proxy_url: str = "",
    ) -> None:
        if bool(remote_url) != bool(proxy_url):
            raise ValueError(
                "a remote browser needs both remote_url and proxy_url: without the proxy nothing is checked"
            )
        doors: set[int] = set()

        def allowed(host: str) -> bool:
            return is_asked_by_pages(host) and (is_allowed is None or is_allowed(host))

        def seat() -> Seat:
            if remote_url:
                return Seat.far(remote_url, proxy_url=proxy_url, user_agent=user_agent)
            proxy = FilteringProxy(allow_private=allow_private, lookup=lookup, is_allowed=allowed, shielded=doors)
            return Seat.near(proxy, doors=doors, chromedriver=chromedriver, chromium=chromium, user_agent=user_agent)

        self._pool = Pool(seat, size=sessions)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def render(self, url: str, *, timeout_s: float, wait_for: str = "", max_bytes: int) -> Rendered:
        """
        Open an http or https URL and return the page once its content stands.

        `timeout_s` bounds the page, not the wait for a turn or the start of a browser. A page that never rests is
        taken as it is then, if there is text. `wait_for` is a CSS selector that must match. `max_bytes` bounds the
        HTML. A browser that dies is replaced and the page tried once more, with its full time. Frames, shadow roots
        and what only scrolling would load are not part of the page.
        Raises: RenderFailed.
        """
        if not url.startswith(("http://", "https://")):
            raise RenderFailed("not an http or https URL")
        for is_last in (False, True):
            try:
                with self._pool.seat() as seat:
                    return seat.render(url, timeout_s=timeout_s, wait_for=wait_for, max_bytes=max_bytes)
            except RenderFailed as problem:
                if is_last or not problem.is_crash:
                    raise
                logger.warning("browser replaced reason=%s", problem.reason)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """End all browsers, after the pages that are being rendered. Doing it twice is harmless."""
        self._pool.close()
