"""Repositories and two instances of the app: one lists, and the other one, which has an older copy, reads."""

from dataclasses import replace

import pytest

from lib import composition
from lib.domain.messages import CrawlMessage
from lib.pipelines.crawl import continue_crawl, crawl_now
from lib.ports.source_reader import Fetch
from tests.adapters.sources.git_reading import make_reader, site, source, work
from tests.workbench import Workbench

__all__ = ["make_reader", "site", "source", "work"]

ZEBRAS = "# Zebras\n\nZebras are African equines with black and white stripes.\n"


@pytest.fixture
def lister(make_reader):
    return make_reader("one")


@pytest.fixture
def other(make_reader, source):
    """An instance that has read the first commit."""
    reader = make_reader("two")
    list(reader.discover(source).found)
    return reader


@pytest.fixture
def listed(lister, source, site):
    """List, as fetches of what is listed, by path."""

    def look():
        found = lister.discover(source).found
        return {f.url.removeprefix(f"{site.url}/zoo/"): Fetch(url=f.url, stamp=f.stamp) for f in found}

    return look


def test_what_changed_since_is_read_as_it_was_listed(work, other, listed, source, site):
    [old] = other.read(source, [Fetch(url=f"{site.url}/zoo/guide.md")])
    work.commit({"guide.md": ZEBRAS, "new.md": "# New", "src/stripes.py": None})
    fetches = listed()
    known = replace(fetches["guide.md"], etag=old.etag)
    gone = Fetch(url=f"{site.url}/zoo/src/stripes.py")

    found = {r.url.rpartition("/")[2]: r for r in other.read(source, [known, fetches["new.md"], gone])}

    assert {name: r.outcome for name, r in found.items()} == {
        "guide.md": "page",
        "new.md": "page",
        "stripes.py": "gone",
    }
    assert "stripes" in found["guide.md"].page.text
    assert found["guide.md"].etag == fetches["guide.md"].stamp


def test_what_is_at_hand_is_read_without_a_request(work, other, listed, source, site):
    fetches = list(listed().values())
    work.commit({"new.md": "# New"})
    asked = len(site.requests)

    outcomes = [r.outcome for r in other.read(source, fetches)]

    assert sorted(outcomes) == ["page", "page", "refused"]
    assert len(site.requests) == asked


def test_a_branch_that_moves_on_does_not_mix_two_versions(work, other, listed, source):
    fetches = listed()
    work.commit({"guide.md": ZEBRAS})
    list(other.discover(source).found)

    [result] = other.read(source, [fetches["guide.md"]])

    assert result.etag == fetches["guide.md"].stamp
    assert "stripes" not in result.page.text


def test_one_request_tells_what_is_gone_for_all_that_are_asked_for(other, source, site):
    asked = len(site.requests)

    results = list(other.read(source, [Fetch(url=f"{site.url}/zoo/lost{number}.md") for number in range(50)]))

    assert {r.outcome for r in results} == {"gone"}
    assert len(site.requests) - asked <= 2  # the protocol's greeting, and the branch


def test_documents_follow_a_repository_whichever_instance_reads_it(work, make_reader, site, tmp_path):
    one, two = make_reader("one"), make_reader("two")

    class Apart:
        extractor, discover, read = one.extractor, staticmethod(one.discover), staticmethod(two.read)

    bench = Workbench(
        tmp_path,
        f'sources:\n  - id: zoo\n    kind: git\n    start: ["{site.url}/zoo/.git"]\n    max_gone: 1\n'
        "    allow_private_network: true",
    )
    crawler = replace(composition.crawler(), reader_for=lambda _: Apart)

    def crawl():
        run = crawl_now("zoo", bench.sources, crawler=crawler)
        message = CrawlMessage(source_id="zoo", crawl_id=run.crawl_id, slice=run.slice)
        return continue_crawl(message, bench.sources, crawler=crawler)

    try:
        crawl()
        work.commit({"guide.md": ZEBRAS, "new.md": "# New\n\nOkapis are shy.\n", "src/stripes.py": None})
        run = crawl()
        ids = [change.document_id for change in bench.adapters.documents.scan().changes if not change.deleted]
        texts = {d.url.rpartition("/")[2]: d.text for d in bench.adapters.documents.get(ids).values()}
    finally:
        bench.close()

    assert (run.outcome, run.counts["new"], run.counts["changed"], run.counts["gone"]) == ("complete", 1, 1, 1)
    assert set(texts) == {"guide.md", "new.md"}
    assert "stripes" in texts["guide.md"]
