"""Main text: found on pages of many makes, kept whole, clutter left out."""

import pytest

from lib.adapters.web.html_page import read_html

PROSE = [
    (
        "The lighthouse was built in 1811 on a reef eleven miles off the coast, where the tide covers the rock "
        "twice daily "
        "and leaves the builders four hours to work in, and it has not been repaired since."
    ),
    (
        "Its lamp burns 42 litres of rapeseed oil in a night, and the keepers carry them up 96 steps in copper cans: "
        "that "
        "takes the two of them an hour and a half when the weather is kind to them."
    ),
    (
        "In fog a bell is rung every thirty seconds by a clockwork, whose weight has to be wound up every six hours, "
        "and "
        "ships have reported hearing it at a distance of three miles against the wind."
    ),
]
TEXT = "".join(f"<p>{text}</p>" for text in PROSE)
LINKS = ["Home", "About the society", "Our other lighthouses", "Become a member", "Contact and imprint"]
NAV = "<ul>" + "".join(f"<li><a href='/{n}'>{text}</a></li>" for n, text in enumerate(LINKS)) + "</ul>"
TEASERS = "".join(
    f"<div><h4><a href='/t{n}'>Teaser about {what}</a></h4>"
    f"<p>Read what happened when {what} met the harbour master.</p></div>"
    for n, what in enumerate(("whales", "pirates", "seagulls"))
)
COOKIES = "<p>We use cookies to improve our services. You can accept or decline them.</p><button>Accept</button>"
RIGHTS = "<p>© 2026 Society of Lighthouses. All rights reserved.</p>"
CLUTTER = ["About the society", "Become a member", "Teaser", "harbour master", "cookies", "rights reserved"]

