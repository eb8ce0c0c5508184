"""URLs as the standards have them: RFC 3986, the WHATWG URL standard, and what our HTTP client makes of the result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from lib.domain.urls import host, normalise, origin
from tests.domain.test_urls import URLS

BASE = "http://a/b/c/d;p?q"
RFC_3986_5_4 = {
    "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g", "//g": "http://g/",
    "?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", "#s": BASE, "g#s": "http://a/b/c/g",
    "g?y#s": "http://a/b/c/g?y", ";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x", "g;x?y#s": "http://a/b/c/g;x?y",
    "": BASE, ".": "http://a/b/c/", "./": "http://a/b/c/", "..": "http://a/b/", "../": "http://a/b/",
    "../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/", "../../g": "http://a/g",
    "../../../g": "http://a/g", "../../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g",
    "g.": "http://a/b/c/g.", ".g": "http://a/b/c/.g", "g..": "http://a/b/c/g..", "..g": "http://a/b/c/..g",
    "./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/", "g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h",
    "g;x=1/./y": "http://a/b/c/g;x=1/y", "g;x=1/../y": "http://a/b/c/y", "g?y/./x": "http://a/b/c/g?y/./x",
    "g?y/../x": "http://a/b/c/g?y/../x", "g#s/./x": "http://a/b/c/g", "g#s/../x": "http://a/b/c/g",
    "http:g": "http://a/b/c/g", "g:h": None,
}  # fmt: skip
BROWSERS = {
    "x//y": "http://a/b/c/x//y", "x;": "http://a/b/c/x;", "?": "http://a/b/c/d;p", "//": None, "\\/": None,
    "http:?": "http://a/b/c/d;p", "http:/x": "http://a/x", "\\\\h\\x": "http://h/x", "/x//../y": "http://a/x/y",
    "https:g": None, "\tg\n": "http://a/b/c/g", "java\nscript:x": None, "//h/%2e%2E/%2f": "http://h/%2F",
}  # fmt: skip
"""Where the standard library's join differs, or what looks like one thing and is another."""


@pytest.mark.parametrize(("reference", "expected"), [*RFC_3986_5_4.items(), *BROWSERS.items()])
def test_references_are_resolved_as_the_standard_does(reference, expected):
    assert normalise(reference, BASE) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://a/b/c/%7Bfoo%7D", "hTTP://a/./b/../b/%63/%7bfoo%7d"),
        ("http://example.com", "http://example.com:/"),
        ("http://example.com/", "http://EXAMPLE.com:80/."),
        ("http://example.com/%7Esmith/home.html", "http://example.com:80/~smith/home.html"),
        ("http://example.com/%E2%82%ac?%c3%A4", "http://example.com/\u20ac?\u00e4"),
        ("http://example.com/%61/%2e/%2E%2e/b", "http://example.com/b"),
        ("http://example.com/?%75tm%5Fsource=x", "http://example.com/"),
    ],
)
def test_equivalent_spellings_become_one(one, other):
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/a%2Fb", "http://example.com/a/b"),
        ("http://example.com/a%3Fb", "http://example.com/a?b"),
        ("http://example.com/?a=b%26c", "http://example.com/?a=b&c"),
        ("http://example.com/?a=1%2B1", "http://example.com/?a=1+1"),
        ("http://example.com/A", "http://example.com/a"),
        ("http://example.com/a", "http://example.com/a/"),
        ("http://example.com/a;b", "http://example.com/a"),
        ("http://example.com/..;/a", "http://example.com/a"),
    ],
)
def test_spellings_that_may_mean_two_pages_stay_two(one, other):
    assert None is not normalise(one) != normalise(other) is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fa\u00df.de", "xn--fa-hia.de"),
        ("\u2603.net", "xn--n3h.net"),
        ("i\u2764.ws", "xn--i-7iq.ws"),
        ("my_host.b\u00fccher.de", "my_host.xn--bcher-kva.de"),
        ("r3---sn.b\u00fccher.de", "r3---sn.xn--bcher-kva.de"),
        ("\u212a.com", "k.com"),
        ("\uff21\u3002b", "a.b"),
        ("a\u00adb.c", "ab.c"),
        ("\u2460.com", "1.com"),
        ("XN--FA-HIA.de", "xn--fa-hia.de"),
        ("xn--a.de", None),
        ("xn--fa\u00df.de", None),
        ("xn--.de", None),
        ("xn--xn--.de", None),
        ("e\u200dx.de", None),
        ("\u2603\u200d\u2603.de", None),
        ("\u2603a\u05d0.de", None),
        ("a\uff0fb.de", None),
        ("\ufdfa.de", None),
        ("\u2603/.de", "xn--n3h"),
        ("08", None),
        ("1.2.3.0x100", None),
        ("a.1", None),
        ("a.0x", None),
        ("0xg", "0xg"),
        ("\uff10\uff18", None),
    ],
)
def test_hosts_are_those_that_browsers_ask(name, expected):
    result = normalise(f"http://{name}/")

    assert (host(result) if result else None) == expected


@given(URLS)
def test_the_http_client_asks_for_the_url_that_was_checked(url):
    result = normalise(url)

    if result is not None:
        asked = URL(result, encoded=True)
        assert (str(asked), asked.raw_host, str(asked.origin())) == (result, host(result), origin(result))


@given(st.sampled_from(["http://h/x/y?z", "https://h:81/"]), st.text(st.sampled_from("ab/.?#%2e\\:;ä ")))
def test_resolving_again_changes_nothing(base, reference):
    result = normalise(reference, base)

    assert result is None or normalise(result, "http://elsewhere/") == result


@given(st.text(st.sampled_from("aß1.-_☃\u05d0\u0661\u200dxn\u00ad\uff21\u3002%"), min_size=1, max_size=12))
def test_a_host_is_a_host_name_in_ascii(name):
    result = normalise(f"http://{name}/")

    assert result is None or set(host(result)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
