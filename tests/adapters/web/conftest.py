"""A hostile site on loopback, and a reader that is quick to lose patience."""

import pytest

from lib.adapters.files.limited import LimitedParser
from lib.adapters.sources.website import Website
from lib.adapters.web.web_reader import WebReader
from lib.domain.sources import Source
from lib.ports.source_reader import Fetch
from tests.doubles import SettableClock
from tests.nasty_site import NastySite

TIMEOUT_S = 1.0
MAX_BYTES = 2_000_000


@pytest.fixture
def site():
    with NastySite() as running:
        yield running


@pytest.fixture
def clock():
    return SettableClock()


@pytest.fixture
def of_kind():
    """The reader that is under test, over a web client."""
    return Website


@pytest.fixture
def parser():
    parser = LimitedParser()
    yield parser
    parser.close()


@pytest.fixture
def make_reader(clock, of_kind, parser):
    def make(**changes):
        settings = {
            "contact": "https://example.com/bot",
            "timeout_s": TIMEOUT_S,
            "max_bytes": MAX_BYTES,
            "concurrency": 4,
        }
        return of_kind(WebReader(**{**settings, "clock": clock, "parser": parser, **changes}))

    return make


@pytest.fixture
def reader(make_reader):
    return make_reader()


@pytest.fixture
def source(site):
    return Source(id="nasty", kind="website", start=(site.url("/"),), allow_private_network=True)


@pytest.fixture
def read(reader, source):
    """Read paths or URLs of the nasty site; one gives its result, several a dictionary by URL."""

    def read_some(*urls, using=reader, of=source, **validators):
        root = of.start[0].rstrip("/")
        wanted = [url if "://" in url else root + url for url in urls]
        results = {r.url: r for r in using.read(of, [Fetch(url=url, **validators) for url in wanted])}
        return results[wanted[0]] if len(urls) == 1 else results

    return read_some
