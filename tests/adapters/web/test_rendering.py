"""Sources whose pages are made by scripts, through the reader that crawls use."""

from dataclasses import replace

import pytest

from lib.ports.source_reader import Fetch
from tests.nasty_pages import Answer, html, redirect

pytestmark = pytest.mark.browser

SHELL = (
    b"<!doctype html><html><head><title>App</title></head><body><div id=root></div><script>"
    b"fetch('/data').then(r => r.text()).then(t => { document.title = 'Made';"
    b"document.getElementById('root').innerHTML = '<main><h1>Made</h1><p>' + t + '</p><a href=/ok>Zebras</a></main>' })"
    b"</script></body></html>"
)
WORDS = b"Quaggas were striped on their front half alone, and the last one died in Amsterdam in 1883."
MOVES = b"<!doctype html><body><div id=app></div><script>location.href = '%s'</script>"


@pytest.fixture
def make_reader(make_reader):
    made = []

    def make(**changes):
        made.append(make_reader(**{"timeout_s": 30.0, **changes}))
        return made[-1]

    yield make
    for reader in made:
        reader._web.close()


@pytest.fixture
def site(site):
    site.pages["/app"] = Answer(SHELL, 200, {"Content-Type": "text/html", "ETag": '"shell"'})
    site.pages["/data"] = Answer(WORDS, 200, {"Content-Type": "text/plain"})
    return site


def read(reader, source, url, **known):
    [result] = reader.read(source, [Fetch(url=url, **known)])
    return result


@pytest.mark.parametrize("render", ["browser", "auto"])
def test_a_page_that_scripts_make_has_its_text_title_and_links(make_reader, source, site, render):
    result = read(make_reader(), replace(source, render=render), site.url("/app"))

    assert result.outcome == "page"
    assert "the last one died in Amsterdam" in result.page.text
    assert (result.page.title, result.page.links) == ("Made", (site.url("/ok"),))
    assert result.requests > 2


def test_without_a_browser_the_shell_has_no_text(make_reader, source, site):
    assert "Amsterdam" not in read(make_reader(), source, site.url("/app")).page.text


def test_what_a_shell_validates_says_nothing_of_its_data(make_reader, source, site):
    reader, rendered = make_reader(), replace(source, render="browser")
    first = read(reader, rendered, site.url("/app"))
    site.pages["/data"] = Answer(b"Now the data says something else, in quite a few words.", 200, {})

    again = read(reader, rendered, site.url("/app"), etag='"shell"')

    assert (first.etag, again.outcome) == ("", "page")
    assert "something else" in again.page.text


def test_auto_opens_no_browser_for_a_page_with_text(make_reader, source, site):
    result = read(make_reader(), replace(source, render="auto"), site.url("/ok"))

    assert "African equines" in result.page.text
    assert site.paths() == ["/ok"]


def test_where_scripts_lead_is_checked_as_a_redirect_is(make_reader, source, site):
    site.robots = Answer(b"User-agent: *\nDisallow: /secret\n", 200, {"Content-Type": "text/plain"})
    site.pages["/moves"] = Answer(MOVES % b"/secret", 200, {"Content-Type": "text/html"})
    site.pages["/secret"] = html("<p>What robots may not read, at some length, is here.</p>")

    result = read(make_reader(), replace(source, render="browser"), site.url("/moves"))

    assert (result.outcome, result.rule, result.page) == ("refused", "robots", None)


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (b"http://169.254.169.254/latest/", "address"),
        (b"https://169.254.169.254/latest/", "address"),
        (b"https://nowhere.test/", ""),
        (b"/moves?' + Math.random() + '", "redirect"),
    ],
)
def test_where_scripts_may_not_lead_is_counted_by_its_rule(make_reader, source, site, target, rule):
    site.pages["/moves"] = Answer(MOVES % target, 200, {"Content-Type": "text/html"})

    result = read(make_reader(), replace(source, render="browser"), site.url("/moves"))

    assert (result.outcome, result.rule) == ("refused" if rule else "failed", rule)


def test_a_server_redirect_is_followed_before_the_browser_opens_it(make_reader, source, site):
    site.pages["/old"] = redirect(site.url("/app"))

    result = read(make_reader(), replace(source, render="browser"), site.url("/old"))

    assert (result.outcome, result.final_url) == ("page", site.url("/app"))


def test_a_page_that_never_shows_what_is_waited_for_fails(make_reader, source, site):
    waiting = replace(source, render="browser", wait_for="#never")

    result = read(make_reader(timeout_s=3.0), waiting, site.url("/app"))

    assert (result.outcome, result.page) == ("failed", None)
    assert result.reason
