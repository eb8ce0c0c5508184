"""Feeds to entries: every format, every spelling, and bytes that mean harm."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.adapters.web.feed_entries import iso_date
from lib.adapters.web.feeds import MAX_BYTES, parse_feed
from lib.errors import BadInput

URL = "https://example.com/news/feed.xml"


def entries(feed, **more):
    return list(parse_feed(feed.encode() if isinstance(feed, str) else feed, url=URL, **more))


def in_rss(text, declaration="<?xml version='1.0'?>"):
    return f'{declaration}<rss version="2.0"><channel><title>Feed</title>{text}</channel></rss>'


def in_atom(text, attributes=""):
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Feed</title>{text}</feed>'


ATOM = in_atom("""<entry><title type="html">Zebras &amp;amp; &lt;b&gt;horses&lt;/b&gt;</title><id>tag:1</id>
  <link rel="self" href="/self"/><link rel="enclosure" href="/a.mp3"/><link href="a"/>
  <updated>2026-11-22T10:00:00Z</updated><published>2026-11-21T10:00:00+01:00</published><summary>Short.</summary>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Long <b>text</b>.</p></div></content></entry>""")
RSS_2 = in_rss("""<item><title>Zebras &amp;amp; horses</title><link>a</link><guid isPermaLink="false">tag:1</guid>
  <media:title xmlns:media="http://search.yahoo.com/mrss/">Not this</media:title><enclosure url="/a.mp3"/>
  <description>Short.</description><pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate>
  <content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">
  <![CDATA[<p>Long text.</p>]]></content:encoded>
  </item>""")
RSS_1 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="/"><title>Feed</title></channel>
  <item rdf:about="tag:1"><title>Zebras &amp;amp; horses</title><link>/news/a</link>
  <description>Long text.</description><dc:date>2026-11-21T09:00:00Z</dc:date></item></rdf:RDF>"""
RSS_091 = '<rss version="0.91"><channel><item><title>Zebras &amp; horses</title><link>a</link></item></channel></rss>'
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {"id": "tag:1", "url": "a", "title": "Zebras & horses", "content_html": "<p>Long text.</p>",
             "date_published": "2026-11-21T10:00:00+01:00"},
            "no item",
            {"id": 7, "content_text": "Plain.", "title": ["?"], "date_modified": True},
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("feed", [ATOM, RSS_2, RSS_1, RSS_091, JSON], ids=["atom", "rss2", "rss1", "rss091", "json"])
def test_every_format_gives_the_same_entry(feed):
    entry = entries(feed)[0]

    assert (entry.url, entry.title) == ("https://example.com/news/a", "Zebras & horses")
    if feed != RSS_091:
        assert (entry.guid, entry.published) == ("tag:1", "2026-11-21T09:00:00.000Z")
        assert "Long " in entry.html
        assert "Short" not in entry.html


def test_json_that_is_not_as_it_should_be_gives_what_there_is():
    _, odd = entries(JSON)

    assert (odd.url, odd.guid, odd.title, odd.html, odd.text, odd.updated) == ("", "7", "", "", "Plain.", "")


def test_relative_addresses_belong_to_the_nearest_base():
    feed = in_atom(
        '<entry xml:base="b/"><link href="c"/></entry><entry><link xml:base="/z/" href="c"/></entry>'
        '<entry xml:base="javascript:x"><link href="c"/></entry>',
        'xml:base="/a/"',
    )

    assert [e.url for e in entries(feed)] == [f"https://example.com/{path}" for path in ("a/b/c", "z/c", "a/c")]


def test_an_id_that_is_an_address_leads_to_the_page():
    guids = ["<guid>https://h/1</guid>", '<guid isPermaLink="false">https://h/2</guid>', "<guid>tag:3</guid>"]
    feed = in_rss("".join(f"<item>{guid}</item>" for guid in guids))

    assert [(e.url, e.guid) for e in entries(feed)] == [
        ("https://h/1", "https://h/1"),
        ("", "https://h/2"),
        ("", "tag:3"),
    ]


