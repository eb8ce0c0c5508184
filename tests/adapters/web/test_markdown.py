"""Markdown: what each piece of HTML becomes, and where its headings are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.adapters.web.html_page import read_html


def markdown(body: str) -> str:
    return read_html(f"<body>{body}".encode(), url="http://h/page").text


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<h1>A</h1><h3>B</h3>", "# A\n\n### B"),
        ("<h1> </h1><h2><br></h2><p>a", "a"),
        ("<h2 id=a>A<a class=headerlink href=#a>¶</a></h2>", "## A"),
        ("<h2>A <a href=#a>#</a></h2>", "## A"),
        ("<h2><div>A</div></h2><p>b", "## A\n\nb"),
        ("<h2>Use <code>x</code></h2>", "## Use x"),
        ("<p>a\n  b&nbsp; c</p><p>d", "a b c\n\nd"),
        ("<p>a<br>b<br><br>c", "a\nb\nc"),
        ("a<div>b</div>c", "a\n\nb\n\nc"),
        ("<p><b>a</b><i>b</i> <a href=/x>c</a>", "ab c"),
        ("<ul><li>a<li><p>b</p><p>c</p></ul>", "- a\n- b\n\n  c"),
        ("<ol start=9><li>a<li>b<ul><li>c</ul></ol>", "9. a\n10. b\n    - c"),
        ("<ul><li><h3>A</h3><p>b</ul>", "### A\n\nb"),
        ("<blockquote><p>a<p>b<br>c</blockquote>", "> a\n\n> b\n> c"),
        ("<dl><dt>a<dd>b<dt>c<dt>d<dd><p>e<p>f<dt>g</dl>", "a: b\n\nc, d: e\n\nf\n\ng"),
        ("<pre>  a\n\tb  \n</pre>", "```\n  a\n    b\n```"),
        ("<div class='highlight-python'><pre><span>a</span></pre></div>", "```python\na\n```"),
        ("<pre><code class='language-c++'>a ``` b</code></pre>", "````c++\na ``` b\n````"),
        ("<p><code>a</code> <kbd>b`</kbd> <code></code>c", "`a` `` b` `` c"),
        ("<table><tr><th>a<th>b<tr><td>1|2<td>3<br>4</table>", "| a | b |\n| --- | --- |\n| 1\\|2 | 3 4 |"),
        ("<table><tr><td rowspan=2>a<td>b<tr><td>c</table>", "|  |  |\n| --- | --- |\n| a | b |\n| a | c |"),
        ("<table><tr><td colspan=2>a<tr><td>b<td>c</table>", "|  |  |\n| --- | --- |\n| a |  |\n| b | c |"),
        ("<table><caption>T<tr><td>a<td>b<tr><td>c<td>d</table>", "T\n\n|  |  |\n| --- | --- |\n| a | b |\n| c | d |"),
        ("<table><tr><td>a<tr><td>b</table>", "a\n\nb"),
        ("<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>", "a\n\nb\n\nc\n\nd"),
        ("<p><span class=m>in</span><span class=m>out</span> <span>a</span><span>b</span>", "in out ab"),
        ("<p>x<sup>2</sup> H<sub>2</sub>O<sup><a href=#n>[1]</a></sup>", "x2 H2O"),
        ("<p><math alttext='x^2'><mi>x</mi></math>", "x^2"),
        ("<p>a\u00adb\u200bc\u202ed\ue000e\x07", "abcde"),
        ("<p>e\u0301", "é"),
        ("<p># no heading", "\\# no heading"),
        ("<p><img src=a alt='A picture of something'>a", "a"),
        ("<details><summary>a</summary>b</details>", "a\n\nb"),
        ("<p>&lt;b&gt; &amp;amp;", "<b> &amp;"),
    ],
)
def test_each_piece_has_its_markdown(html, expected):
    assert markdown(html) == expected


def test_anchors_point_at_headings():
    page = read_html(
        "<p>é𝒳</p><h1 id=one>One</h1><section id=two><h2>Two</h2></section>"
        "<h2><a name=three></a>Three</h2><h2>Four".encode(),
        url="http://h/",
    )

    found = {a.fragment: page.text[a.offset :].split("\n")[0] for a in page.anchors}
    assert found == {"one": "# One", "two": "## Two", "three": "## Three"}


def test_a_heading_goes_with_what_stood_below_it():
    assert markdown("<h1>A</h1><p>b</p><h2>Menu</h2><nav>c</nav><h2>D</h2><p>e</p>") == "# A\n\nb\n\n## D\n\ne"


TAGS = "html body main nav div p a h1 h2 ul ol li dl dt dd table tr td th pre code br b sup form button x-y".split()
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        ["<div class=nav hidden>", "<a href=#x>", "<td colspan=99999 rowspan=-1>", "<!--", "-->", "<![CDATA[", "&#x0;"]
    ),
    st.text(max_size=20),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=60))
def test_no_html_does_harm(pieces):
    page = read_html("".join(pieces).encode("utf-8", "surrogatepass"), url="http://h/")

    assert page.text == page.text.strip("\n")
    assert all(0 <= a.offset < len(page.text) for a in page.anchors)


@settings(deadline=None)
@given(st.binary(max_size=500))
def test_no_bytes_do_harm(body):
    read_html(b"<p>" + body, url="http://h/", content_type="text/html")


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "html",
    ["<p>some words" * 10_000, "<h2>heading</h2>" * 10_000, "<nav><a href=x>y</a></nav><h2>z</h2>" * 4_000,
     "<table><tr><td>" * 800, "<table>" + "<tr><td rowspan=65000>a" * 3_000,
     "<p " + "a=1 " * 100_000 + ">x", "<b>" * 50_000,
     "<div><h3><a href=/x>some words here</a></h3><p>text</div>" * 3_000, "<!--" * 50_000, "<a href='" * 50_000],
    ids=["paragraphs", "headings", "navs", "tables", "spans", "attributes", "deep", "cards", "comments", "quotes"],
)  # fmt: skip
def test_much_of_the_same_takes_time_in_proportion(html):
    read_html(html.encode(), url="http://h/")


def test_too_many_tags_are_refused(site, make_reader, read):
    site.pages["/tags"] = site.pages["/ok"].__class__(b"<p>" * 500_001, 200, {"Content-Type": "text/html"})

    result = read("/tags", using=make_reader(timeout_s=10))

    assert (result.outcome, result.reason) == ("refused", "too complex: more than 500,000 tags")
