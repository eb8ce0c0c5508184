"""Feeds: what is asked for, what comes of it, and that an unchanged one costs next to nothing."""

import threading
from dataclasses import replace

import pytest

from lib.adapters.sources.feed import Feed
from lib.domain.sources import Source
from lib.errors import BadInput, Unreachable
from lib.ports.source_reader import Fetch
from tests.adapters.sources.listings import as_xml, web_client
from tests.contracts.source_reader import Examples, SourceReaderContract
from tests.doubles import SettableClock
from tests.nasty_pages import Answer, redirect
from tests.nasty_site import NastySite

RSS = '<rss version="2.0"><channel><title>News</title>{}</channel></rss>'


def item(link: str, *, title: str = "A title", text: str = "Zebras are African equines.", guid: str = "") -> str:
    named = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    told = f"<description>{text}</description><pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate>"
    return f"<item><title>{title}</title>{f'<link>{link}</link>' if link else ''}{named}{told}</item>"


def rss(*items: str, **headers: str) -> Answer:
    return as_xml(RSS.format("".join(items)), **headers)


@pytest.fixture
def site():
    with NastySite() as running:
        yield running


@pytest.fixture
def feeds():
    with web_client(SettableClock()) as web:
        yield Feed(web, SettableClock())


@pytest.fixture
def reader(feeds):
    return feeds


@pytest.fixture
def source(site):
    return Source(id="news", kind="feed", start=(site.url("/feed.xml"),), allow_private_network=True)


@pytest.fixture
def brought(source):
    """The same, its text taken from the feed."""
    return replace(source, content="feed")


@pytest.fixture
def listed(reader, source, site):
    def look(of=source, **since):
        return [found.url.removeprefix(site.root) for found in reader.discover(of, **since).found]

    return look


class TestFeedOfPages(SourceReaderContract):
    @pytest.fixture
    def reader(self, feeds):
        return feeds

    @pytest.fixture
    def examples(self, site, source):
        site.pages["/feed.xml"] = rss(item("/ok"), item("/next#top"), item("/ok?utm_source=feed"))
        return Examples(
            source=source,
            page=site.url("/ok"),
            page_words="African equines",
            unchanging=site.url("/conditional"),
            gone=site.url("/gone"),
            refused=site.url("/png"),
            failing=site.url("/broken"),
        )


class TestFeedOfTexts(SourceReaderContract):
    @pytest.fixture
    def reader(self, feeds):
        return feeds

    @pytest.fixture
    def examples(self, site, brought):
        site.pages["/feed.xml"] = rss(item("/a"), item("/b"))
        return Examples(
            source=brought,
            page=site.url("/a"),
            page_words="African equines",
            unchanging=None,
            gone=None,
            refused=None,
            failing=site.url("/scrolled-out"),
        )


def test_pages_of_entries_are_listed_and_not_asked_for(listed, site):
    site.pages["/feed.xml"] = rss(item("/b"), item(site.url("/a")), item("http://elsewhere.test/"), item("/b#again"))

    assert listed() == ["/b", "/a"]
    assert site.paths() == ["/feed.xml"]


def test_a_feed_only_has_what_is_new(reader, source, brought):
    assert reader.discover(source).unlisted == "ask when due"
    assert reader.discover(brought).unlisted == "leave"


def test_an_edited_entry_has_another_stamp(reader, source, site):
    site.pages["/feed.xml"] = rss(item("/a"), item("/b"))
    before = {found.url: found.stamp for found in reader.discover(source).found}
    site.pages["/feed.xml"] = rss(item("/a"), item("/b", text="Zebras are horses."))
    after = {found.url: found.stamp for found in reader.discover(source).found}

    assert [before[url] == after[url] for url in before] == [True, False]


def test_an_entry_brings_its_text_title_and_date(reader, brought, site):
    site.pages["/feed.xml"] = rss(
        item("/a", title="Zebras &amp;amp; horses", text="&lt;h2&gt;Stripes&lt;/h2&gt;&lt;p&gt;All have.&lt;/p&gt;")
    )

    [found] = reader.discover(brought).found

    assert (found.fetched.url, found.fetched.outcome) == (site.url("/a"), "page")
    assert found.fetched.page.title == "Zebras & horses"
    assert found.fetched.page.text == "## Stripes\n\nAll have."
    assert found.fetched.page.published == "2026-11-21T09:00:00.000Z"


def test_the_bytes_of_a_feed_are_counted_once(reader, brought, site):
    site.pages["/feed.xml"] = rss(item("/a"), item("/b"), item("/c"))

    discovery = reader.discover(brought)
    costs = {(found.fetched.requests, found.fetched.size_bytes) for found in discovery.found}

    assert costs == {(0, 0)}
    assert discovery.account.requests == 2  # robots.txt and the feed
    assert discovery.account.size_bytes > len(site.pages["/feed.xml"].body)


def test_text_of_a_feed_cannot_send_readers_elsewhere(reader, brought, site):
    evil = f"&lt;link rel='canonical' href='{site.url('/b')}'&gt;&lt;p&gt;Mine.&lt;/p&gt;&lt;a href='/c'&gt;c&lt;/a&gt;"
    site.pages["/feed.xml"] = rss(item("/a", text=evil))

    [found] = reader.discover(brought).found

    assert (found.fetched.page.canonical, found.fetched.page.links) == ("", ())


