"""
What others publish about reading robots.txt, restated for our token.

The cases are those of Google's open parser (github.com/google/robotstxt, robots_test.cc) and of RFC 9309. Left out:
what is about Google's own interface, and its cut of lines at 16 KB, which no URL of ours can reach.
"""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from protego import Protego

from lib.adapters.web.page_head import ROBOT
from lib.adapters.web.robots import Rules, parse
from tests.nasty_pages import Answer

US, ALL, OTHER, THIRD = f"User-agent: {ROBOT}", "User-agent: *", "User-agent: BarBot", "User-agent: BazBot"
NOTHING = "Disallow: /"
GROUPS = ["Allow: /foo/bar/", "", US, NOTHING, "Allow: /x/", OTHER, NOTHING, "Allow: /y/", "", "", "Allow: /w/", THIRD]
FISH = "/fish /fish.html /fish/salmon.html /fishheads /fishheads/yummy.html /fish.html?id=anything"
NO_FISH = "/bar /Fish.asp /catfish /?id=fish"
PHP = "/filename.php /folder/filename.php"
MORE_PHP = "/folder/filename.php?parameters //folder/any.php.file.html /filename.php/ /index?f=filename.php/"

GOOGLE = {
    "empty": ([], "/ /x", ""),
    "a group of ours": ([US, NOTHING], "", "/ /x/y"),
    "unknown names": ([f"foo: {ROBOT}", "bar: /"], "/x/y", ""),
    "colons forgotten": ([f"user-agent {ROBOT}", "disallow /"], "", "/x/y"),
    "groups, joined": ([*GROUPS, "", US, "Allow: /z/", NOTHING], "/x/b /z/d", "/y/c /w/a /foo/bar/"),
    "groups, not ours": ([*GROUPS, "", "User-agent: FooBot", NOTHING], "/x/b", "/y/c /w/a /foo/bar/"),
    "group of two": ([OTHER, US, NOTHING, "Allow: /y/", "", "", "Allow: /w/"], "/y/c /w/a", "/z/d"),
    "a sitemap within a group": ([US, "Sitemap: https://foo.bar/sitemap", ALL, NOTHING], "", "/"),
    "a sitemap in the group of all": ([OTHER, "Sitemap: https://foo.bar/sitemap", ALL, NOTHING], "", "/"),
    "an unknown line within a group": ([US, "Invalid-Unknown-Line: unknown", ALL, NOTHING], "", "/"),
    "names in capitals": ([US.upper(), "ALLOW: /x/", NOTHING.upper()], "/x/y", "/a/b"),
    "names in small letters": ([US.lower(), "allow: /x/", NOTHING.lower()], "/x/y", "/a/b"),
    "names in both": ([f"uSeR-aGeNt: {ROBOT.title()}", "AlLoW: /x/", "dIsAlLoW: /"], "/x/y", "/a/b"),
    "a token up to its first blank": ([ALL, NOTHING, f"{US} Images", "Allow: /x/", NOTHING], "/x/y", "/a/b"),
    "all, and ours after": ([ALL, "Allow: /", US, NOTHING], "", "/x/y"),
    "all, and others after": ([ALL, "Allow: /", OTHER, NOTHING], "/x/y", ""),
    "only others": (["User-agent: FooBot", "Allow: /", OTHER, NOTHING, THIRD, NOTHING], "/x/y", ""),
    "paths in small letters": ([US, "Disallow: /x/"], "/X/y", "/x/y"),
    "paths in capitals": ([US, "Disallow: /X/"], "/x/y", "/X/y"),
    "longer disallow": ([US, "Disallow: /x/page.html", "Allow: /x/"], "/x/", "/x/page.html"),
    "longer allow": ([US, "Allow: /x/page.html", "Disallow: /x/"], "/x/page.html", "/x/"),
    "both empty": ([US, "Disallow: ", "Allow: "], "/x/page.html", ""),
    "both all": ([US, NOTHING, "Allow: /"], "/x/page.html", ""),
    "one longer by a slash": ([US, "Disallow: /x", "Allow: /x/"], "/x/", "/x"),
    "both the same": ([US, "Disallow: /x/page.html", "Allow: /x/page.html"], "/x/page.html", ""),
    "longer with a star": ([US, "Allow: /page", "Disallow: /*.html"], "/page", "/page.html"),
    "shorter with a star": ([US, "Allow: /x/page.", "Disallow: /*.html"], "/x/page.html", "/x/y.html"),
    "ours replaces that of all": ([ALL, "Disallow: /x/", US, "Disallow: /y/"], "/x/page", "/y/page"),
    "a query": (
        [US, NOTHING, "Allow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par"],
        "/foo/bar?qux=taz&baz=http://foo.bar?tar&par",
        "/foo/bar?qux=taz",
    ),
    "a letter of three bytes": ([US, NOTHING, "Allow: /foo/bar/ツ"], "/foo/bar/%E3%83%84", "/foo/bar/%E3%83%85"),
    "the same, escaped": ([US, NOTHING, "Allow: /foo/bar/%e3%83%84"], "/foo/bar/%E3%83%84", "/foo/bar/"),
    "a star between": ([US, "Disallow: /foo/bar/quz", "Allow: /foo/*/qux"], "/foo/quz /foo//quz", "/foo/bar/quz"),
    "an end": ([US, "Disallow: /foo/bar$", "Allow: /foo/bar/qux"], "/foo/bar/qux /foo/bar/ /foo/bar/baz", "/foo/bar"),
    "comments": ([US, "# Disallow: /", "Disallow: /foo/quz#qux", "Allow: /"], "/foo/bar", "/foo/quz"),
    "index.html": ([ALL, "Allow: /d/index.html", NOTHING], "/d/ /d/index.html", "/d/index.htm /anyother-url"),
    "fish": ([US, NOTHING, "Allow: /fish"], FISH, NO_FISH),
    "fish*": ([US, NOTHING, "Allow: /fish*"], FISH, NO_FISH),
    "fish/": (
        [US, NOTHING, "Allow: /fish/"],
        "/fish/ /fish/salmon /fish/?salmon /fish/salmon.html /fish/?id=anything",
        "/bar /fish /fish.html /Fish/Salmon.html",
    ),
    "*.php": ([US, NOTHING, "Allow: /*.php"], f"{PHP} {MORE_PHP}", "/bar /php/ /index?php /windows.PHP"),
    "*.php$": ([US, NOTHING, "Allow: /*.php$"], PHP, "/filename.php?a /filename.php/ /filename.php5 /php/ /aaaphpaaa"),
    "fish*.php": ([US, NOTHING, "Allow: /fish*.php"], "/fish.php /fishheads/catfish.php?a", "/bar /Fish.PHP"),
    "precedence, 1": ([US, "Allow: /p", NOTHING], "/page", "/a"),
    "precedence, 2": ([US, "Allow: /folder", "Disallow: /folder"], "/folder/page", ""),
    "precedence, 3": ([US, "Allow: /page", "Disallow: /*.htm"], "", "/page.htm"),
    "precedence, 4": ([US, "Allow: /$", NOTHING], "/", "/page.html"),
}

