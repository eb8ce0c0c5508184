"""The kind that the manual adds works as it stands there."""

import re
import sys
from types import ModuleType

import pytest

from lib.domain.sources import Source
from tests.contracts.source_reader import Examples, SourceReaderContract
from tests.docs.manual import read, section
from tests.doubles import SettableClock
from tests.workbench import Workbench

MAIL = "From x Thu Jan  1 00:00:00 2026\nMessage-ID: <{name}@example.com>\nSubject: {title}\n\n{text}\n\n"
SOURCES = "sources:\n  - id: mails\n    kind: mbox\n    start: [{file}]\n"


def _code(heading: str) -> str:
    """The indented block of a section of the page."""
    lines = re.findall(r"(?m)^    .*$|^$", section(read("docs/adding-a-kind.md"), heading))
    return "\n".join(line[4:] for line in lines)


@pytest.fixture
def mbox(monkeypatch):
    module = ModuleType("lib.adapters.sources.mbox")
    exec(compile(_code("The file"), "mbox.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


@pytest.fixture
def archive(tmp_path):
    file = tmp_path / "all.mbox"
    mails = [("one", "Minutes", "The meeting is on Monday."), ("two", "Lunch", "There will be soup.")]
    file.write_text("".join(MAIL.format(name=name, title=title, text=text) for name, title, text in mails))
    return file


class TestMbox(SourceReaderContract):
    @pytest.fixture
    def reader(self, mbox):
        return mbox.Mbox(SettableClock())

    @pytest.fixture
    def examples(self, archive):
        source = Source(id="mails", kind="mbox", start=(str(archive),))
        first = f"{archive.as_uri()}?%3Cone%40example.com%3E"
        return Examples(
            source=source,
            page=first,
            page_words="The meeting",
            unchanging=None,
            gone=f"{archive.as_uri()}?never",
            refused=None,
            failing=None,
            is_brought=True,
        )


def test_the_page_is_under_80_lines():
    assert len(read("docs/adding-a-kind.md").splitlines()) < 80


def test_it_is_registered_as_the_page_says_and_crawled(mbox, archive, tmp_path, monkeypatch):
    from lib.domain import source_file

    line = _code("The registration").strip().rstrip(",")
    monkeypatch.setitem(source_file.KINDS, "mbox", eval(line.partition(":")[2]))
    bench = Workbench(tmp_path, SOURCES.format(file=archive))

    first = bench.crawl("mails")
    archive.write_text(MAIL.format(name="one", title="Minutes", text="The meeting is on Tuesday."))
    second = bench.crawl("mails")

    assert (first.counts["new"], second.counts["changed"], second.counts["gone"]) == (2, 1, 1)
    bench.close()