PAGES = {
    "semantic": f"<nav>{NAV}</nav><main><h1>T</h1>{TEXT}</main><aside>{TEASERS}</aside><footer>{RIGHTS}</footer>",
    "named": f"<div class=navbar>{NAV}</div><div id=content>{TEXT}</div><div class=related-posts>{TEASERS}</div>",
    "nameless": (
        f"<div><div>{NAV}</div><div>{TEXT}</div><div>{TEASERS}</div></div><div>{COOKIES}</div>"
        f"<div>{RIGHTS}</div>"
    ),
    "teasers inside": (
        f"<article>{TEXT}<div><h3>Read more</h3>{TEASERS}</div></article>"
        f"<div class=footer>{RIGHTS}</div>"
    ),
    "links inside": f"<main>{TEXT}<h2>Related articles</h2>{NAV}</main>",
    "sections": "".join(f"<section><h2>Part</h2><p>{text}</p></section>" for text in PROSE) + f"<div>{NAV}</div>",
    "several articles": "".join(f"<article><p>{text}</p></article>" for text in PROSE) + f"<div class=menu>{NAV}</div>",
    "hero in main": f"<main><h1>Lights</h1><p>Short.</p></main><div class=x>{TEXT}</div><footer>{NAV}{RIGHTS}</footer>",
    "table for layout": (
        f"<table><tr><td>{NAV}</td><td>{'<br><br>'.join(PROSE)}</td></tr><tr><td>{RIGHTS}</td>"
        f"</tr></table>"
    ),
    "one form around all": f"<form><input name=state><div>{NAV}</div><div>{TEXT}</div><div>{COOKIES}</div></form>",
    "nav in the name of all": (
        f"<div class=wy-nav-content-wrap><div class=wy-nav-content>{TEXT}</div></div><nav>{NAV}"
        f"</nav>"
    ),
    "layout in the name of all": (
        f"<body class=nav-open><div class=has-sidebar>{TEXT}</div><div class=sidebar>{NAV}"
        f"</div>"
    ),
    "most is in the sidebar": f"<div class=sidebar>{TEXT}</div><div>{NAV}</div>",
    "custom elements": f"<app-root><app-nav>{NAV}</app-nav><app-text>{TEXT}</app-text></app-root>",
    "accordion": "".join(
        f"<h3><button aria-expanded=false>Q{n}</button></h3><div class=accordion-body aria-hidden=true>{text}</div>"
        for n, text in enumerate(PROSE)
    ),
    "tabs": "".join(f"<div role=tabpanel hidden><p>{text}</p></div>" for text in PROSE) + f"<nav>{NAV}</nav>",
    "comments": f"<div class=post>{TEXT}</div><div id=comments><p>{'Lovely about the society of you. ' * 5}</p></div>",
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_all_prose_is_kept_and_clutter_left_out(page):
    text = read_html(f"<title>Lights</title>{page}".encode(), url="http://h/").text

    assert [prose for prose in PROSE if prose not in text] == []
    assert [clutter for clutter in CLUTTER if clutter in text] == []


KEPT = {
    "infobox": "<table class=infobox><tr><th>Height</th><td>36 m</td></tr></table>",
    "data table": "<table><tr><th>Year</th><th>Keepers</th></tr><tr><td>1811</td><td>36</td></tr></table>",
    "definitions": "<dl><dt>Reef</dt><dd>36 m wide</dd></dl>",
    "list": "<ul><li>copper cans</li><li>36 steps</li></ul>",
    "code": "<pre><code>def light(): return 36</code></pre>",
    "caption": "<figure><img src=a><figcaption>The reef at 36 knots</figcaption></figure>",
    "quotation": "<blockquote><p>36 years!</p></blockquote>",
    "details": "<details><summary>More</summary><p>36 more</p></details>",
    "admonition": "<aside class='admonition note'><p>Mind the 36 steps</p></aside>",
    "section named like clutter": (
        "<section id=navigation><h2>Navigation</h2><p>Ships steer 36 degrees by it.</p></section>"
    ),
    "links in a sentence": "<p>See <a href=/a>Eddystone</a> and <a href=/b>Skerryvore</a>, 36 miles off.</p>",
    "text behind an empty advertisement": f"<div><p>Advertisement</p><p>36 of them. {PROSE[2]}</p></div>",
    "a section on advertising": "<section><h2>Sponsored content</h2><p>It costs 36 shillings a line.</p></section>",
    "sidebar of a book": f"<div class=sidebar><p>36 BACK TO BASICS</p><p>{PROSE[2][:150]}</p></div>",
    "licence": "<ul><li><p>Copyright 1811 by 36 keepers. All rights reserved.</p></li></ul>",
    "same reference again": "".join(f"<p><a href=/reef>Reef 36</a></p><p>{text}</p>" for text in PROSE),
    "answers of yes and no": "<table><tr><th>Lit</th><th>36</th></tr><tr><td>Yes</td><td>No</td></tr></table>",
}


@pytest.mark.parametrize("part", KEPT.values(), ids=KEPT)
def test_all_kinds_of_content_are_kept(part):
    page = f"<nav>{NAV}</nav><main><h1>T</h1><p>{PROSE[0]}</p>{part}<p>{PROSE[1]}</p></main>"

    text = read_html(page.encode(), url="http://h/").text

    assert "36" in text
    assert "Yes" in text or "Yes" not in part


MANUALS = {
    "targets that are no links": f"<main>{TEXT}<ul><li><a name=a>Lamp 36</a><li><a name=b>Wick</a></ul></main>",
    "short parts beside a long one": (
        f"<div class=page><div class=name><h2>Name</h2><p>lamp36 — lights it</p></div>"
        f"<div class=usage><h2>Usage</h2><p>lamp [-x]</p></div><div class=text><h2>Description</h2>{TEXT}</div></div>"
    ),
    "list between paragraphs": f"<p>{PROSE[0]}</p><ul><li><a href=/36>Lamp 36</a></li></ul><p>{PROSE[1]}</p>",
    "announced list": (
        f"<main>{TEXT}<p>These are read next:</p><ul><li><a href=a>Lamp 36</a><li><a href=b>Reef</a></ul></main>"
    ),
    "signature": (
        f"<main>{TEXT}<div><a href=a>Lamp</a> light(<a href=b>Oil</a> oil, <a href=c>Wick36</a> wick)</div></main>"
    ),
    "signature without brackets": (
        f"<main>{TEXT}<p><a id=l>lm36</a> :: <a href=a>Oil</a> -> <a href=b>Wick</a> -> <a href=c>Rays</a></p></main>"
    ),
    "title of links": f"<main><div><h1>Module <a href=a>reef</a>.<a href=b>lamp36</a></h1></div>{TEXT}</main>",
    "see also in a definition": (
        f"<main>{TEXT}<dl><dt>See also<dd><ul><li><a href=a>Reef 36</a><li><a href=b>Lamp</a></ul></dl></main>"
    ),
    "table of functions": (
        "<main><h1>Lamp</h1><div><h2>Functions</h2><table>"
        + "".join(f"<tr><td><a href=t>Oil</a></td><td><a href=f{n}>burn_{n} 36</a> ()</td></tr>" for n in range(5))
        + f"</table></div>{TEXT}</main>"
    ),
    "heading that leads back to the contents": (
        f"<main><h1>T</h1><h2><a class=toc-backref href=#id1>Of 36 lamps</a></h2>{TEXT}</main>"
    ),
    "nothing long": (
        "<div><h1>Lamp 36</h1><div><h3>Module</h3>Its lights can be lit and put out again, one by one.</div>"
        "<div><article><h4>burn()</h4>Burns it.</article><article><h4>wane()</h4>Wanes.</article></div></div>"
    ),
    "cells named entry": (
        "<h1>Members</h1><p>All members of the <a href=l>lamp</a>, those of 36 relatives included.</p><table>"
        + "".join(f"<tr><td class=entry>burn_{n}(oil) of brass</td><td class=entry>const</td></tr>" for n in range(5))
        + "</table>"
    ),
    "code that wants line numbers": f"{TEXT}<pre><code class='language-basic line-numbers'>PRINT 36</code></pre>",
}


@pytest.mark.parametrize("page", MANUALS.values(), ids=MANUALS)
def test_pages_of_manuals_are_kept_whole(page):
    assert "36" in read_html(page.encode(), url="http://h/").text


LEFT_OUT = {
    "hidden": "<p hidden>XYZ</p>",
    "undisplayed": "<div style='color:red; display : none'>XYZ</div>",
    "aria": "<span aria-hidden=true>XYZ</span>",
    "screen readers only": "<span class=sr-only>XYZ</span>",
    "script": "<script>XYZ</script><style>XYZ</style><template>XYZ</template><noscript>XYZ</noscript>",
    "controls": "<select><option>XYZ</option></select><button>XYZ</button><textarea>XYZ</textarea>",
    "picture": "<svg><text>XYZ</text></svg><iframe>XYZ</iframe>",
    "edit link": "<span class=mw-editsection>[<a href=/XYZ>XYZ</a>]</span>",
    "newsletter": "<div><p>Subscribe to our newsletter XYZ</p><input type=email></div>",
    "advertisement": "<div><div>Advertisement</div><div><a href=/a>Buy XYZ</a></div></div>",
    "sponsored": "<section><p>Sponsored</p><p>Rent XYZ for less!</p></section>",
    "share": "<div class=social-share>XYZ</div>",
    "contents": "<div><b>XYZ</b><ul><li><a href=#a>XYZ one</a></li><li><a href=#b>XYZ two</a></li></ul></div>",
    "name of the site": "<div><h1><a href=/>XYZ</a></h1></div>",
    "source link": "<p>lamp <a class=srclink href=/s>XYZ</a></p>",
    "labelled trail": "<div><p>Next: <a href=a>XYZ lamps</a>, Up: <a href=c>XYZ reefs</a></p></div>",
    "crumbs with arrows": "<div><a href=/>XYZ</a> → <a href=/a>XYZ reefs</a> → <a href=/b>XYZ lamps</a></div>",
    "crumbs": "<div><a href=/>XYZ</a> › <a href=/a>XYZ</a> › XYZ</div>",
}


@pytest.mark.parametrize("part", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_is_no_content_is_left_out(part):
    page = f"<main>{part}<h1>T</h1><p>{PROSE[0]}</p><p>{PROSE[1]}</p></main>"

    assert "XYZ" not in read_html(page.encode(), url="http://h/").text


def test_noscript_counts_where_there_is_nothing_else():
    assert read_html(b"<body><noscript><p>Only this</p></noscript>", url="http://h/").text == "Only this"


def test_an_index_keeps_its_links():
    assert "Become a member" in read_html(f"<main><h1>Index</h1>{NAV}</main>".encode(), url="http://h/").text


def test_a_short_page_is_not_lost_to_a_long_footer():
    page = f"<div class=content><p>{PROSE[0]}</p></div><div class=footer><p>{'Legal words. ' * 60}</p></div>"

    assert read_html(page.encode(), url="http://h/").text == PROSE[0]


@pytest.mark.parametrize(
    "share", ["<p>Lamps.</p>", "<ul><li><a href=a>burn()</a></li><li><a href=b>wane()</a></li></ul>"]
)
def test_a_footer_of_rights_goes_also_from_a_page_with_little_else(share):
    page = f"<h1>Lamp</h1>{share}<div class=footer>© 2020 The Company. Its words are under a licence of its own.</div>"

    assert "Company" not in read_html(page.encode(), url="http://h/").text