ALL_OF_5_1 = [ALL, "Disallow: *.gif$", "Disallow: /example/", "Allow: /publications/", ""]
RFC_9309 = {
    "5.1, all": ([*ALL_OF_5_1, "User-Agent: foobot", NOTHING], "/a /publications/b", "/a.gif /example/b"),
    "5.1, foobot": (
        [*ALL_OF_5_1, US, "Disallow:/", "Allow:/example/page.html", "Allow:/example/allowed.gif"],
        "/example/page.html /example/allowed.gif", "/ /example/b.gif /publications/b",
    ),
    "5.1, bazbot": ([*ALL_OF_5_1, OTHER, US, "Disallow: /example/page.html"], "/a.gif /example/", "/example/page.html"),
    "5.1, quxbot": ([*ALL_OF_5_1, OTHER, NOTHING, US, "", "EOF"], "/a.gif /example/page.html", ""),
    "5.2": ([US, "Allow: /example/page/", "Disallow: /example/page/disallowed.gif"], "/example/page/",
            "/example/page/disallowed.gif"),
    "2.2.1, a group without rules": ([ALL, NOTHING, "", US], "/a", ""),
    "2.2.2, escapes of plain letters": ([US, "Disallow: /foo/bar/%62%61%7A"], "/foo/bar/ba", "/foo/bar/baz"),
    "2.2.2, an address in a query": (
        [US, "Disallow: /foo/bar?baz=https://foo.bar"],
        "/foo/bar?baz=http%3A%2F%2Ffoo.bar /foo/bar%3Fbaz=https://foo.bar",
        "/foo/bar?baz=https%3A%2F%2Ffoo.bar /foo/bar?baz=https%3a//foo.bar",
    ),
    "2.2.2, most octets, with ? as one": ([US, "Disallow: /x/*.php", "Allow: /*?id="], "/y?id=1", "/x/a.php?id=1"),
    "2.2.2, a sign is no longer than another": ([US, "Disallow: /a?bc", "Allow: /a?:b"], "/a?:b", "/a?bc"),
    "2.2.2, a percent sign that escapes nothing": ([US, NOTHING, "Allow: /%"], "/%25 /%25x", "/?a=1 /a"),
    "2.2.3, an end is no dollar sign that is allowed": ([US, NOTHING, "Allow: /$"], "/", "/$a /$"),
    "2.2.2, signs": ([US, "Disallow: /foo/bar?baz=https://foo.bar"], "/foo/bar?baz=", "/foo/bar?baz=https://foo.bar"),
    "2.2.3, escaped star and end": (
        [US, "Disallow: /path/file-with-a-%2A.html", "Disallow: /path/foo-%24"],
        "/path/file-with-a-b.html /path/foo-",
        "/path/file-with-a-%2A.html /path/file-with-a-*.html /path/foo-$",
    ),
    "2.2.4, a pace leaves the group open": ([US, "Crawl-delay: 5", OTHER, "Disallow: /a"], "/b", "/a"),
    "robots.txt itself": ([ALL, NOTHING], "/robots.txt", "/robots.txt.bak"),
}  # fmt: skip

