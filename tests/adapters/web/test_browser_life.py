"""Browsers that die are replaced; browsers that are closed leave nothing behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from lib.adapters.web import browser_flags
from lib.adapters.web.browser import Browser, RenderFailed
from lib.adapters.web.browser_process import BrowserProcess
from lib.adapters.web.filtering_proxy import FilteringProxy
from tests.site import Site

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def browser():
    with Browser(user_agent="test", allow_private=True) as running:
        yield running


@pytest.fixture
def site():
    with Site({"/": "<p>content"}) as running:
        yield running


@pytest.fixture
def render(browser, site):
    def render_path(path="/", *, timeout_s=20.0, using=browser):
        return using.render(site.url + path, timeout_s=timeout_s, max_bytes=10_000).html

    return render_path


def drivers():
    """Process groups of the drivers that this process has started."""
    return {group for pid, parent, group, _ in listed() if parent == os.getpid() and pid == group}


def members(groups):
    """Living processes of process groups, with their command lines."""
    return {pid: args for pid, _, group, args in listed() if group in groups}


def listed():
    done = subprocess.run(["ps", "-wweo", "pid=,ppid=,pgid=,stat=,args="], capture_output=True, text=True, check=True)
    rows = [line.split(None, 4) for line in done.stdout.splitlines()]
    return [(int(row[0]), int(row[1]), int(row[2]), row[4]) for row in rows if not row[3].startswith("Z")]


def renderers():
    return [pid for pid, args in members(drivers()).items() if "--type=renderer" in args]


def test_a_killed_chromium_is_replaced(render):
    render()
    old = drivers()
    for pid in set(members(old)) - old:
        os.kill(pid, signal.SIGKILL)

    html = render()

    assert "content" in html
    assert members(old) == {}
    assert len(drivers()) == 1


def test_a_killed_driver_is_replaced_and_its_chromium_ended(render):
    render()
    old = drivers()
    for group in old:
        os.kill(group, signal.SIGKILL)

    html = render()

    assert "content" in html
    assert members(old) == {}


def test_a_page_whose_tab_dies_is_tried_once_more_and_no_oftener(render, site):
    answer, kills = site._answer, []

    def answer_and_kill(handler):
        if handler.path == "/kill" and len(kills) < site.most_kills:
            kills.append(renderers())
            for pid in kills[-1]:
                os.kill(pid, signal.SIGKILL)
        answer(handler)

    site.pages.update({"/page": "<p>survived<script>fetch('/kill')</script>", "/kill": "x"})
    site._answer = answer_and_kill

    site.most_kills = 1
    html = render("/page")
    site.most_kills = 3
    with pytest.raises(RenderFailed, match="the browser failed") as failure:
        render("/page")

    assert "survived" in html
    assert failure.value.is_crash
    assert len(kills) == 3


def test_a_hung_page_ends_with_its_browser_and_the_next_page_is_fine(render, site):
    site.pages["/hung"] = "<script>for (;;);</script>"
    render()
    old = drivers()

    with pytest.raises(RenderFailed, match="took longer than 1 s") as failure:
        render("/hung", timeout_s=1.0)

    assert not failure.value.is_crash
    assert members(old) == {}
    assert "content" in render()


def test_a_closed_browser_leaves_no_process_no_thread_and_no_file(browser, render):
    render()
    groups = drivers()
    running = members(groups)
    folders = {Path(found) for args in running.values() for found in re.findall(r"--user-data-dir=(\S+)", args)}
    assert len(running) > 3
    assert folders
    assert all(folder.is_dir() for folder in folders)

    browser.close()
    browser.close()

    assert members(groups) == {}
    assert drivers() == set()
    assert [folder.parent for folder in folders if folder.parent.exists()] == []
    assert [thread.name for thread in threading.enumerate() if thread.name == "plumbline-proxy"] == []
    with pytest.raises(RenderFailed, match="the browser is closed"):
        render()


def test_a_browser_that_is_not_installed_or_does_not_start_is_said(render, tmp_path):
    broken = tmp_path / "chromedriver"
    broken.write_text("#!/bin/sh\necho no display >&2; exit 3\n")
    broken.chmod(0o755)

    for options, reason in (
        ({"chromium": "no-such-chromium"}, "no-such-chromium is not there: install it"),
        ({"chromedriver": str(broken)}, "chromedriver did not start: 'no display"),
    ):
        with Browser(user_agent="test", **options) as browser, pytest.raises(RenderFailed, match=reason) as failure:
            render(using=browser)
        assert failure.value.is_crash


@pytest.fixture(params=["with a log of the network", "without"])
def remote_url(monkeypatch, request):
    """A driver that others have started. Images of Selenium start Chromium without its sandbox, so that root may."""
    truly = browser_flags.options

    def options(**wanted):
        made = truly(**wanted)
        made.add_argument("--no-sandbox")
        if request.param == "without":
            made.set_capability("goog:loggingPrefs", {})
            del made.experimental_options["perfLoggingPrefs"]
        return made

    monkeypatch.setattr(browser_flags, "options", options)
    process = BrowserProcess(chromedriver="chromedriver", chromium="chromium")
    yield process.url
    process.close()


def test_a_remote_browser_is_used_behind_its_own_proxy(render, remote_url):
    with (
        FilteringProxy(allow_private=True) as proxy,
        Browser(user_agent="test", remote_url=remote_url, proxy_url=proxy.url) as remote,
    ):
        html = render(using=remote)
        asked = proxy.traffic()["127.0.0.1"].requests

    assert "content" in html
    assert asked == 1


def test_a_remote_browser_without_a_proxy_is_not_made():
    with pytest.raises(ValueError, match="needs both remote_url and proxy_url"):
        Browser(user_agent="test", remote_url="http://127.0.0.1:4444")


@pytest.fixture
def short_tmp():
    """A folder whose path leaves room for the names of Chromium's sockets."""
    with tempfile.TemporaryDirectory(prefix="pl-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def test_the_browser_of_a_killed_process_is_ended_by_the_next_one(site, short_tmp, monkeypatch):
    program = (
        "from lib.adapters.web.browser import Browser\n"
        "browser = Browser(user_agent='test', allow_private=True)\n"
        f"browser.__enter__().render({site.url + '/'!r}, timeout_s=20, max_bytes=10_000)\n"
        "print('rendered', flush=True)\n"
        "input()\n"
    )
    monkeypatch.setenv("TMPDIR", str(short_tmp))
    monkeypatch.setattr(tempfile, "tempdir", None)
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as killed:
        assert killed.stdout.readline() == b"rendered\n"
        killed.kill()
    [left] = short_tmp.glob("plumbline-browser-*")
    orphans = [pid for pid, _, _, args in listed() if str(left) in args]
    assert orphans

    with Browser(user_agent="test", allow_private=True) as browser:
        browser.render(site.url + "/", timeout_s=20, max_bytes=10_000)

    assert not left.exists()
    assert [pid for pid, _, _, args in listed() if str(left) in args] == []
