"""Pages whose text is made by scripts, in a real Chromium; and what becomes of pages that want too much."""

import socket
import threading

import pytest

from lib.adapters.web.browser import Browser, RenderFailed
from tests.site import Reply, Site

pytestmark = pytest.mark.browser

LATE = """<!doctype html><title>Shop</title><div id=root>Loading</div><script>
setTimeout(() => fetch('/text.json').then(r => r.json()).then(d => {
  setTimeout(() => { document.getElementById('root').innerHTML = '<h1>' + d.title + '</h1>'; }, 300); }), 300);
</script>"""
AGENT = "Plumbline/test (+https://example.com/bot)"


def script(text, *, body="<p>start"):
    return f"<!doctype html><body>{body}<script>{text}</script>"


@pytest.fixture(scope="module")
def browser():
    with Browser(user_agent=AGENT, allow_private=True, lookup=_lookup) as running:
        yield running


def _lookup(host):
    if host.endswith(".test"):
        return ["169.254.169.254"] if host == "metadata.test" else ["127.0.0.1"]
    raise OSError("no such name")


@pytest.fixture
def site():
    with Site() as running:
        yield running


@pytest.fixture
def render(browser, site):
    def render_path(path="/", *, timeout_s=20.0, wait_for="", max_bytes=1_000_000, using=browser):
        return using.render(site.url + path, timeout_s=timeout_s, wait_for=wait_for, max_bytes=max_bytes)

    return render_path


def test_text_that_a_script_fetches_late_is_found(render, site):
    site.pages.update({"/": LATE, "/text.json": '{"title": "Red kites"}'})

    page = render()

    assert "<h1>Red kites</h1>" in page.html
    assert (page.final_url, page.status, page.requests) == (site.url + "/", 200, 2)
    assert page.size_bytes > len(LATE)


def test_an_awaited_selector_ends_the_wait_and_its_absence_is_a_failure(render, site):
    site.pages["/"] = script("setTimeout(() => document.body.append(document.createElement('article')), 900)")

    page = render(wait_for="body > article")

    assert "<article></article>" in page.html
    with pytest.raises(RenderFailed, match=r"'main\.x' did not appear within 4 s"):
        render(wait_for="main.x", timeout_s=4.0)
    with pytest.raises(RenderFailed, match="is not a CSS selector"):
        render(wait_for="main[")


def test_a_style_sheet_that_a_script_waits_for_is_loaded_and_pictures_are_not(render, site):
    site.pages["/a.css"] = Reply(body="p {}", headers={"Content-Type": "text/css"})
    site.pages["/"] = script(
        "const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = '/a.css';"
        "l.onload = () => document.body.append('routed'); document.head.append(l)",
        body='<img src="/a.png"><video src="/b.mp4"></video>',
    )

    page = render()

    assert "routed" in page.html
    assert page.requests == 2
    assert {path for path, _ in site.requests} == {"/", "/a.css"}


def test_status_redirects_and_the_final_address_are_those_of_the_page(render, site):
    site.pages["/old"] = Reply(status=302, headers={"Location": "/turn"})
    site.pages["/turn"] = script("location.replace('/new#part')")
    site.pages["/new"] = Reply(status=404, body="<p>nothing here, and it says so at length")

    page = render("/old")

    assert (page.final_url, page.status, page.requests) == (f"{site.url}/new#part", 404, 3)
    assert "nothing here" in page.html


def test_a_page_keeps_nothing_for_the_next(render, site):
    site.pages["/"] = script(
        "const seen = [document.cookie, localStorage.a, sessionStorage.a].join('|');"
        "document.cookie = 'a=1; max-age=9999'; localStorage.a = sessionStorage.a = 1; document.body.append(seen)"
    )

    pages = [render().html for _ in range(2)]

    assert ["<p>start" in html and "||" in html.rpartition("</script>")[2] for html in pages] == [True, True]


def test_the_user_agent_is_ours(render, site):
    site.pages["/"] = script("document.body.append(navigator.userAgent)")

    assert AGENT in render().html


