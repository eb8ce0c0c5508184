"""robots.txt: obeyed as RFC 9309 has it, also when it cannot be read."""

import pytest

from lib.adapters.web.robots import MAX_BYTES, parse
from tests.nasty_pages import Answer, redirect


def allows(text: str, path: str) -> bool:
    return parse(text.encode()).allows("http://example.com" + path)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\nDisallow: /a", "/b", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: Plumbline\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/a", False),
        ("User-agent: Plumbline\nDisallow: /a\n\nUser-agent: *\nDisallow: /b", "/b", True),
        ("User-agent: *\nDisallow: /b\n\nUser-agent: PLUMBLINE/2.0\nDisallow: /a", "/a", False),
        ("User-agent: plumb\nDisallow: /", "/a", True),
        ("User-agent: plumbliner\nDisallow: /", "/a", True),
        ("User-agent: example\nDisallow: /", "/a", True),
        ("User-agent: other\nUser-agent: plumbline\nDisallow: /a", "/a", False),
        ("User-agent: plumbline\nDisallow: /a\nUser-agent: x\nUser-agent:plumbline\nDisallow:/b", "/b", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", True),
        ("User-agent: *\nDisallow: /*?", "/x?y", False),
        ("User-agent: *\nDisallow: /%7Ejoe", "/~joe/", False),
        ("User-agent: *\nDisallow: /ü", "/%C3%BC", False),
        ("\ufeffUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\r\nDisallow: /a\r\n", "/a", False),
        ("user-AGENT :*#all\ndisALLOW :/a # this", "/a", False),
        ("Disallow: /a", "/a", True),
        ("<html><body>Not found", "/a", True),
        ("User-agent: *\nDisallow: /" + "*a" * 60 + "b", "/" + "a" * 3000, True),
    ],
)  # fmt: skip
def test_rules_are_read_as_the_standard_says(rules, path, allowed):
    assert allows(rules, path) is allowed


def test_what_is_forbidden_is_not_asked_for(site, read):
    site.robots = Answer(b"User-agent: *\nDisallow: /ok\n")

    result = read("/ok")

    assert (result.outcome, result.reason, result.requests) == ("refused", "robots.txt forbids it", 1)
    assert site.paths() == []


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418])
def test_no_rules_forbid_nothing(site, read, status):
    site.robots = Answer(b"User-agent: *\nDisallow: /\n", status)

    assert read("/ok").outcome == "page"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_rules_that_cannot_be_read_forbid_everything_for_now(site, read, status):
    site.robots = Answer(b"", status)

    results = read("/ok", "/gone")

    assert {r.outcome for r in results.values()} == {"failed"}
    assert all("robots.txt cannot be read now" in r.reason for r in results.values())
    assert site.paths() == []


def test_rules_that_cannot_be_read_are_asked_for_again_later(site, read, clock):
    site.robots = Answer(b"", 500)
    read("/ok")
    site.robots = Answer(b"", 404)
    clock.advance(31)

    assert read("/ok").outcome == "page"


def test_rules_are_asked_for_once_an_hour(site, read, clock):
    read("/ok", "/next", "/")
    read("/ok")
    before = len(site.requests) - len(site.paths())
    clock.advance(3601)
    read("/ok")

    assert (before, len(site.requests) - len(site.paths())) == (1, 2)


def test_redirects_of_rules_are_followed(site, read):
    site.robots = redirect("/moved/robots.txt", status=301)
    site.pages["/moved/robots.txt"] = Answer(b"User-agent: *\nDisallow: /ok\n")

    assert read("/ok").outcome == "refused"


def test_rules_that_redirect_for_ever_are_no_rules(site, read):
    site.robots = redirect("/robots.txt?again")
    site.pages["/robots.txt"] = redirect("/robots.txt")

    assert read("/ok").outcome == "page"


def test_rules_that_redirect_to_metadata_are_not_fetched(site, read):
    site.robots = redirect("http://169.254.169.254/robots.txt")

    result = read("/ok")

    assert (result.outcome, site.paths()) == ("failed", [])


def test_only_the_first_500_kib_count(site, read):
    site.robots = Answer(b"User-agent: *\nDisallow: /next\n" + b"#" * MAX_BYTES + b"\nDisallow: /ok\n")

    results = read("/ok", "/next")

    assert [r.outcome for r in results.values()].count("page") == 1


def test_a_robot_of_another_name_is_not_meant(site, read):
    site.pages["/private"] = Answer(
        b"<p>For everybody but others.", 200, {"X-Robots-Tag": "otherbot: noindex, nofollow"}
    )

    assert read("/private").page.noindex is False
