"""Where pages can reach from within a browser: only where our proxy connects to."""

import socket

import pytest

from lib.adapters.web.browser import Browser, RenderFailed
from tests.site import Reply, Site

pytestmark = pytest.mark.browser

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}


def lookup(host):
    known = {"site.test": "127.0.0.1", "other.test": "127.0.0.1", "metadata.test": "169.254.169.254"}
    if host not in known:
        raise OSError("no such name")
    return [known[host]]


@pytest.fixture(scope="module")
def browser():
    with Browser(user_agent="test", allow_private=True, lookup=lookup) as running:
        yield running


@pytest.fixture
def site():
    with Site({"/": "<p>content", "/open": Reply(body="reached", headers=ANY_ORIGIN)}) as running:
        yield running


def asking(url):
    """A page that says what came of a request."""
    return (
        f"<body><p>start<script>fetch('{url}').then(r => r.ok ? r.text() : r.status).catch(() => 'nothing')"
        ".then(found => document.body.append('got ' + found))</script>"
    )


def proxy_of(browser):
    return browser._pool._idle[0]._proxy


def test_a_page_reaches_the_hosts_that_may_be_reached(browser, site):
    site.pages["/page"] = asking(f"http://other.test:{site.port}/open")

    page = browser.render(f"http://site.test:{site.port}/page", timeout_s=20, max_bytes=10_000)

    assert "got reached" in page.html


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://metadata.test/",
        "https://metadata.test/",
        "http://168.63.129.16/machine",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
    ],
)
def test_a_page_gets_nothing_from_metadata_addresses(browser, site, target):
    site.pages["/page"] = asking(target)

    page = browser.render(f"http://site.test:{site.port}/page", timeout_s=20, max_bytes=10_000)

    assert "got nothing" in page.html


def test_a_page_cannot_command_its_own_browser(browser, site):
    browser.render(site.url + "/", timeout_s=20, max_bytes=10_000)
    port = browser._pool._idle[0]._session._process.port
    site.pages["/page"] = asking(f"http://127.0.0.1:{port}/status")

    page = browser.render(site.url + "/page", timeout_s=20, max_bytes=10_000)

    assert "got nothing" in page.html
    assert proxy_of(browser).traffic()["127.0.0.1"].last_reason == f"port {port} is one of our own doors"


def test_web_sockets_go_through_the_proxy_too(browser, site):
    site.pages["/page"] = (
        "<body><script>for (const url of ['ws://169.254.169.254/', 'wss://metadata.test/'])"
        "{ const s = new WebSocket(url); s.onerror = () => document.body.append('refused ') }</script>"
    )

    page = browser.render(f"http://site.test:{site.port}/page", timeout_s=20, max_bytes=10_000)
    traffic = proxy_of(browser).traffic()

    assert page.html.count("refused ") == 3
    assert traffic["metadata.test"].refusals > 0


def test_web_rtc_sends_nothing_past_the_proxy(browser, site):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stun:
        stun.bind(("127.0.0.1", 0))
        stun.setblocking(False)
        site.pages["/page"] = (
            "<body><script>const c = new RTCPeerConnection({iceServers: "
            f"[{{urls: 'stun:127.0.0.1:{stun.getsockname()[1]}'}}]}});"
            "c.createDataChannel('x');"
            "c.onicegatheringstatechange = () => document.body.append('gathering ' + c.iceGatheringState);"
            "c.createOffer().then(o => c.setLocalDescription(o))</script>"
        )

        page = browser.render(site.url + "/page", timeout_s=15, max_bytes=10_000)

        with pytest.raises(BlockingIOError):
            stun.recv(1)
    assert "gathering complete" in page.html


def test_the_browser_itself_asks_for_nothing(site):
    with Browser(user_agent="test", allow_private=True, lookup=lookup) as browser:
        browser.render(site.url + "/", timeout_s=20, max_bytes=10_000)
        browser.render(site.url + "/", timeout_s=20, max_bytes=10_000)

        forwarded = {host for host, t in proxy_of(browser).traffic().items() if t.requests > t.refusals}

    assert forwarded == {"127.0.0.1"}


def test_a_site_that_is_not_public_is_refused_with_the_reason(site):
    with Browser(user_agent="test") as browser:
        for url in (site.url.replace(str(site.port), "80"), "https://10.0.0.1/"):
            with pytest.raises(RenderFailed, match="private address") as failure:
                browser.render(url, timeout_s=20, max_bytes=10_000)
            assert (failure.value.is_crash, failure.value.status) == (False, 0)

    assert site.requests == []


def test_a_host_that_does_not_resolve_is_a_failure_with_the_reason(browser):
    for url in ("http://nowhere.test/", "https://nowhere.test/"):
        with pytest.raises(RenderFailed, match="the host name does not resolve"):
            browser.render(url, timeout_s=20, max_bytes=10_000)