@pytest.mark.parametrize(
    "code",
    [
        "setInterval(() => { document.title = Date.now() }, 10)",
        "setInterval(() => fetch('/news'), 150)",
        "requestAnimationFrame(function f() { document.body.style.left = '1px'; requestAnimationFrame(f) })",
        "new EventSource('/news')",
        "alert(1); confirm(2); prompt(3); print()",
        "while (open('/other')) {}",
        "onbeforeunload = e => { e.preventDefault(); return 'stay' }",
        "Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => 1)",
        "navigator.serviceWorker.register('/sw.js')",
        "const a = document.createElement('a'); a.href = '/file'; a.download = 'x'; document.body.append(a); a.click()",
    ],
)
def test_what_never_rests_or_asks_for_more_does_not_keep_a_page(render, site, code):
    site.pages.update({"/": script(code, body="<p>content"), "/news": "x", "/sw.js": "x", "/file": "x"})

    page = render(timeout_s=15)

    assert "<p>content" in page.html


def test_a_page_that_grows_until_its_time_is_over_is_taken_as_it_is(render, site):
    site.pages["/"] = script("setInterval(() => document.body.append('more '), 50)")

    assert "more more" in render(timeout_s=4.0).html


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("for (;;);", "took longer than 2 s"),
        ("for (;;) document.write('<p>again')", "took longer than 2 s|larger|elements|browser failed"),
        ("location.replace('/?' + Math.random())", "without end"),
        ("setTimeout(() => location.reload(), 1)", "without end"),
        ("document.body.append('x'.repeat(2e6))", "larger than 1,000,000 bytes"),
        ("document.body.innerHTML = '<b>'.repeat(1) + '<i></i>'.repeat(3e5)", "elements"),
        ("location.href = 'about:blank'", "took longer|left the web"),
    ],
)
def test_endless_pages_end_by_the_limits(render, site, code, reason):
    page = script(code)
    site.pages.update({"/": page})
    site._answer = _any_path(site, page)

    with pytest.raises(RenderFailed, match=reason) as failure:
        render(timeout_s=2.0 if "took" in reason else 60.0)

    assert failure.value.status == 0


def _any_path(site, page):
    """Answer every path with the same page: one that reloads itself under other names."""
    answer = type(site)._answer

    def answer_any(handler):
        site.pages[handler.path] = page
        answer(site, handler)

    return answer_any


def test_a_meta_refresh_without_end_is_given_up(render, site):
    site.pages["/"] = '<meta http-equiv="refresh" content="0"><p>again'

    with pytest.raises(RenderFailed, match="without end"):
        render()


def test_what_is_not_a_page_is_a_failure(render, site):
    site.pages["/a"] = Reply(body="%PDF-1.7", headers={"Content-Type": "application/pdf"})
    site.pages["/b"] = Reply(body="x", headers={"Content-Disposition": "attachment"})
    site.pages["/c"] = Reply(status=204)

    for path in ("/a", "/b", "/c"):
        with pytest.raises(RenderFailed, match=r"not a page|net::ERR_ABORTED"):
            render(path)
    with pytest.raises(RenderFailed, match="not an http or https URL"):
        render("/", using=_OnlyFiles())


class _OnlyFiles:
    def render(self, url, **options):
        return Browser(user_agent=AGENT).render("file:///etc/passwd", **options)


def test_a_server_that_does_not_answer_ends_by_the_time_limit(browser):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        with pytest.raises(RenderFailed, match="took longer than 1 s"):
            browser.render(url, timeout_s=1.0, max_bytes=1000)


def test_threads_share_the_sessions_there_are(site):
    site.pages.update({f"/{n}": script(f"document.body.append('page ' + {n})") for n in range(4)})
    found = {}

    with Browser(user_agent=AGENT, allow_private=True, sessions=2) as browser:

        def work(n):
            found[n] = browser.render(f"{site.url}/{n}", timeout_s=20, max_bytes=10_000).html

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert {n: f"page {n}" in html for n, html in found.items()} == dict.fromkeys(range(4), True)
