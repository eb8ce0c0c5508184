"""Sitemaps as a source: whose headers are sent, what is not sent again, and what listing them took."""

import hashlib
from dataclasses import replace

import pytest

from lib.adapters.sources.sitemap import Sitemap
from lib.domain.sources import Source
from lib.errors import BadInput, Unreachable
from tests.adapters.sources.listings import web_client
from tests.adapters.web.test_sitemaps import index, urlset
from tests.doubles import SettableClock
from tests.nasty_pages import Answer, Page, redirect
from tests.nasty_site import NastySite


@pytest.fixture
def reader():
    with web_client(SettableClock()) as web:
        yield Sitemap(web)


@pytest.fixture
def source(site):
    return Source(id="listed", kind="sitemap", start=(site.url("/sitemap.xml"),), allow_private_network=True)


def test_headers_of_the_source_go_to_its_hosts_and_not_where_a_redirect_or_an_index_leads(
    site, reader, source, monkeypatch
):
    monkeypatch.setenv("SOURCE_MAPS", "s3cret")
    with NastySite() as other:
        own = replace(source, headers=(("X-Api-Key", "secret:MAPS"),), include=(site.root + "/**", other.root + "/**"))
        site.pages["/sitemap.xml"] = index(site.url("/moved.xml"), other.url("/theirs.xml"), site.url("/ours.xml"))
        site.pages |= {"/moved.xml": redirect(other.url("/moved.xml")), "/ours.xml": urlset(site.url("/a"))}
        other.pages |= {"/theirs.xml": urlset(other.url("/b")), "/moved.xml": urlset(site.url("/c"))}

        urls = [found.url for found in reader.discover(own).found]

    ours = {r.path: r.headers.get("x-api-key") for r in site.requests if r.path != "/robots.txt"}
    assert urls == [site.url("/c"), other.url("/b"), site.url("/a")]
    assert ours == dict.fromkeys(("/sitemap.xml", "/moved.xml", "/ours.xml"), "s3cret")
    assert {r.path for r in other.requests} == {"/robots.txt", "/theirs.xml", "/moved.xml"}
    assert all("x-api-key" not in request.headers for request in other.requests)


def test_who_may_not_read_a_sitemap_is_told_to_look_at_the_headers(site, reader, source):
    with pytest.raises(BadInput, match="check the `headers` of the source"):
        list(reader.discover(replace(source, start=(site.url("/secret"),))).found)


def conditional(answer: Answer) -> Page:
    """The same with an ETag of its bytes, and a 304 for who has them."""
    etag = f'"{hashlib.sha256(answer.body).hexdigest()[:8]}"'

    async def answering(site, request, out):
        if request.headers.get("if-none-match") == etag:
            return Answer(b"", 304, {"ETag": etag})
        return Answer(answer.body, 200, {"ETag": etag})

    return answering


def two_files(site, *last: str) -> None:
    site.pages["/sitemap.xml"] = conditional(index(site.url("/one.xml"), site.url("/two.xml")))
    site.pages["/one.xml"] = conditional(urlset(site.url("/a"), site.url("/b")))
    site.pages["/two.xml"] = conditional(urlset(*map(site.url, last)))


def discovered(reader, source, since=""):
    discovery = reader.discover(source, since=since)
    return list(discovery.found), discovery


def test_files_that_did_not_change_are_not_sent_again_and_named_as_parts(site, reader, source):
    two_files(site, "/c")
    first, _ = discovered(reader, source)
    site.requests.clear()

    again, discovery = discovered(reader, source, first[-1].cursor)

    assert again == []
    assert site.paths() == ["/sitemap.xml", "/one.xml", "/two.xml"]
    assert {found.part for found in first} < discovery.account.unchanged
    assert discovery.account.size_bytes < 1000
    assert discovery.unlisted == "ask"


def test_a_changed_file_of_an_index_that_did_not_change_is_noticed(site, reader, source):
    two_files(site, "/c")
    first, _ = discovered(reader, source)
    two_files(site, "/d", "/c")

    again, discovery = discovered(reader, source, first[-1].cursor)
    settled, _ = discovered(reader, source, again[-1].cursor)

    assert [found.url for found in again] == [site.url("/d"), site.url("/c")]
    assert first[0].part in discovery.account.unchanged
    assert {found.part for found in again} == {first[-1].part}
    assert first[-1].part not in discovery.account.unchanged
    assert settled == []


def test_a_file_without_validators_is_read_each_time(site, reader, source):
    two_files(site, "/c")
    site.pages["/two.xml"] = urlset(site.url("/c"))
    first, _ = discovered(reader, source)

    again, _ = discovered(reader, source, first[-1].cursor)

    assert [found.url for found in again] == [site.url("/c")]


def test_a_listing_that_is_cut_is_read_whole_the_next_time(site, reader, source):
    two_files(site, "/c")

    cut, _ = discovered(reader, replace(source, max_pages=2))

    assert (len(cut), cut[-1].cursor) == (2, "")


@pytest.mark.parametrize(
    "cursor", ["no json", "[]", '{"a": 1}', '{"%s": [1, 2]}', '{"%s": [{"ETag": "a\\r\\nX-E: 1"}, []]}']
)
def test_a_cursor_that_cannot_be_means_everything(site, reader, source, cursor):
    site.pages["/sitemap.xml"] = urlset(site.url("/a"))

    found, _ = discovered(reader, source, cursor.replace("%s", source.start[0]))

    assert [each.url for each in found] == [site.url("/a")]
    assert all("x-e" not in request.headers for request in site.requests)


def test_an_answer_without_a_body_that_nobody_asked_for_is_none(site, reader, source):
    site.pages["/sitemap.xml"] = Answer(b"", 304)

    with pytest.raises(Unreachable, match="HTTP 304 without having been asked"):
        list(reader.discover(source).found)


@pytest.mark.parametrize(("path", "asks_s"), [("/busy", 7200), ("/busy-date", 3600)])
def test_a_host_that_asks_to_be_left_alone_says_for_how_long(site, reader, source, path, asks_s):
    with pytest.raises(Unreachable) as caught:
        list(reader.discover(replace(source, start=(site.url(path),))).found)

    assert (round(caught.value.retry_after_s, -2), caught.value.host) == (asks_s, "127.0.0.1")


def test_all_that_a_listing_took_is_in_its_account(site, reader, source):
    site.pages["/sitemap.xml"] = index(site.url("/moved.xml"), site.url("/stumbles"), site.url("/missing.xml"))
    site.pages |= {"/moved.xml": redirect("/one.xml"), "/one.xml": urlset(site.url("/a"))}

    discovery = reader.discover(source)
    assert discovery.account.requests == 0
    list(discovery.found)

    assert discovery.account.requests == len(site.requests) == 8
    assert discovery.account.size_bytes > len(site.pages["/one.xml"].body)


def test_what_a_listing_took_before_it_failed_is_in_its_account(site, reader, source):
    discovery = reader.discover(replace(source, start=(site.url("/broken"),)))

    with pytest.raises(Unreachable):
        list(discovery.found)

    assert discovery.account.requests == len(site.requests) > 1


def test_after_a_listing_its_host_rests_as_it_asks(site, reader, source):
    site.robots = Answer(b"User-agent: *\nCrawl-delay: 0.7\n")
    site.pages["/sitemap.xml"] = urlset(site.url("/a"))

    _, discovery = discovered(reader, source)

    assert 0 < discovery.account.rests["127.0.0.1"] <= 0.7
