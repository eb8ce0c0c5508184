"""One Chromium, driven over WebDriver: pages are opened in it one after the other, each in a fresh tab."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from selenium.common.exceptions import JavascriptException, TimeoutException, WebDriverException
from selenium.webdriver import ChromeOptions, Remote
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from urllib3.exceptions import HTTPError, ReadTimeoutError

from lib.adapters.web.browser_flags import BLOCKED
from lib.adapters.web.browser_process import BrowserProcess
from lib.adapters.web.browser_traffic import MAX_ORIGINS

_COMMAND_S = 10.0
_START_S = 120.0
"""A container may have to be started first."""
_WENT_ON = ("aborted by navigation", "execution context", "loader has changed")
_QUIET_SCRIPT = """
for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = () => null;
window.open = window.close = () => null;
"""
_STORES = "appcache,cookies,file_systems,indexeddb,local_storage,websql,service_workers,cache_storage,interest_groups"


class Crashed(Exception):
    """The browser, its tab or its driver is gone or does not answer as it should."""


class TooSlow(Exception):
    """A command was not answered in its time."""


class Session:
    """
    A session of a driver: our own process, or a remote one.

    Raises: Crashed if there is none to be had.
    """

    def __init__(self, options: ChromeOptions, *, process: BrowserProcess | None, url: str) -> None:
        self._process = process
        self.pages = 0
        self.tab = ""
        """Handle of the window that is driven, which is the id of its main frame."""
        self._keeps_log = True
        self._driver: Remote | None = None
        if process is not None:
            options.binary_location = process.chromium
            options.add_argument(f"--user-data-dir={process.folder / 'profile'}")
        self._config = ClientConfig(
            remote_server_addr=url,
            proxy=Proxy({"proxyType": ProxyType.DIRECT}),
            init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": False}},
        )
        try:
            self._config.timeout = _START_S
            with _translated():
                self._driver = Remote(url, options=options, client_config=self._config)
            self._open_tab()
        except BaseException:
            self.kill()
            raise

    def open(self, url: str) -> None:
        """Send the tab to a URL, without waiting. Raises: Crashed, TooSlow."""
        self.pages += 1
        with self._within(_COMMAND_S) as driver:
            driver.get(url)

    def run(self, script: str, *args: object, timeout_s: float) -> Any:
        """What a script in the page returns; None if the page went on to another. Raises: Crashed, TooSlow."""
        with self._within(timeout_s + 1) as driver:
            driver.set_script_timeout(timeout_s)
            try:
                return driver.execute_script(script, *args)
            except JavascriptException:
                return None
            except WebDriverException as error:
                if any(words in (error.msg or "") for words in _WENT_ON):
                    return None
                raise

    def log(self, *, timeout_s: float) -> list[Mapping[str, Any]]:
        """Entries of the performance log since the last call; none if a remote driver keeps none. Raises: as `run`."""
        if not self._keeps_log:
            return []
        try:
            with self._within(timeout_s) as driver:
                return list(driver.execute("getLog", {"type": "performance"})["value"])
        except Crashed:
            if self._process is not None or self.pages:
                raise
            self._keeps_log = False
            return []

    def renew(self, origins: set[str]) -> None:
        """
        Leave nothing of the page that was open: a fresh tab, no cookies, no stores of these origins.

        The cache of HTTP stays: a site's scripts are asked for once a session.
        Raises: Crashed, TooSlow; also if there are more tabs than one, or more origins than were counted.
        """
        if len(origins) >= MAX_ORIGINS:
            raise Crashed("the page opened frames without end")
        self._open_tab()
        self._cdp("Network.clearBrowserCookies")
        for origin in origins:
            self._cdp("Storage.clearDataForOrigin", origin=origin, storageTypes=_STORES)

    def close(self) -> None:
        """End the browser, politely first."""
        if self._driver is not None:
            self._config.timeout = _COMMAND_S
            with suppress(WebDriverException, HTTPError, OSError):
                self._driver.quit()
        self.kill()

    def kill(self) -> None:
        """End the browser whatever state it is in. A remote one is only asked, and not waited for long."""
        if self._driver is not None:
            if self._process is None:
                self._config.timeout = 2
                with suppress(WebDriverException, HTTPError, OSError):
                    self._driver.quit()
            self._driver.command_executor.close()  # type: ignore[union-attr]
        if self._process is not None:
            self._process.close()

    def _open_tab(self) -> None:
        with self._within(_COMMAND_S) as driver:
            if len(driver.window_handles) != 1:
                raise Crashed("the page opened windows")
            old = driver.current_window_handle
            driver.switch_to.new_window("tab")
            self.tab = driver.current_window_handle
            driver.switch_to.window(old)
            driver.close()
            driver.switch_to.window(self.tab)
        self._cdp("Page.addScriptToEvaluateOnNewDocument", source=_QUIET_SCRIPT)
        self._cdp("Network.enable")
        self._cdp("Network.setBypassServiceWorker", bypass=True)
        self._cdp("Network.setBlockedURLs", urls=BLOCKED)
        self._cdp("Browser.setDownloadBehavior", behavior="deny")
        self.log(timeout_s=_COMMAND_S)

    def _cdp(self, command: str, **params: object) -> None:
        """Give a DevTools command. A remote driver may know none; what matters is said by flags and preferences too."""
        try:
            with self._within(_COMMAND_S) as driver:
                driver.execute("executeCdpCommand", {"cmd": command, "params": params})
        except Crashed:
            if self._process is not None:
                raise

    @contextmanager
    def _within(self, timeout_s: float) -> Iterator[Remote]:
        assert self._driver is not None
        self._config.timeout = max(timeout_s, 0.1)
        with _translated():
            yield self._driver


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (TimeoutException, ReadTimeoutError) as error:
        raise TooSlow from error
    except WebDriverException as error:
        raise Crashed(f"{type(error).__name__}: {(error.msg or '').splitlines()[0][:200]}") from error
    except (HTTPError, OSError, KeyError, ValueError) as error:
        raise Crashed(f"the driver does not answer: {type(error).__name__}") from error
