"""What pages say of themselves: title, language, canonical, links, directives."""

import pytest

from lib.adapters.web.html_page import read_html


def page(html: str, **headers):
    return read_html(html.encode(), url="http://example.com/dir/page.html?x=1", **headers)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>Zebras | Animals</title><h1>Zebras</h1>", "Zebras"),
        ("<title>Zebras - Animals</title><h2>Zebras</h2><p>a", "Zebras"),
        ("<title>Animals: Zebras — Encyclopedia</title><h1>Zebras</h1>", "Zebras"),
        ("<title>os — Operating system — Python</title><h1>os — Operating system<a class=headerlink href=#a>¶</a></h1>",
         "os — Operating system"),
        ("<title>Animals</title><div class=header><h1>Animals</h1></div><main><h1>Zebras</h1><p>a</main>", "Animals"),
        ("<title>Site</title><main><h1>Zebras</h1><p>a</main>", "Zebras"),
        ("<title>Zebras | Animals</title><meta property=og:site_name content=Animals>", "Zebras"),
        ("<title>A | B</title><p>a", "A | B"),
        ("<meta property='og:title' content='Zebras'><title>x</title>", "Zebras"),
        ("<h2>Zebras</h2><p>a", "Zebras"),
        ("<title>  Zebras \n in  Africa </title>", "Zebras in Africa"),
        ("<p>a", "page.html"),
    ],
)  # fmt: skip
def test_the_title_is_the_pages_own(html, title):
    assert page(html).title == title


@pytest.mark.parametrize(
    ("html", "language"),
    [("<html lang=en>", "en"), ("<html lang='pt_BR'>", "pt-BR"), ("<html xml:lang=de>", "de"), ("<p>a", ""),
     ("<meta http-equiv=Content-Language content=fr><p>a", "fr"), ("<html lang='<script>'>", "")],
)  # fmt: skip
def test_the_language_is_what_the_page_states(html, language):
    assert page(html + "<p>a").language == language


@pytest.mark.parametrize(
    ("html", "canonical"),
    [
        ("<link rel=canonical href=/a?utm_source=x#b>", "http://example.com/a"),
        ("<link rel='CANONICAL' href='page.html?x=1'>", ""),
        ("<link rel=canonical href=javascript:x>", ""),
        ("<link rel=canonical href=/a><link rel=canonical href=/b>", ""),
        ("<base href=/other/><link rel=canonical href=a>", "http://example.com/other/a"),
        ("<p>a", ""),
    ],
)
def test_a_canonical_is_normal_and_another_page(html, canonical):
    assert page(html).canonical == canonical


def test_links_are_normal_each_once_in_order():
    links = page(
        "<a href=b#x>1</a><a href='/c?utm_source=y'>2</a><map><area href=//other.example/d></map><a href=b>3</a>"
        "<a href=#here>4</a><a href=mailto:x@y>5</a><a rel='x NOFOLLOW' href=/e>6</a><nav hidden><a href=f>7</a></nav>"
        "<link rel=next href=?page=2><frame src=g><a>8</a><a href='http://user:pw@h/'>9</a>"
    ).links

    root = "http://example.com"
    assert sorted(links) == sorted(
        [
            root + "/dir/b",
            root + "/c",
            "http://other.example/d",
            root + "/dir/f",
            root + "/dir/page.html?page=2",
            root + "/dir/g",
        ]
    )


def test_references_start_at_the_base():
    assert page("<base href='http://other.example/x/'><a href=y>1</a>").links == ("http://other.example/x/y",)


@pytest.mark.parametrize(
    ("meta", "header", "noindex", "nofollow"),
    [
        ("", [], False, False),
        ("<meta name=robots content=noindex>", [], True, False),
        ("<meta name=ROBOTS content='NoIndex , NOFOLLOW'>", [], True, True),
        ("<meta name=robots content=none>", [], True, True),
        ("<meta name=plumbline content=noindex>", [], True, False),
        ("<meta name=googlebot content=noindex>", [], False, False),
        ("", ["noindex"], True, False),
        ("", ["googlebot: noindex, nofollow"], False, False),
        ("", ["googlebot: noindex, plumbline: nofollow"], False, True),
        ("", ["Plumbline: none"], True, True),
        ("", ["max-snippet: 5, noindex"], True, False),
        ("", ["unavailable_after: 25 Jun 2999 15:00:00 GMT", "nofollow"], False, True),
        ("<meta name=robots content='index, follow'>", ["noindex"], True, False),
        ("<meta name=robots content='noindex nofollow'>", [], True, True),
        ("", ["noindex; nofollow"], True, True),
        ("", ["unavailable_after: Wed, 25 Jun 2999 15:00:00 GMT, noindex"], True, False),
        ("", ["otherbot: unavailable_after: Wed, 25 Jun 2008 15:00:00 GMT, noindex"], False, False),
        ("", ["otherbot: noindex, plumbline: unavailable_after: Wed, 25 Jun 2008 15:00:00 GMT"], True, False),
        ("<meta name=robots content='unavailable_after: 25-Aug-2007 15:00:00 EST, nofollow'>", [], True, True),
        ("", ["unavailable_after: 25 Jun 2010 15:00:00 PST"], True, False),
        ("", ["unavailable_after: 2010-06-25T15:00:00Z"], True, False),
        ("", ["unavailable_after: 2999-06-25, nofollow"], False, True),
        ("", ["unavailable_after: soon, nofollow"], False, True),
    ],
)
def test_directives_to_all_and_to_us_are_obeyed(meta, header, noindex, nofollow):
    found = page(f"{meta}<p>words</p><a href=/a>a</a>", robots_headers=header)

    assert (found.noindex, found.links == ()) == (noindex, nofollow)
    assert (found.text == "") == noindex
