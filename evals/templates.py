"""Five ways to mark up an article, from clean to careless, each with the clutter of real sites around the text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from evals.articles import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a page shows that is not its article."""

    links: tuple[tuple[str, str], ...]
    """(URL, title) of other pages."""
    teasers: tuple[tuple[str, str, str], ...]
    """(URL, title, first words) of other articles: words that must not be found here."""
    table: tuple[tuple[str, str], ...]
    """A few facts about the page, as a table of the article."""


Template = Callable[[Article, Surroundings], str]

_BANNER = (
    "We value your privacy. This website uses cookies to improve your experience and to show you more of what you like."
)
_LEGAL = (
    "All rights reserved. Terms of use. Imprint. Accessibility statement. No part may be reproduced without permission."
)


def semantic(article: Article, around: Surroundings) -> str:
    """HTML5 as its authors meant it."""
    return _page(
        article,
        f"""<header><a href="/">Encyclopaedia Loopbackica</a><nav><ul>{_items(around.links[:12])}</ul></nav></header>
<div class="cookie-banner" role="dialog"><p>{_BANNER}</p><button>Accept all</button><button>Settings</button></div>
<main><article><h1>{escape(article.title)}</h1><p class="byline">By the editors, updated last Tuesday</p>
{_table(around)}{_body(article)}</article></main>
<aside><h2>Related articles</h2>{_teasers(around)}</aside>
<footer><p>{_LEGAL}</p><ul>{_items(around.links[12:16])}</ul></footer>""",
    )


def named_divs(article: Article, around: Surroundings) -> str:
    """Everything is a div, but the names of classes help."""
    return _page(
        article,
        f"""<div id="header"><div class="logo">Loopbackica</div>
<div class="menu"><ul>{_items(around.links)}</ul></div></div>
<div class="wrapper"><div class="sidebar"><div class="widget"><h3>Most read</h3>{_teasers(around)}</div>
<div class="widget newsletter"><h3>Newsletter</h3><p>Sign up to receive our best stories every Friday.</p>
<form><input name="email"><button>Subscribe</button></form></div></div>
<div id="content" class="post"><div class="breadcrumbs"><a href="/">Home</a> &raquo; {escape(article.title)}</div>
<h1 class="title">{escape(article.title)}</h1><div class="share"><a href="#">Share</a> <a href="#">Print</a></div>
<div class="entry-content">{_body(article)}{_table(around)}</div>
<div class="tags">Filed under: general</div></div></div>
<div id="footer">{_LEGAL}</div><div id="cookie-notice">{_BANNER} <a href="/privacy">Read more</a></div>""",
    )


def nameless_divs(article: Article, around: Surroundings) -> str:
    """Divs with names that a build tool made up; headings are spans in one place, lines end in breaks."""
    sections = []
    for section in article.sections:
        if section.heading:
            sections.append(
                f'<div class="k{section.level}"><h{section.level}>{escape(section.heading)}</h{section.level}></div>'
            )
        sections += [f'<div class="x7 q1">{escape(paragraph)}</div>' for paragraph in section.paragraphs]
    return _page(
        article,
        f"""<div class="a1"><div class="b2">{" | ".join(_anchors(around.links[:10]))}</div></div>
<div class="c3"><div class="d4"><div class="e5"><h1>{escape(article.title)}</h1>{"".join(sections)}</div></div>
<div class="f6"><div>Up next</div>{_teasers(around)}</div></div>
<div class="g7"><div>{_BANNER}</div><div>OK</div></div><div class="h8">{_LEGAL}</div>""",
    )


