"""Which pages have to be rendered: shells of what scripts make, and no others."""

import pytest

from lib.adapters.web.render_need import needs_render

PROSE = "<p>Red kites breed in woods near open land and were once common in London. " * 4

SHELLS = {
    "vite and react": """<!doctype html><html lang="en"><head><meta charset="UTF-8"/><title>Vite + React</title>
        <script type="module" crossorigin src="/assets/index-4f0c1b2a.js"></script>
        <link rel="stylesheet" href="/assets/index.css"></head><body><div id="root"></div></body></html>""",
    "create react app": """<!doctype html><html><head><title>React App</title><script defer src="/static/js/main.js">
        </script></head><body><noscript>You need to enable JavaScript to run this app.</noscript>
        <div id="root"></div></body></html>""",
    "angular": """<!doctype html><html><head><base href="/"></head><body class="mat-typography"><app-root></app-root>
        <script src="runtime.js" type="module"></script><script src="main.js" type="module"></script></body></html>""",
    "angular with a spinner": """<body><app-root><div class="spinner">Loading application...</div></app-root>
        <script src="main.js"></script></body>""",
    "vue": """<html><head><script defer src="/js/app.js"></script></head><body><noscript><strong>We're sorry but shop
        doesn't work properly without JavaScript enabled.</strong></noscript><div id=app></div></body></html>""",
    "next without content": f"""<html><body><div id="__next"></div><script id="__NEXT_DATA__" type="application/json">
        {{"props":{{"text":"{PROSE}"}}}}</script><script src="/_next/static/chunks/main.js"></script>""",
    "nuxt": '<body><div id="__nuxt"></div><script src="/_nuxt/entry.js" type="module"></script></body>',
    "a bare script": "<!doctype html><title>Docs</title><script src=/bundle.js></script>",
    "a frame of navigation": """<body><header><a href="/">Home</a> <a href="/help">Help</a></header><div id="app"></div>
        <footer>Imprint</footer><script src="/app.js"></script></body>""",
    "a word that stands in": '<body><main id="x">Loading, please wait...</main><script src="/a.js"></script>',
    "text only in a template": f"<body><template>{PROSE}</template><script>draw()</script></body>",
}
PAGES = {
    "a plain short page": "<!doctype html><title>Hours</title><h1>Opening hours</h1><p>Monday to Friday, 9 to 5.",
    "a short page that counts visitors": """<h1>Opening hours</h1><p>Monday to Friday, 9 to 5.</p>
        <script async src="https://stats.example/a.js"></script>""",
    "a redirect page": """<html><head><meta http-equiv="refresh" content="0; url=/new"><script>
        location.replace("/new")</script></head><body><div id="root"></div></body></html>""",
    "a moved page": "<html><head><title>301</title></head><body><h1>301 Moved</h1><a href=/new>here</a></body>",
    "a banner on a full page": f"""<body><noscript>Please enable JavaScript for comments.</noscript><main>
        {PROSE}</main><script src="/comments.js"></script></body>""",
    "a page exported by next": f"""<body><div id="__next"><main>{PROSE}</main></div>
        <script id="__NEXT_DATA__" type="application/json">{{}}</script><script src="/_next/main.js"></script>""",
    "a page that an app takes over": f'<body><div id="root">{PROSE}</div><script src="/a.js"></script></body>',
    "only structured data": '<body><div id="app"></div><script type="application/ld+json">{"@type":"Thing"}</script>',
    "nothing": "",
    "an empty page": "<html><body></body></html>",
    "no HTML": "just text with a <scriptorium> in it",
}


@pytest.mark.parametrize("html", SHELLS.values(), ids=SHELLS)
def test_shells_need_rendering(html):
    assert needs_render(html)
    assert needs_render(html.encode())


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
def test_pages_with_text_or_without_scripts_do_not(html):
    assert not needs_render(html)
    assert not needs_render(html.encode())


def test_bytes_of_any_charset_are_read():
    html = '<meta charset="utf-16"><div id="root"></div><script src="/a.js"></script>'

    assert needs_render(html.encode("utf-16"))


def test_what_cannot_be_parsed_needs_no_rendering():
    assert not needs_render("<script></script>" + "<b>" * 2_000_000)
