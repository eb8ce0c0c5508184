"""Selectors choose the text of HTML wherever it is read: in folders, repositories and feeds, not only on pages."""

from contextlib import closing
from dataclasses import replace

import pytest

from lib.adapters.sources.build import Readers
from lib.adapters.sources.feed import Feed
from lib.domain.source_file import parse_sources
from lib.domain.sources import Source
from lib.errors import BadSources
from lib.ports.source_reader import Fetch
from lib.settings import Settings
from tests.adapters.sources.git_site import Work
from tests.adapters.sources.listings import as_xml, web_client
from tests.doubles import SettableClock

HTML = """<!doctype html><html><head><title>Whole page</title></head><body><div class="menu">Home, About, Contact</div>
<div id="text"><h1>Stripes</h1><p>Zebras are African equines with stripes.</p><p class="ad">Buy a zebra.</p>
<time datetime="2026-11-20">Friday</time></div><div id="more"><p>Okapis live in forests and are not zebras.</p></div>
</body></html>"""
CHOSEN = {"select": "#text", "remove": ".ad", "title": "#text h1", "published": "time[datetime]"}
ENTRY = "<item><title>News</title><link>/a</link><description>{}</description></item>"
MD = "# A title\n\n#text is no selector here.\n"


@pytest.fixture
def files(tmp_path):
    """A folder that is a repository too."""
    return Work(tmp_path / "zoo", {"page.html": HTML, "guide.md": MD}).folder


@pytest.fixture
def read():
    with closing(Readers(Settings(), clock=SettableClock())) as readers:

        def one(source, name):
            reader = readers.for_source(source)
            [found] = [found for found in reader.discover(source).found if found.url.endswith(name)]
            [result] = reader.read(source, [Fetch(url=found.url)])
            return result.page

        yield one


@pytest.fixture
def feeds():
    with web_client(SettableClock()) as web:
        yield Feed(web, SettableClock())


@pytest.mark.parametrize("kind", ["files", "git"])
def test_selectors_choose_the_text_title_and_date_of_html_files(read, files, kind):
    source = Source(id="zoo", kind=kind, start=(str(files),), **CHOSEN)

    page = read(source, "page.html")

    assert (page.title, page.published) == ("Stripes", "2026-11-20T00:00:00.000Z")
    assert page.text.startswith("# Stripes\n\nZebras are African equines with stripes.")
    assert "Buy" not in page.text
    assert "Okapis" not in page.text


@pytest.mark.parametrize("kind", ["files", "git"])
def test_without_a_match_there_is_no_text_and_other_formats_are_read_as_ever(read, files, kind):
    source = Source(id="zoo", kind=kind, start=(str(files),), select="#nothing")

    assert read(source, "page.html").text == ""
    assert read(source, "guide.md").text == read(replace(source, select=""), "guide.md").text != ""


def test_selectors_choose_the_text_that_a_feed_holds(feeds, site):
    escaped = HTML.replace("<", "&lt;")
    site.pages["/feed.xml"] = as_xml(f"<rss version='2.0'><channel>{ENTRY.format(escaped)}</channel></rss>")
    source = Source(
        id="news",
        kind="feed",
        content="feed",
        start=(site.url("/feed.xml"),),
        allow_private_network=True,
        select="#text",
        remove=".ad",
    )

    [found] = feeds.discover(source).found

    assert found.fetched.page.title == "News"
    assert found.fetched.page.text.startswith("# Stripes\n\nZebras are African equines with stripes.")
    assert "Buy" not in found.fetched.page.text
    assert "Okapis" not in found.fetched.page.text


@pytest.mark.parametrize("line", ["title: h1", "published: time", "render: auto", "wait_for: p"])
def test_what_only_pages_have_is_refused_where_a_feed_brings_the_text(line):
    text = f"sources:\n  - id: a\n    kind: feed\n    start: [https://x.example/f]\n    content: feed\n    {line}\n"

    with pytest.raises(BadSources, match=rf"^s\.yaml:6: .*`{line.partition(':')[0]}`.*`content: page`"):
        parse_sources(text, file="s.yaml")
    parse_sources(text.replace("content: feed", "content: page"), file="s.yaml")