def layout_tables(article: Article, around: Surroundings) -> str:
    """As pages were made in 1999: one table for the layout, fonts, breaks instead of paragraphs."""
    parts = []
    for section in article.sections:
        if section.heading:
            parts.append(f'<h{section.level}><font color="#003366">{escape(section.heading)}</font></h{section.level}>')
        parts.append("<br><br>\n".join(escape(paragraph) for paragraph in section.paragraphs) + "<br><br>")
    return _page(
        article,
        f"""<table width="100%" border="0"><tr><td colspan="3" bgcolor="#cccccc"><b>Welcome to Loopbackica!</b>
{" - ".join(_anchors(around.links[:6]))}</td></tr><tr><td width="150" valign="top"><font size="2">
{"<br>".join(_anchors(around.links))}</font></td><td valign="top"><h1>{escape(article.title)}</h1>{"".join(parts)}
{_table(around)}</td><td width="160" valign="top"><b>Did you know?</b><br>{_teasers(around)}</td></tr>
<tr><td colspan="3" align="center"><small>{_LEGAL}<br>{_BANNER}</small></td></tr></table>""",
    )


def manual(article: Article, around: Surroundings) -> str:
    """As documentation tools make it: nested sections, permalinks, a table of contents in the text."""
    parts, contents = [], []
    for number, section in enumerate(article.sections):
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in section.paragraphs)
        if section.heading:
            contents.append(f'<li><a class="reference internal" href="#s{number}">{escape(section.heading)}</a></li>')
            permalink = f'<a class="headerlink" href="#s{number}" title="Permalink">¶</a>'
            level = section.level
            body = f"<h{level}>{escape(section.heading)}{permalink}</h{level}>{body}"
        parts.append(f'<section id="s{number}">{body}</section>')
    return _page(
        article,
        f"""<a class="skip" href="#main">Skip to content</a><nav class="side"><input type="search">
<p class="caption">Contents</p><ul>{_items(around.links)}</ul></nav>
<div role="main" id="main" class="document"><div role="navigation"><ul><li><a href="/">Docs</a> /</li>
<li>{escape(article.title)}</li></ul></div><h1>{escape(article.title)}<a class="headerlink" href="#top">¶</a></h1>
<div class="contents local topic"><p>On this page</p><ul>{"".join(contents)}</ul></div>{"".join(parts)}{_table(around)}
<div class="admonition note"><p class="admonition-title">Note</p><p>This page is checked once a year.</p></div></div>
<div class="related">{_teasers(around)}</div><footer><hr>{_LEGAL} <button>Was this page helpful?</button></footer>
<div class="consent-overlay" style="display:none"><p>{_BANNER}</p></div>""",
    )


TEMPLATES: Sequence[Template] = (semantic, named_divs, nameless_divs, layout_tables, manual)


def _page(article: Article, body: str) -> str:
    title = escape(article.title)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - Loopbackica</title>
<meta name="description" content="An article about {title}">
<style>body {{ margin: 0 }} .menu li {{ float: left }}</style>
<script>window.track = function () {{ return "subscribe to our newsletter"; }};</script></head>
<body><!-- generated, do not edit -->
{body}
<noscript>Please enable JavaScript.</noscript><script src="/app.js"></script></body></html>
"""


def _body(article: Article) -> str:
    parts = []
    for section in article.sections:
        if section.heading:
            parts.append(f"<h{section.level}>{escape(section.heading)}</h{section.level}>")
        parts += [f"<p>{escape(paragraph)}</p>" for paragraph in section.paragraphs]
    return "\n".join(parts)


def _anchors(links: Sequence[tuple[str, str]]) -> list[str]:
    return [f'<a href="{escape(url)}">{escape(title)}</a>' for url, title in links]


def _items(links: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<li>{anchor}</li>" for anchor in _anchors(links))


def _teasers(around: Surroundings) -> str:
    return "".join(
        f'<div class="teaser"><h4><a href="{escape(url)}">{escape(title)}</a></h4><p>{escape(text)} ...</p></div>'
        for url, title, text in around.teasers
    )


def _table(around: Surroundings) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in around.table)
    return f'<table class="facts"><caption>At a glance</caption><tbody>{rows}</tbody></table>'
