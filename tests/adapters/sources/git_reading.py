"""What tests of git sources share: a reader, and short ways to list and read."""

import pytest

from lib.adapters.files.limited import LimitedParser
from lib.adapters.sources.git import Git, build
from lib.adapters.sources.tools import Tools
from lib.adapters.web.web_reader import WebReader
from lib.domain.sources import Source
from lib.ports.source_reader import Fetch, Fetched
from lib.settings import Settings
from tests.adapters.sources.git_site import GitSite, Work
from tests.doubles import SettableClock

FILES = {
    "guide.md": "# Zebras\n\nZebras are African equines.\n",
    "src/stripes.py": "def stripes():\n    return 'black on white'\n",
    "broken.pdf": b"%PDF-1.7 not one at all",
    "logo.png": b"\x89PNG",
    ".github/hidden.md": "# Hidden",
}


@pytest.fixture
def work(tmp_path):
    return Work(tmp_path / "served" / "zoo", FILES)


@pytest.fixture
def site(work):
    with GitSite(work.folder.parent) as running:
        yield running


@pytest.fixture
def make_reader(tmp_path):
    parser = LimitedParser()

    def make(data: str = "data", **changes: object) -> Git:
        settings = Settings(data_dir=str(tmp_path / data), fetch_timeout_s=10, **changes)
        web = WebReader(contact="", timeout_s=1, max_bytes=1, concurrency=1, clock=SettableClock(), parser=parser)
        return build(Tools(settings=settings, clock=SettableClock(), web=web, parser=parser))

    yield make
    parser.close()


@pytest.fixture
def reader(make_reader):
    return make_reader()


@pytest.fixture
def source(site):
    return Source(id="zoo", kind="git", start=(f"{site.url}/zoo/.git",), allow_private_network=True)


@pytest.fixture
def local(work):
    return Source(id="zoo", kind="git", start=(str(work.folder),))


def paths(reader: Git, source: Source) -> list[str]:
    """Paths of the files that are listed."""
    return [found.url.rpartition("/zoo/")[2] for found in reader.discover(source).found]


def read(reader: Git, source: Source, url: str, **known: str) -> Fetched:
    [result] = reader.read(source, [Fetch(url=url, **known)])
    return result
