"""Sitemaps: XML, index files, text, gzip, and what is none."""

import gzip
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lib.adapters.sources.sitemap import Sitemap
from lib.adapters.web.sitemaps import parse_sitemap
from lib.domain.sources import Source
from lib.errors import BadInput, Unreachable
from tests.nasty_pages import Answer, redirect

XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*urls: str) -> Answer:
    listed = "".join(f"<url><loc> {url} </loc><lastmod>2026-01-01</lastmod></url>" for url in urls)
    return Answer(f'<?xml version="1.0" encoding="UTF-8"?><urlset {XMLNS}>{listed}</urlset>'.encode())


def index(*urls: str) -> Answer:
    listed = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return Answer(f"<sitemapindex {XMLNS}>{listed}</sitemapindex>".encode())


@pytest.fixture
def source(site):
    return Source(id="listed", kind="sitemap", start=(site.url("/sitemap.xml"),), allow_private_network=True)


@pytest.fixture
def of_kind():
    return Sitemap


@pytest.fixture
def seeds(reader, source, site):
    return lambda: [found.url.removeprefix(site.root) for found in reader.discover(source).found]


def test_pages_are_normalised_in_scope_once_and_in_order(site, seeds):
    site.pages["/sitemap.xml"] = urlset(
        site.url("/b?utm_source=x"),
        site.url("/a#top"),
        site.url("/b"),
        "https://elsewhere.test/",
        "javascript:x",
        "",
        "/c",
    )

    assert seeds() == ["/b", "/a"]


def test_index_files_are_followed(site, seeds):
    site.pages["/sitemap.xml"] = index(site.url("/two.xml"), site.url("/one.xml.gz"), site.url("/two.xml"))
    site.pages["/one.xml.gz"] = Answer(gzip.compress(urlset(site.url("/a"), site.url("/b")).body))
    site.pages["/two.xml"] = urlset(site.url("/b"), site.url("/c"))

    assert seeds() == ["/b", "/c", "/a"]


def test_an_index_of_itself_ends(site, seeds):
    site.pages["/sitemap.xml"] = index(site.url("/sitemap.xml"), site.url("/more.xml"))
    site.pages["/more.xml"] = index(site.url("/sitemap.xml"), site.url("/more.xml?1"))

    assert seeds() == []


def test_an_index_of_other_hosts_is_not_followed(site, seeds):
    site.pages["/sitemap.xml"] = index(
        "http://elsewhere.test/sitemap.xml", "http://169.254.169.254/", "file:///etc/passwd"
    )

    assert seeds() == []


def test_a_text_file_lists_urls(site, seeds):
    site.pages["/sitemap.xml"] = Answer(f"# all\n{site.url('/a')}\r\n\n{site.url('/b')}\n".encode())

    assert seeds() == ["/a", "/b"]


def test_redirects_are_followed(site, seeds):
    site.pages["/sitemap.xml"] = redirect("/moved.xml", status=301)
    site.pages["/moved.xml"] = urlset(site.url("/a"))

    assert seeds() == ["/a"]


def test_no_more_pages_than_the_source_wants(site, reader, source):
    site.pages["/sitemap.xml"] = urlset(*(site.url(f"/{n}") for n in range(30)))

    assert len(list(reader.discover(replace(source, max_pages=7)).found)) == 7


@pytest.mark.parametrize("path", ["/ok", "/png", "/missing", "/empty-index"])
def test_what_is_no_sitemap_is_bad_input(site, reader, source, path):
    with pytest.raises(BadInput, match="correct its `start`"):
        list(reader.discover(replace(source, start=(site.url(path),))).found)


@pytest.mark.parametrize("path", ["/broken", "/silent", "/busy", "/reset", "/gzip-cut"])
def test_what_cannot_be_read_now_is_unreachable(site, reader, source, path):
    with pytest.raises(Unreachable, match="cannot be read now"):
        list(reader.discover(replace(source, start=(site.url(path),))).found)


def test_a_listed_sitemap_that_cannot_be_read_now_is_unreachable(site, reader, source):
    site.pages["/sitemap.xml"] = index(site.url("/one.xml"), site.url("/broken"))
    site.pages["/one.xml"] = urlset(site.url("/a"))

    with pytest.raises(Unreachable):
        list(reader.discover(source).found)


def test_a_listed_sitemap_that_is_gone_is_left_out(site, seeds):
    site.pages["/sitemap.xml"] = index(site.url("/missing.xml"), site.url("/one.xml"))
    site.pages["/one.xml"] = urlset(site.url("/a"))

    assert seeds() == ["/a"]


def test_robots_txt_may_forbid_a_sitemap(site, reader, source):
    site.robots = Answer(b"User-agent: *\nDisallow: /sitemap.xml\n")

    with pytest.raises(BadInput, match=r"robots\.txt forbids it"):
        list(reader.discover(source).found)


def test_entities_are_not_expanded():
    bomb = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
    <!ENTITY f SYSTEM "file:///etc/passwd">]>
    <urlset><url><loc>http://h/&b;</loc></url><url><loc>&f;</loc></url><url><loc>http://h/ok</loc></url></urlset>"""

    assert parse_sitemap(bomb).pages[-1] == ("http://h/ok", "")
    assert "root:" not in str(parse_sitemap(bomb))


def test_a_damaged_file_gives_what_stands_before_the_damage():
    whole = urlset("http://h/a", "http://h/b").body

    assert parse_sitemap(whole[:-30]).pages[0] == ("http://h/a", "2026-01-01")


def test_a_gzip_bomb_is_not_inflated():
    with pytest.raises(BadInput, match="larger than"):
        parse_sitemap(gzip.compress(b" " * 60_000_000))


@example(b"<:")
@given(st.binary(max_size=300))
def test_no_bytes_do_harm(body):
    for each in (body, b"<urlset>" + body, b"\x1f\x8b" + body, b"<?xml version='1.0'?><urlset><url><loc>" + body):
        with suppress(BadInput):
            parse_sitemap(each)