OURS = {
    "an agent that only begins as ours, without a colon": (["User-agent plumb", NOTHING], "/a", ""),
    "a star with more is nobody's": (["User-agent: *bot", NOTHING], "/a", ""),
    "an agent without a name ends a group": ([US, "Disallow: /a", "User-agent:", "Disallow: /b"], "/b", "/a"),
    "a value that hides a line": (
        [US, "Disallow: /a\x0bAllow: /", "Disallow: /b\u2028Allow: /"],
        "/a",
        "/a%0BAllow:%20/",
    ),
    "a blank in a path": ([US, "Disallow: /a b"], "/a", "/a%20b"),
    "an end may also be meant as a dollar sign that is not allowed": ([US, "Disallow: /a$"], "/ab", "/a /a$ /a$b"),
    "an escaped slash is none, but in a query": ([US, "Disallow: /a%2Fb", "Disallow: /*?/c"], "/a/b", "/a%2fb /?%2fc"),
    "a zero byte ends its line": ([f"{US}\0x", "Disallow: /a\0b"], "/b", "/a /ac"),
    "bytes that are no text": ([US, "Disallow: /\udcff"], "/a", "/%FF"),
}


def rules_of(lines: list[str], end: str = "\n") -> Rules:
    return parse(end.join(lines).encode("utf-8", "surrogateescape"))


def verdicts(rules: Rules, paths: str) -> dict[str, bool]:
    return {path: rules.allows("http://foo.bar" + path) for path in paths.split()}


@pytest.mark.parametrize(("lines", "allowed", "forbidden"), GOOGLE.values(), ids=GOOGLE)
def test_googles_cases(lines, allowed, forbidden):
    rules = rules_of(lines)

    assert set(verdicts(rules, allowed).values()) <= {True}, verdicts(rules, allowed)
    assert set(verdicts(rules, forbidden).values()) <= {False}, verdicts(rules, forbidden)


@pytest.mark.parametrize(("lines", "allowed", "forbidden"), [*RFC_9309.values(), *OURS.values()], ids=RFC_9309 | OURS)
def test_the_standards_cases_and_ours(lines, allowed, forbidden):
    rules = rules_of(lines)

    assert set(verdicts(rules, allowed).values()) <= {True}, verdicts(rules, allowed)
    assert set(verdicts(rules, forbidden).values()) <= {False}, verdicts(rules, forbidden)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\r\r\n", " \t\n"])
def test_lines_may_end_as_they_like(end):
    for lines, allowed, forbidden in GOOGLE.values():
        rules = rules_of(lines, end)

        assert all(verdicts(rules, allowed).values())
        assert not any(verdicts(rules, forbidden).values())


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb", b"\xef"])
def test_a_byte_order_mark_may_be_cut(mark):
    assert not parse(mark + f"{US}\n{NOTHING}\n".encode()).allows("http://foo.bar/")