def test_an_entry_without_a_page_has_an_address_of_its_own(reader, brought, site):
    site.pages["/feed.xml"] = rss(item("", guid="tag:one"), item("", guid="tag:two"), item("", text="Nameless."))

    first, second = [[found.url for found in reader.discover(brought).found] for _ in range(2)]

    assert first == second
    assert len(set(first)) == 2
    assert all(url.startswith(site.url("/feed.xml/")) for url in first)


def test_entries_that_are_skipped_are_counted(listed, site, caplog):
    site.pages["/feed.xml"] = rss(item("", text="Nameless."), item("http://elsewhere.test/"), item("/a"))

    assert listed() == ["/a"]
    assert "nameless=1 out_of_scope=1" in caplog.text


def test_no_more_entries_than_the_source_wants(listed, source, site):
    site.pages["/feed.xml"] = rss(*(item(f"/{n}") for n in range(30)))

    assert listed(replace(source, max_pages=7)) == [f"/{n}" for n in range(7)]


def test_an_unchanged_feed_is_not_sent_again(reader, source, site):
    async def conditional(site, request, out):
        if request.headers.get("if-none-match") == '"one"' and request.headers.get("if-modified-since") == "then":
            return Answer(b"", 304)
        return rss(item("/a"), item("/b"), ETag='"one"', **{"Last-Modified": "then"})

    site.pages["/feed.xml"] = conditional
    first = list(reader.discover(source).found)

    again = reader.discover(source, since=first[-1].cursor)

    assert [bool(found.cursor) for found in first] == [False, True]
    assert list(again.found) == []
    assert again.unlisted == "ask when due"


def test_each_feed_keeps_its_own_validators(reader, source, site):
    async def conditional(site, request, out):
        return Answer(b"", 304) if "if-none-match" in request.headers else rss(item(request.path + "/1"), ETag='"x"')

    site.pages |= {"/feed.xml": conditional, "/two.xml": conditional}
    both = replace(source, start=(*source.start, site.url("/two.xml")))
    cursor = list(reader.discover(both).found)[-1].cursor
    site.pages["/two.xml"] = rss(item("/new"), ETag='"y"')

    changed = list(reader.discover(both, since=cursor).found)

    assert [found.url for found in changed] == [site.url("/new")]
    assert '"x"' in changed[-1].cursor.replace("\\", "")
    assert '"y"' in changed[-1].cursor.replace("\\", "")


@pytest.mark.parametrize("cursor", ["", "no json", "[]", '{"a": 1}', '{"%s": {"ETag": "a\\r\\nX-Evil: 1"}}'])
def test_a_cursor_that_cannot_be_means_everything(listed, site, source, cursor):
    site.pages["/feed.xml"] = rss(item("/a"))

    assert listed(since=cursor.replace("%s", source.start[0])) == ["/a"]
    assert all("x-evil" not in request.headers for request in site.requests)


@pytest.mark.parametrize("path", ["/ok", "/png", "/missing", "/empty", "/read.md", "/nowhere", "/self", "/to-file"])
def test_what_is_no_feed_is_bad_input(reader, source, site, path):
    with pytest.raises(BadInput, match="correct its `start`"):
        list(reader.discover(replace(source, start=(site.url(path),))).found)


@pytest.mark.parametrize("path", ["/broken", "/silent", "/busy", "/reset", "/gzip-cut"])
def test_what_cannot_be_read_now_is_unreachable(reader, source, site, path):
    with pytest.raises(Unreachable, match="cannot be read now"):
        list(reader.discover(replace(source, start=(site.url(path),))).found)


def test_robots_txt_may_forbid_a_feed(reader, source, site):
    site.robots = Answer(b"User-agent: *\nDisallow: /feed.xml\n")

    with pytest.raises(BadInput, match=r"robots\.txt forbids it"):
        list(reader.discover(source).found)


def test_a_moved_feed_is_found_and_its_entries_are_beside_it(listed, site):
    site.pages["/feed.xml"] = redirect("/new/feed.xml", status=301)
    site.pages["/new/feed.xml"] = rss(item("a"))

    assert listed() == ["/new/a"]


def test_a_secret_is_not_sent_to_another_host(reader, source, site, monkeypatch):
    monkeypatch.setenv("SOURCE_NEWS", "s3cret")
    own = replace(source, headers=(("Authorization", "Bearer secret:NEWS"),))
    with NastySite() as other:
        other.pages["/feed.xml"] = rss(item(site.url("/a")))
        site.pages["/feed.xml"] = redirect(other.url("/feed.xml"))

        found = list(reader.discover(own).found)

    assert [f.url for f in found] == [site.url("/a")]
    assert [r.headers.get("authorization") for r in site.requests if r.path == "/feed.xml"] == ["Bearer s3cret"]
    assert all("authorization" not in request.headers for request in other.requests)


def test_an_entry_that_has_scrolled_out_is_not_gone(reader, brought, site):
    site.pages["/feed.xml"] = rss(item("/a"))

    results = {r.url: r for r in reader.read(brought, [Fetch(url=site.url("/a")), Fetch(url=site.url("/old"))])}

    assert {url: r.outcome for url, r in results.items()} == {site.url("/a"): "page", site.url("/old"): "failed"}


def test_a_listing_that_is_left_early_leaves_nothing_behind(reader, source, site):
    site.pages["/feed.xml"] = rss(*(item(f"/{n}") for n in range(100)))
    found = reader.discover(source).found
    next(found)

    found.close()

    assert not [t for t in threading.enumerate() if t.name.startswith("plumbline")]
