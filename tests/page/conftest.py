import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import uvicorn
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from lib.api.app import create_app
from lib.settings import Settings
from tests.api.in_memory import InMemory, make_api

QUESTION = "What happens when a page is deleted?"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1200,850",
]


class Site:
    """The app on a loopback port."""

    def __init__(self, url: str, app) -> None:
        self.url = url
        self.state = InMemory()
        self._app = app

    def begin(self, **changes) -> None:
        """Start afresh, with these fields of the Api replaced."""
        self.state = InMemory()
        settings = Settings(auth="loopback", base_url=self.url)
        self._app.state.api = make_api(self.state, **{"settings": settings, **changes})


@pytest.fixture(scope="session")
def server() -> Iterator[Site]:
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    app = create_app(make_api(InMemory(), settings=Settings(auth="loopback", base_url=url)))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield Site(url, app)
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


def until(holds, *, seconds: float = 15):
    """Wait until something is true, and give it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(StaleElementReferenceException):  # the page wrote it anew while we looked
            if value := holds():
                return value
        time.sleep(0.02)
    raise AssertionError("it never became true")


class Page:
    """A person at the browser."""

    def __init__(self, driver, site: Site) -> None:
        self.driver = driver
        self.site = site
        self.expected: tuple[int, ...] = ()

    def expects(self, *statuses: int) -> None:
        """Let the console speak of responses with these statuses."""
        self.expected = statuses

    def open(self, path: str = "/") -> None:
        self.driver.get("about:blank")
        self.driver.get(self.site.url + path)

    def go(self, place: str) -> None:
        """Go to another place of the page, by way of the search view."""
        self.js("location.hash = '#/search'")
        self.find("#query")
        self.js("location.hash = arguments[0]", place)

    def find(self, selector: str):
        """The first visible element, waiting for it."""
        return until(lambda: next(iter(self.all(selector)), None))

    def all(self, selector: str) -> list:
        return [e for e in self.driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]

    def text(self, selector: str) -> str:
        return until(lambda: self.find(selector).text)

    def click(self, selector: str) -> None:
        """Click the first visible element, once it takes clicks."""
        until(lambda: (found := self.find(selector)).is_enabled() and (found.click() or True))

    def until_text(self, selector: str, wanted: str) -> str:
        return until(lambda: (text := self.find(selector).text) and wanted in text and text)

    def keys(self, *keys: str) -> None:
        """Type, wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def ask(self, question: str) -> None:
        self.find("#question")
        until(lambda: self.js("return document.activeElement.id") == "question")
        self.keys(question, Keys.ENTER)

    def js(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def focused(self):
        return self.driver.switch_to.active_element

    def tab_to(self, selector: str, *, back: bool = False):
        """Press Tab until an element has the focus."""
        for _ in range(40):
            self.keys(Keys.SHIFT + Keys.TAB if back else Keys.TAB)
            if self.js("return document.activeElement.matches(arguments[0])", selector):
                return self.focused()
        raise AssertionError(f"{selector} cannot be reached with the keyboard")

    def look(self, *, dark: bool = False, width: int = 1200, height: int = 850) -> None:
        """Set the colour scheme and the size of the window."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


@pytest.fixture(scope="session")
def browser(tmp_path_factory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    yield driver
    with contextlib.suppress(Exception):
        driver.quit()


@pytest.fixture
def page(browser, server) -> Iterator[Page]:
    """A page whose test also fails for a console message, a broken security policy or a request to anywhere else."""
    server.begin()
    page = Page(browser, server)
    page.look()
    browser.get_log("browser")
    browser.get_log("performance")
    yield page
    messages = [entry["message"] for entry in browser.get_log("browser")]
    assert [m for m in messages if not any(f"status of {status}" in m for status in page.expected)] == []
    assert {url for url in requested(browser) if not belongs(url, server.url)} == set()


def requested(browser) -> list[str]:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


def belongs(url: str, home: str) -> bool:
    return urlsplit(url).netloc == urlsplit(home).netloc or url.startswith(("data:", "about:", "chrome:", "chrome-"))