def test_a_wrong_byte_order_mark_spoils_its_line_only():
    assert parse(f"\ufffe{OTHER}\n{US}\nDisallow: /a\n".encode()).allows("http://foo.bar/b")


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_only_the_last_line_of_a_cut_file_is_not_read(end):
    cut = parse(end.join([US, "Disallow: /a", "Disallow: /"]).encode(), is_cut=True)

    assert verdicts(cut, "/a /b") == {"/a": False, "/b": True}


@pytest.mark.parametrize(
    ("lines", "gap_s"),
    [
        ([US, "Crawl-delay: 5"], 5),
        ([US, "Crawl-delay: 0.5", "Request-rate: 1/10"], 10),
        ([ALL, "Crawl-delay: 5", US, "Disallow:"], 0),
        ([OTHER, "Crawl-delay: 5", ALL, "Disallow: /a"], 0),
        ([US, "Crawl-delay: soon"], 0),
        ([US, "Crawl-delay: -1", "Request-rate: 0/0"], 0),
        ([US, "Crawl-delay: inf"], 0),
    ],
)
def test_a_pace_holds_for_the_agents_named_before_it(lines, gap_s):
    assert rules_of(lines).gap_s == gap_s


def test_any_success_brings_rules(site, read):
    site.robots = Answer(f"{US}\n{NOTHING}\n".encode(), 203)

    assert read("/ok").outcome == "refused"


def test_rules_not_modified_since_nobody_asked_forbid_everything_for_now(site, read):
    site.robots = Answer(b"", 304)

    result = read("/ok")

    assert (result.outcome, site.paths()) == ("failed", [])


RULES = st.builds(
    "{}: {}".format,
    st.sampled_from(["Allow", "Disallow", "Disallow", "disalow"]),
    st.text(st.sampled_from("/ab*=.é"), max_size=8),
)
"""What our reading and protego's have in common: it counts a question mark for three, and has other ends."""
GROUP = st.builds(
    lambda agents, rules: [*(f"User-agent: {agent}" for agent in agents), *rules, ""],
    st.lists(st.sampled_from(["*", ROBOT, ROBOT.upper(), "zebrabot"]), min_size=1, max_size=3),
    st.lists(RULES, min_size=1, max_size=5),
)
PATHS = st.text(st.sampled_from("/ab=."), max_size=8).map("http://foo.bar/".__add__)


@given(st.lists(GROUP, max_size=4), PATHS)
@example([[US, "Allow: /a"], [ALL, NOTHING]], "http://foo.bar/a")
def test_for_groups_of_ours_the_verdict_is_protegos(groups, url):
    lines = [line for group in groups for line in group]

    assert rules_of(lines).allows(url) is Protego.parse("\n".join(lines)).can_fetch(url, ROBOT)


def as_expression(path: str) -> str:
    whole, path = path.endswith("$"), path.removesuffix("$")
    return "".join(".*" if char == "*" else re.escape(char) for char in path) + ("$" if whole else "")


@given(st.text(st.sampled_from("/ab*$.?"), min_size=1, max_size=12), st.text(st.sampled_from("/ab.?"), max_size=12))
def test_a_path_matches_as_its_regular_expression_does(path, rest):
    forbidden = re.match(as_expression(path), f"/{rest}", re.DOTALL) is not None

    assert rules_of([US, f"Disallow: {path}"]).allows(f"http://foo.bar/{rest}") is not forbidden


def test_paths_with_any_number_of_stars_are_read_in_no_time():
    rules = rules_of([US, "Disallow: /" + "*a" * 200_000 + "b", "Disallow: /" + "*" * 200_000 + "c$"])
    began = time.monotonic()

    assert rules.allows("http://foo.bar/" + "a" * 4000)
    assert time.monotonic() - began < 1


@given(st.lists(st.one_of(RULES, st.text(max_size=30), st.sampled_from([US, ALL, OTHER])), max_size=12), st.booleans())
def test_no_text_does_harm(lines, is_cut):
    body = "\n".join(lines).encode("utf-8", "replace")

    assert parse(body, is_cut=is_cut).allows("http://foo.bar/") in (True, False)


@given(st.lists(RULES, max_size=8))
def test_groups_of_others_say_nothing_to_us(rules):
    lines = ["User-agent: plumb", *rules, f"{US}r", *rules, "User-agent: line", *rules]

    assert rules_of(lines).allows("http://foo.bar/a")
