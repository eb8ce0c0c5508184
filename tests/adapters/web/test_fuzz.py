"""Mutated hostile input to what reads pages: a page or BadInput, never anything else, and never for long."""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.adapters.web.html_page import read_html
from lib.adapters.web.selectors import Selectors, read_selected
from lib.adapters.web.sitemaps import Sitemap, parse_sitemap
from lib.adapters.web.text_page import read_markdown, read_text
from lib.domain.pages import Page
from lib.errors import BadInput
from tests.hostile.pages import BODIES
from tests.nasty_pages import PAGES, Answer

URL = "http://example.com/a/b"
PATIENCE_S = 20.0
"""Many times what the slowest body needs: only runaway growth gets here."""

SEEDS = [page.body for page in PAGES.values() if isinstance(page, Answer) and 0 < len(page.body) < 50_000]
SEEDS += [body for body in BODIES.values() if len(body) < 50_000]
PIECES = [
    b"<",
    b">",
    b"</",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"<!doctype",
    b"<?xml",
    b'"',
    b"'",
    b"=",
    b"&",
    b"&#0;",
    b"&#x110000;",
    b"&amp",
    b"\x00",
    b"\xff",
    b"\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\r",
    b"\n",
    b"```",
    b"---\n",
    b"# ",
    b"|",
    b"\\",
    b"<table>",
    b"<tr>",
    b"<td colspan=99999999>",
    b"<td rowspan=99999999>",
    b"<li>",
    b"<ol start=-1>",
    b"<dt>",
    b"<h2>",
    b"</p>",
    b"<pre>",
    b"<a href=",
    b"<base href=//[>",
    b"<title>",
    b"<script>",
    b"<noscript>",
    b"<template>",
    b"<svg><title>",
    b"<math>",
    b"<body>",
    b"<frameset>",
    b"<main hidden>",
    b"<x-y>",
    b"<loc>",
    b"<url>",
    b"<urlset>",
    b"<sitemapindex>",
    b"]]>",
    b"&xxe;",
]
SELECTORS = [
    Selectors(select="main, article, #content, p"),
    Selectors(remove="p, nav, .ad", title="h2", published="time"),
    Selectors(select="body :not(p):has(*)", remove="table", title="title", published="[datetime], meta"),
    Selectors(select="*", remove="*:nth-child(3n + 1)", title="*", published="*"),
    Selectors(select="td, li, pre, svg, template, noscript", title="a[href]", published="td"),
    Selectors(remove="*"),
]
TYPES = ["", "text/html", "text/html; charset=utf-16", "text/html; charset=iso-2022-jp", "text/plain; charset=utf-7"]


@st.composite
def mutated(draw):
    """A hostile body with pieces put in, taken out, repeated, or another's tail behind it."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        how = draw(st.sampled_from(["put", "cut", "repeat", "splice"]))
        if how == "put":
            body = body[:start] + draw(st.sampled_from(PIECES)) * draw(st.sampled_from([1, 1, 3, 200])) + body[start:]
        elif how == "cut":
            body = body[:start] + body[end:]
        elif how == "repeat":
            body = body[:end] + body[start:end] * draw(st.sampled_from([2, 50])) + body[end:]
        else:
            other = draw(st.sampled_from(SEEDS))
            body = body[:start] + other[draw(st.integers(0, len(other))) :]
        body = body[:100_000]
    return body


def survives(read, body, **given_with):
    """Whether reading gives what it should, in time. BadInput is an answer too."""
    started = time.monotonic()
    found = None
    with suppress(BadInput):
        found = read(body, **given_with)
    assert time.monotonic() - started < PATIENCE_S
    return found


@given(mutated(), st.sampled_from(TYPES))
@settings(max_examples=150, deadline=None)
def test_mutated_html_is_a_page_or_bad_input(body, content_type):
    found = survives(read_html, body, url=URL, content_type=content_type)

    assert found is None or isinstance(found, Page)


@given(mutated(), st.sampled_from(TYPES))
@settings(max_examples=100, deadline=None)
def test_a_page_of_mutated_html_is_in_order(body, content_type):
    page = survives(read_html, body, url=URL, content_type=content_type)

    if page is not None:
        check_order(page)


@given(mutated(), st.sampled_from(TYPES), st.sampled_from(SELECTORS))
@settings(max_examples=150, deadline=None)
def test_what_selectors_choose_of_mutated_html_is_in_order(body, content_type, selectors):
    page = survives(read_selected, body, selectors=selectors, url=URL, content_type=content_type)

    if page is not None:
        check_order(page)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("selectors", SELECTORS, ids=str)
def test_selectors_choose_of_each_hostile_body_in_time(selectors, name):
    page = survives(read_selected, BODIES[name], selectors=selectors, url=URL)

    if page is not None:
        check_order(page)


def test_more_tags_than_can_be_held_are_refused_before_selectors_look_at_them():
    started = time.monotonic()

    with pytest.raises(BadInput, match="too complex"):
        read_selected(b"<p>a" * 1_000_000, SELECTORS[0], url=URL)
    assert time.monotonic() - started < 5


def check_order(page):
    """Text, title, anchors and links can be stored as they are."""
    f"{page.text}{page.title}{page.published}".encode()
    assert "\x00" not in page.text + page.title + page.published
    assert all(0 <= anchor.offset < len(page.text) for anchor in page.anchors)
    assert all(link.startswith(("http://", "https://")) for link in page.links)


@pytest.mark.parametrize("read", [read_markdown, read_text])
@given(body=mutated(), content_type=st.sampled_from(TYPES))
@settings(max_examples=80, deadline=None)
def test_mutated_text_is_a_page(read, body, content_type):
    found = survives(read, body, url=URL, content_type=content_type)

    assert isinstance(found, Page)


@given(mutated(), st.sampled_from([b"", b"<urlset>", b"<sitemapindex>", b"\x1f\x8b"]))
@settings(max_examples=150, deadline=None)
def test_a_mutated_sitemap_is_a_sitemap_or_bad_input(body, before):
    found = survives(parse_sitemap, before + body)

    assert found is None or isinstance(found, Sitemap)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("read", [read_html, read_markdown, read_text])
def test_each_hostile_body_is_read_in_time(read, name):
    found = survives(read, BODIES[name], url=URL)

    assert found is None or isinstance(found, Page)


@pytest.mark.parametrize("name", BODIES)
def test_each_hostile_body_is_a_sitemap_or_not_in_time(name):
    found = survives(parse_sitemap, BODIES[name])

    assert found is None or isinstance(found, Sitemap)


@pytest.mark.parametrize("piece", PIECES)
def test_ten_thousand_of_anything_are_read_in_time(piece):
    body = b"<p>Some text.</p>" + piece * 10_000

    assert isinstance(survives(read_html, body, url=URL), Page)
    assert isinstance(survives(read_selected, body, selectors=SELECTORS[0], url=URL), Page)
    assert isinstance(survives(read_markdown, body, url=URL), Page)
    survives(parse_sitemap, b"<urlset>" + body)
