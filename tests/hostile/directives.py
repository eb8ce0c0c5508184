"""What pages say about themselves, truly or not: canonical, robots, base, links; and types that do not fit."""

from tests.hostile.traps import article, links
from tests.nasty_pages import Answer, Page, html, redirect


def _page(head: str, number: int, *, body: str = "", **headers: str) -> Answer:
    return html(f"<head>{head}</head><body>{article(number)}{body}</body>", **headers)


def _canonical(href: str, number: int) -> Answer:
    return _page(f'<link rel="canonical" href="{href}">', number)


def _robots(content: str, number: int, name: str = "robots") -> Answer:
    return _page(f'<meta name="{name}" content="{content}">', number, body=links(["/ok"]))


def _typed(kind: str, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(body or article(90).encode(), 200, {"Content-Type": kind, **named})


_EXECUTABLE = b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8

CANONICAL: dict[str, Page] = {
    "/canonical/self": _canonical("/canonical/self", 20),
    "/canonical/home": _canonical("/", 21),
    "/canonical/outside": _canonical("http://elsewhere.test/", 22),
    "/canonical/gone": _canonical("/gone", 23),
    "/canonical/redirecting": _canonical("/redirect/home", 24),
    "/canonical/a": _canonical("/canonical/b", 25),
    "/canonical/b": _canonical("/canonical/a", 26),
    "/canonical/1": _canonical("/canonical/2", 27),
    "/canonical/2": _canonical("/canonical/3", 28),
    "/canonical/3": _canonical("/ok", 29),
    "/canonical/noindex": _canonical("/robots-meta/noindex", 30),
    "/canonical/private": _canonical("http://169.254.169.254/", 31),
    "/canonical/script": _canonical("javascript:alert(1)", 32),
    "/canonical/empty": _canonical("", 33),
    "/canonical/fragment": _canonical("#top", 34),
    "/canonical/broken": _canonical("http://[", 35),
    "/canonical/long": _canonical("/" + "a" * 10_000, 36),
    "/canonical/two": _page('<link rel=canonical href="/ok"><link rel=canonical href="/next">', 37),
    "/canonical/in-body": _page("", 38, body='<link rel=canonical href="/ok">'),
    "/canonical/in-comment": _page('<!-- <link rel=canonical href="/ok"> -->', 39),
    "/canonical/header-and-element": _page('<link rel=canonical href="/ok">', 40, Link='</next>; rel="canonical"'),
    "/canonical/other-text": _canonical("/ok", 41),
}
ROBOTS_META: dict[str, Page] = {
    "/robots-meta/noindex": _robots("noindex", 50),
    "/robots-meta/nofollow": _robots("nofollow", 51),
    "/robots-meta/none": _robots("none", 52),
    "/robots-meta/capitals": _robots("NOINDEX , NoFollow", 53),
    "/robots-meta/all": _robots("all", 54),
    "/robots-meta/ours": _robots("noindex", 55, "Plumbline"),
    "/robots-meta/others": _robots("noindex", 56, "googlebot"),
    "/robots-meta/two": _page("<meta name=robots content=index><meta name=robots content=noindex>", 57),
    "/robots-meta/in-body": _page("", 58, body="<meta name=robots content=noindex>"),
    "/robots-meta/in-comment": _page("<!-- <meta name=robots content=noindex> -->", 59),
    "/robots-tag/noindex": _page("", 60, X_Robots_Tag="noindex"),
    "/robots-tag/none": _page("", 61, X_Robots_Tag="none", body=links(["/ok"])),
    "/robots-tag/nofollow": _page("", 62, X_Robots_Tag="nofollow", body=links(["/ok"])),
    "/robots-tag/ours": _page("", 63, X_Robots_Tag="googlebot: index, plumbline: noindex"),
    "/robots-tag/others": _page("", 64, X_Robots_Tag="googlebot: noindex, nofollow"),
    "/robots-tag/expired": _page("", 65, X_Robots_Tag="unavailable_after: 25 Jun 2010 15:00:00 GMT"),
    "/robots-tag/text": _typed("text/plain", b"Plain words, not for the index.", X_Robots_Tag="noindex"),
    "/links/nofollow": _page("", 66, body="<a rel='ugc NoFollow' href=/secret>x</a><a rel=sponsored href=/ok>y</a>"),
    "/links/odd": _page(
        "",
        67,
        body="<a href='java\nscript:alert(1)'>a</a><a href=' /ok '>b</a><a href='//[' >c</a><a href='http://'>d</a>"
        "<a href='mailto:x@example.com'>e</a><a href='data:text/html,x'>f</a><a href=#>g</a><a href=?>h</a><a>i</a>"
        "<a href='http://127.0.0.1:99999/'>j</a><a href='\\\\elsewhere.test\\x'>k</a><a href='/%zz%00'>l</a>",
    ),
    "/links/hidden": _page("", 68, body="<a href=/honeypot style='display:none'>bots only</a>"),
    "/honeypot": html("<h1>Got you</h1><p>Only who follows links that nobody can see comes to this page.</p>"),
    "/base/outside": _page("<base href='http://elsewhere.test/'>", 70, body="<a href=ok>ok</a>"),
    "/base/script": _page("<base href='javascript:alert(1)//'>", 71, body="<a href=ok>ok</a>"),
    "/base/two": _page("<base href=/a/><base href=/b/>", 72, body="<a href=ok>ok</a>"),
    "/base/metadata": _page("<base href='http://169.254.169.254/'>", 73, body="<a href=latest/>x</a>"),
}
TYPES: dict[str, Page] = {
    "/type/html-as-pdf": _typed("application/pdf"),
    "/type/html-as-image": _typed("image/png"),
    "/type/html-as-json": _typed("application/json"),
    "/type/json-as-html": _typed("text/html", b'{"a": [1, 2, 3], "text": "' + b"x" * 500 + b'"}'),
    "/type/executable-as-html": _typed("text/html", _EXECUTABLE),
    "/type/executable-as-text": _typed("text/plain", _EXECUTABLE),
    "/type/zip-as-text": _typed("text/plain", b"PK\x03\x04" + bytes(500)),
    "/type/svg": _typed("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
    "/type/attachment": _typed("text/html", Content_Disposition='attachment; filename="../../etc/passwd"'),
    "/type/multipart": _typed("multipart/x-mixed-replace; boundary=x", b"--x\r\n\r\n<p>One\r\n--x\r\n\r\n<p>Two"),
    "/type/stream": _typed("text/event-stream", b"data: one\n\n"),
    "/type/nonsense": _typed("text/html; charset=../../etc/passwd; a=b; charset=utf-16"),
    "/type/long": _typed("text/html; x=" + "a" * 5_000),
    "/type/none": Answer(article(91).encode(), 200),
    "/type/two": _typed("text/html, application/pdf"),
    "/type/wildcard": _typed("*/*"),
    "/print-media": redirect("/type/attachment"),
}

_RULES = b"User-agent: *\nDisallow: /secret\n"
ROBOTS_TXT: dict[str, Page] = {
    "none": Answer(b"", 404),
    "rules": Answer(_RULES),
    "forbids-all": Answer(b"User-agent: *\nDisallow: /\n"),
    "forbids-us": Answer(b"User-agent: Plumbline\nDisallow: /\n\nUser-agent: *\nAllow: /\n"),
    "forbids-others": Answer(b"User-agent: plumb\nUser-agent: linebot\nDisallow: /\n"),
    "500": Answer(b"", 500),
    "503": Answer(b"", 503, {"Retry-After": "3600"}),
    "429": Answer(b"", 429),
    "401": Answer(b"", 401),
    "403": Answer(b"", 403),
    "304": Answer(b"", 304),
    "203": Answer(_RULES, 203),
    "html": html("<!doctype html><html><body><h1>Welcome</h1><p>User-agent: *<br>Disallow: /</body></html>"),
    "huge": Answer(_RULES + b"#" * 600_000 + b"\nDisallow: /\n"),
    "huge-rules": Answer(b"User-agent: *\n" + b"".join(b"Disallow: /x%d\n" % n for n in range(30_000))),
    "stars": Answer(b"User-agent: *\nDisallow: /" + b"*a" * 5_000 + b"$\n"),
    "mark": Answer(b"\xef\xbb\xbf" + _RULES),
    "returns-only": Answer(_RULES.replace(b"\n", b"\r")),
    "utf-16": Answer(_RULES.decode().encode("utf-16")),
    "nul": Answer(b"\x00" * 100 + _RULES),
    "binary": Answer(bytes(range(256)) * 100),
    "redirect": redirect("/robots-moved.txt", status=301),
    "redirect-loop": redirect("/robots.txt"),
    "redirect-outside": redirect("http://elsewhere.test/robots.txt"),
    "redirect-metadata": redirect("http://169.254.169.254/robots.txt"),
    "delay": Answer(b"User-agent: *\nCrawl-delay: 0.05\n"),
    "delay-huge": Answer(b"User-agent: *\nCrawl-delay: 99999999\n"),
    "delay-garbage": Answer(b"User-agent: *\nCrawl-delay: nan\nRequest-rate: 0/0\nCrawl-delay: -5\n"),
    "sitemaps": Answer(b"Sitemap: http://169.254.169.254/\nSitemap: /xml/laughs\nSitemap: file:///etc/passwd\n"),
}
"""Chosen by `site.robots_txt("html")` or `POST /switch/robots-txt?html`."""
