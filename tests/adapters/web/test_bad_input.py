"""What sites should not send: each has its verdict, in time, and nothing else stops."""

import time

import pytest

from tests.adapters.web.conftest import MAX_BYTES, TIMEOUT_S


@pytest.mark.parametrize(
    ("path", "outcome", "reason"),
    [
        ("/big", "refused", "larger than 2,000,000 bytes"),
        ("/big-told", "refused", "larger than 2,000,000 bytes"),
        ("/bomb", "refused", "larger than 2,000,000 bytes"),
        ("/never-ends", "failed", "took longer than 1 s"),
        ("/silent", "failed", "took longer than 1 s"),
        ("/slow-head", "failed", "took longer than 1 s"),
        ("/many-headers", "failed", "not understandable as HTTP"),
        ("/garbage", "failed", "not understandable as HTTP"),
        ("/half", "failed", "the connection broke"),
        ("/gzip-cut", "failed", "stops before its end"),
        ("/gzip-damaged", "failed", "is damaged"),
        ("/brotli", "failed", "was not asked for"),
        ("/png", "refused", "not text: image/png"),
        ("/png-as-html", "refused", "not text, whatever"),
        ("/pdf-as-html", "refused", "not text, whatever"),
        ("/noise-as-text", "refused", "not text, whatever"),
        ("/script", "refused", "not text: text/javascript"),
    ],
)
def test_each_gets_its_verdict_in_time(read, path, outcome, reason):
    started = time.monotonic()

    result = read(path)

    assert (result.outcome, result.page) == (outcome, None)
    assert reason in result.reason
    assert time.monotonic() - started < TIMEOUT_S + 2


def test_a_large_page_is_not_read_to_its_end(read):
    assert read("/big").size_bytes < MAX_BYTES + 300_000


def test_a_bomb_is_not_inflated_to_its_end(read):
    assert read("/bomb").size_bytes < 500_000


def test_one_bad_page_does_not_stop_the_others(read):
    results = read("/silent", "/big", "/garbage", "/half", "/png", "/soup", "/ok")

    assert [r.outcome for url, r in results.items() if url.endswith(("/ok", "/soup"))] == ["page", "page"]


@pytest.mark.parametrize("path", ["/empty", "/blank"])
def test_an_empty_page_is_a_page_without_text(read, path):
    result = read(path)

    assert (result.outcome, result.page.text) == ("page", "")
    assert result.page.title == path[1:]


@pytest.mark.parametrize("path", ["/gzip", "/gzip-not", "/deflate", "/deflate-raw"])
def test_compressed_bodies_are_inflated(read, path):
    result = read(path)

    assert "African equines" in result.page.text
    assert result.raw_hash == read("/ok").raw_hash


def test_gzip_may_have_several_members(read):
    assert read("/gzip-twice").page.text == "# Two\n\nmembers"


@pytest.mark.parametrize("path", ["/html-as-text", "/html-as-bytes", "/html-untyped"])
def test_html_is_recognised_whatever_its_type_says(read, path):
    page = read(path).page

    assert (page.title, page.media_type) == ("Zebras", "text/html")


def test_plain_text_stays_as_it_is(read):
    page = read("/text").page

    assert (page.text, page.media_type, page.title) == ("First line.\n\nSecond <b>line</b>.", "text/plain", "text")


def test_markdown_stays_as_it_is(read):
    page = read("/read.md").page

    assert (page.text, page.media_type, page.title) == ("# Read me\n\nSome *text*.", "text/markdown", "Read me")


@pytest.mark.parametrize("path", ["/latin-told-utf8", "/utf8-told-latin", "/told-nonsense", "/told-zip", "/utf16"])
def test_a_wrong_charset_does_not_lose_the_page(read, path):
    page = read(path).page

    assert page.title == "Straße"
    assert page.text == "Größe, Überfluss und Müßiggang: schöne Wörter, die Umlaute haben."


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/deep", "Deep down there is still something to be read."),
        ("/unclosed", "Nobody closed anything but this text is here."),
        ("/nul", "Between the words there are bytes that nobody sees."),
        ("/soup", "and a late paragraph"),
    ],
)
def test_malformed_html_keeps_its_text(read, path, words):
    assert words in read(path).page.text


@pytest.mark.parametrize("path", ["/noindex", "/x-robots"])
def test_a_page_that_must_not_be_indexed_has_no_text(read, site, path):
    page = read(path).page

    assert (page.noindex, page.text) == (True, "")
    assert page.links == ((site.url("/ok"),) if path == "/noindex" else ())


def test_canonical_may_stand_in_the_header(read, site):
    assert read("/linked").page.canonical == site.url("/ok")