def test_text_is_told_from_html():
    feed = in_atom('<entry><summary>a &lt; b</summary></entry><entry><summary type="html">&lt;p&gt;c</summary></entry>')

    assert [(e.text, e.html) for e in entries(feed)] == [("a < b", ""), ("", "<p>c")]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Sat, 21 Nov 2026 10:00:00 GMT", "2026-11-21T10:00:00.000Z"),
        ("21 Nov 26 10:00 EST", "2026-11-21T15:00:00.000Z"),
        ("2026-11-21T10:00:00.5+02:00", "2026-11-21T08:00:00.500Z"),
        ("2026-11-21", "2026-11-21T00:00:00.000Z"),
        ("yesterday", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("Sat, 21 Nov 99999999999999999999 10:00:00 GMT", ""),
        ("", ""),
    ],
)
def test_dates_are_read_where_they_can_be(text, iso):
    assert iso_date(text) == iso


CHEESE = in_rss("<item><title>Käse, Öl, Tür und Brötchen</title></item>", "{}")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (CHEESE.format("").encode(), ""),
        (CHEESE.format("").encode(), "text/xml; charset=iso-8859-1"),
        (CHEESE.format("<?xml version='1.0' encoding='iso-8859-1'?>").encode("latin-1"), ""),
        (CHEESE.format("<?xml version='1.0' encoding='utf-8'?>").encode("latin-1"), ""),
        (CHEESE.format("<?xml version='1.0' encoding='zip'?>").encode(), ""),
        (CHEESE.format("<?xml version='1.0' encoding='utf-16'?>").encode("utf-16"), ""),
        (b"\xef\xbb\xbf\n" + CHEESE.format("<?xml version='1.0' ?>").encode(), ""),
        (in_rss("<item><title>K&auml;se</title><description>a&nbsp;b</description></item>").encode(), ""),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"title": "K\xc3\xa4se <meta charset=big5>"}]}', ""),
    ],
)
def test_letters_survive_wrong_encodings(body, content_type):
    [entry] = entries(body, content_type=content_type)

    assert entry.title.startswith("Käse")


def test_a_damaged_feed_gives_what_stands_before_the_damage():
    feed = in_rss("<item><title>One</title></item><item><title>Two & <b>more</title></item><item><title>Thr")

    assert entries(feed)[0].title == "One"


@pytest.mark.parametrize(
    "body",
    [
        "<!doctype html><html><head><title>Sign in</title></head><body><p>Please sign in.</body></html>",
        "<html><body><item>x</item></body></html>",
        "plain text", "", "{", "{}", '{"version": "2", "items": []}', '{"a":' * 100_000, "\x00",
    ],
)  # fmt: skip
def test_what_is_no_feed_is_bad_input(body):
    with pytest.raises(BadInput, match="not a feed"):
        entries(body)


def test_an_empty_feed_is_a_feed():
    assert entries(in_rss("")) == entries(in_atom("")) == []


def test_entities_are_not_expanded_and_nothing_outside_is_read():
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f"""<!DOCTYPE rss [<!ENTITY a0 "boom">{levels}<!ENTITY f SYSTEM "file:///etc/passwd">]>
    <rss><channel><item><title>Fine</title></item><item><title>&a11; &f;</title></item></channel></rss>"""

    with suppress(BadInput):
        assert all(len(entry.title) < 100 and "root:" not in entry.title for entry in entries(bomb))


@pytest.mark.parametrize(
    "part", ["<", "&", "<a>", "<item>", "<!--", "<![CDATA[", "<!DOCTYPE ", "<!ENTITY ", " a", "]]>", "<?x ", "<a:b>"]
)
def test_endless_repetition_is_read_in_a_moment(part):
    with suppress(BadInput):
        entries(in_rss(f"<item><title>{part * 300_000}"))


def test_a_title_is_never_endless():
    [entry] = entries(in_rss(f"<item><title>{'&lt;a' * 200_000}</title></item>"))

    assert len(entry.title) <= 2000


def test_more_tags_than_can_be_held_are_bad_input():
    with pytest.raises(BadInput, match="too complex"):
        entries(in_rss("<a/>" * 2_100_000))


def test_a_feed_of_many_entries_is_read_one_at_a_time():
    body = in_rss("<item><title>Title</title><link>/a</link></item>" * 100_000).encode()
    reading = parse_feed(body, url=URL)

    assert next(reading).title == "Title"
    assert sum(1 for _ in reading) == 99_999
    assert len(body) < MAX_BYTES


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_do_harm(body):
    for start in (b"", b"<rss><item>", b"<feed><entry>", b'{"version": "jsonfeed.org", "items": ['):
        with suppress(BadInput):
            entries(start + body)
