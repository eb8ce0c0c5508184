"""The hostile site is what it says, and nothing on it gets more out of the reader than a verdict in time."""

import http.client
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from lib.adapters.files.limited import LimitedParser
from lib.adapters.web.web_reader import WebReader
from lib.domain.sources import Source
from lib.ports.source_reader import Fetch
from tests.doubles import SettableClock
from tests.hostile import moods, pages, traps
from tests.hostile.directives import ROBOTS_TXT
from tests.hostile.redirects import METADATA, OUTSIDE, PRIVATE, SCHEMES
from tests.hostile.site import KINDS, HostileSite

ROOT = Path(__file__).resolve().parents[2]
OUTCOMES = {"page", "refused", "failed", "gone", "not_modified"}
TIMEOUT_S = 1.0


@pytest.fixture
def site():
    with HostileSite() as running:
        yield running


FEW = 8
"""Pages at once: after ten failures in a row a host is left alone for a while."""


@pytest.fixture
def reader():
    with closing(LimitedParser()) as parser:
        yield WebReader(
            contact="", timeout_s=TIMEOUT_S, max_bytes=12_000_000, concurrency=8, clock=SettableClock(), parser=parser
        )


@pytest.fixture
def read(site, reader):
    """Read paths; results by path."""
    source = Source(id="hostile", kind="website", start=(site.url("/"),), allow_private_network=True)

    def read_paths(*paths):
        found = reader.read(source, [Fetch(url=site.url(path)) for path in paths])
        return {result.url.removeprefix(site.root): result for result in found}

    return read_paths


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "large"])
def test_every_page_gets_a_verdict_and_the_next_one_is_read(kind, read):
    paths = [path for path in KINDS[kind] if not path.startswith("/busy/")]
    started = time.monotonic()
    results = {}

    for first in range(0, len(paths), FEW):
        results |= read(*paths[first : first + FEW])
        assert read("/ok")["/ok"].outcome == "page"

    assert set(results) == set(paths)
    assert {result.outcome for result in results.values()} <= OUTCOMES
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("path", [path for path in KINDS["wire"] if path.startswith("/busy/")])
def test_a_busy_site_is_left_alone_or_asked_again(path, read):
    result = read(path)[path]

    assert result.outcome == ("page" if path in ("/busy/soon", "/busy/date-past") else "failed")
    assert result.requests <= 4


@pytest.mark.parametrize("name", pages.LARGE)
def test_a_large_page_gets_a_verdict(name, read):
    assert read(f"/{name}")[f"/{name}"].outcome in OUTCOMES


def test_no_redirect_leads_out(read):
    kinds = {"out": OUTSIDE, "private": PRIVATE, "metadata": METADATA, "scheme": SCHEMES}
    paths = [f"/redirect/{kind}/{name}" for kind, targets in kinds.items() for name in targets]

    results = read(*paths)

    assert {path: result.outcome for path, result in results.items() if result.outcome != "refused"} == {}


@pytest.mark.parametrize("name", ROBOTS_TXT)
def test_every_robots_txt_gets_a_verdict(name, site, read):
    site.robots_txt(name)

    result = read("/ok")["/ok"]

    unreadable = {"500", "503", "429", "304", "redirect-metadata", "redirect-outside"}
    forbidding = {"forbids-all", "forbids-us"}
    expected = "failed" if name in unreadable else "refused" if name in forbidding else "page"
    assert result.outcome == expected


@pytest.mark.parametrize("name", ["203", "huge", "mark", "redirect", "returns-only", "rules"])
def test_rules_are_obeyed_whatever_they_come_in(name, site, read):
    site.robots_txt(name)

    assert "robots.txt forbids it" in read("/secret")["/secret"].reason


@pytest.mark.parametrize("name", moods.TURNS)
def test_a_switch_turns_pages_and_turns_them_back(name, site, read):
    path = f"/turning/{name}/2"
    before = read(path)[path]
    site.switch(name)
    during = read(path)[path]
    site.switch(name, on=False)
    after = read(path)[path]

    assert (before.outcome, before.raw_hash) == (after.outcome, after.raw_hash) == ("page", before.raw_hash)
    assert during.raw_hash != before.raw_hash


@pytest.mark.parametrize("start", traps.WORTH)
def test_a_trap_is_the_same_every_time_and_leads_on(start, read):
    page = read(start)[start].page

    assert len(page.links) >= 1
    if "session" not in start:
        assert read(start)[start].page == page


@pytest.mark.parametrize(("start", "worth"), [item for item in traps.WORTH.items() if item[1]])
def test_a_trap_holds_as_many_articles_as_it_says(start, worth, site, read):
    articles, seen, waiting = set(), set(), [start]
    while waiting and len(seen) < 150:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        page = read(path)[path].page
        if page and page.title.startswith("Article "):
            articles.add(page.title)
        waiting += [link.removeprefix(site.root) for link in page.links] if page else []

    assert len(articles) == worth


def test_the_program_serves_and_can_be_switched():
    command = [sys.executable, "-m", "tests.hostile.site", "--port", "0", "--robots-txt", "rules"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        root = process.stdout.readline().strip()
        try:
            before = ask(root, "GET", "/turning/login/1")
            thrown = ask(root, "POST", "/switch/login")
            wrong = ask(root, "POST", "/switch/nothing")
            during = ask(root, "GET", "/turning/login/1")
        finally:
            process.terminate()

    assert ("Article 1" in before, thrown, "Sign in" in during) == (True, "thrown\n", True)
    assert wrong.startswith("no switch 'nothing'; there are: login ")


def ask(root, method, path):
    connection = http.client.HTTPConnection(root.removeprefix("http://"), timeout=10)
    connection.request(method, path)
    with connection.getresponse() as response:
        text = response.read().decode()
    connection.close()
    return text
