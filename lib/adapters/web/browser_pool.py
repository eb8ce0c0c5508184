"""Browser sessions that wait for the next page: each with its proxy, renewed before they age."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from lib.adapters.web.filtering_proxy import FilteringProxy
from lib.adapters.web.rendered import Rendered, RenderFailed

if TYPE_CHECKING:
    from selenium.webdriver import ChromeOptions

    from lib.adapters.web.browser_process import BrowserProcess
    from lib.adapters.web.browser_session import Session

_MAX_PAGES = 50
"""So many pages one session shows: what leaks in a browser leaks no further."""


class Seat:
    """A session and, if it is our own, its proxy. Selenium is loaded with the first one."""

    def __init__(self, session: "Session", proxy: FilteringProxy | None) -> None:
        self._session = session
        self._proxy = proxy
        self._origins: set[str] = set()

    @classmethod
    def near(cls, proxy: FilteringProxy, *, doors: set[int], chromedriver: str, chromium: str, user_agent: str) -> Self:
        """
        Start a proxy, and a browser of our own behind it; the driver's port is added to `doors`.

        Raises: RenderFailed if there is no browser to be had.
        """
        from lib.adapters.web.browser_flags import options
        from lib.adapters.web.browser_process import BrowserProcess

        proxy.start()
        try:
            with _told(timeout_s=0):
                process = BrowserProcess(chromedriver=chromedriver, chromium=chromium)
            doors.add(process.port)
            flags = options(proxy_url=proxy.url, user_agent=user_agent)
            if os.geteuid() == 0:
                flags.add_argument("--no-sandbox")
            return cls(_session(flags, process.url, process), proxy)
        except BaseException:
            proxy.close()
            raise

    @classmethod
    def far(cls, url: str, *, proxy_url: str, user_agent: str) -> Self:
        """A session of a browser elsewhere. Raises: RenderFailed."""
        from lib.adapters.web.browser_flags import options

        return cls(_session(options(proxy_url=proxy_url, user_agent=user_agent), url, None), None)

    def render(self, url: str, *, timeout_s: float, wait_for: str, max_bytes: int) -> Rendered:
        """Render a page. Raises: RenderFailed; the seat is of no use then."""
        from lib.adapters.web.browser_page import render
        from lib.adapters.web.browser_traffic import PageTraffic

        traffic = PageTraffic(self._session.tab)
        self._origins = traffic.origins
        try:
            with _told(timeout_s=timeout_s):
                return render(
                    self._session, url, traffic=traffic, timeout_s=timeout_s, wait_for=wait_for, max_bytes=max_bytes
                )
        except RenderFailed as problem:
            if problem.reason == "net::ERR_TUNNEL_CONNECTION_FAILED" and self._proxy is not None:
                host = urlsplit(traffic.asked or url).hostname or ""
                if known := self._proxy.traffic().get(host):
                    raise RenderFailed(known.last_reason, rule="address" if known.is_refused else "") from problem
            raise

    def freshen(self) -> bool:
        """Make ready for the next page; False if the seat has to be closed instead."""
        if self._session.pages >= _MAX_PAGES:
            return False
        try:
            with _told(timeout_s=0):
                self._session.renew(self._origins)
        except RenderFailed:
            return False
        if self._proxy is not None:
            self._proxy.cut_off()
        return True

    def close(self, *, is_sound: bool) -> None:
        """End the browser, and the proxy; one that is not sound is not asked."""
        if is_sound:
            self._session.close()
        else:
            self._session.kill()
        if self._proxy is not None:
            self._proxy.close()


class Pool:
    """At most `size` seats; made when needed, kept while they are good. Threads may share it."""

    def __init__(self, make: Callable[[], Seat], *, size: int) -> None:
        self._make = make
        self._size = size
        self._places = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Seat] = []
        self._is_closed = False

    @contextmanager
    def seat(self) -> Iterator[Seat]:
        """Wait for a seat and have it alone. It is closed if the block raises. Raises: RenderFailed."""
        with self._places:
            with self._lock:
                if self._is_closed:
                    raise RenderFailed("the browser is closed")
                seat = self._idle.pop() if self._idle else None
            seat = seat or self._make()
            is_sound = is_good = False
            try:
                yield seat
                is_sound = True
                is_good = seat.freshen()
            finally:
                if is_good:
                    with self._lock:
                        self._idle.append(seat)
                else:
                    seat.close(is_sound=is_sound)

    def close(self) -> None:
        """Wait until every seat is free, close all, and give no more. Doing it twice is harmless."""
        with self._lock:
            self._is_closed = True
        for _ in range(self._size):
            self._places.acquire()
        try:
            while self._idle:
                self._idle.pop().close(is_sound=True)
        finally:
            self._places.release(self._size)


def _session(flags: "ChromeOptions", url: str, process: "BrowserProcess | None") -> "Session":
    from lib.adapters.web.browser_session import Session

    with _told(timeout_s=0):
        return Session(flags, process=process, url=url)


@contextmanager
def _told(*, timeout_s: float) -> Iterator[None]:
    """Say what went wrong in one exception. Raises: RenderFailed."""
    from lib.adapters.web.browser_process import NoBrowser
    from lib.adapters.web.browser_session import Crashed, TooSlow

    try:
        yield
    except TooSlow as error:
        reason = f"took longer than {timeout_s:g} s" if timeout_s else "the browser does not answer"
        raise RenderFailed(reason, is_crash=not timeout_s) from error
    except (Crashed, NoBrowser) as error:
        raise RenderFailed(f"the browser failed: {error}", is_crash=True) from error
