"""One spelling per URL."""

from urllib.parse import urljoin

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lib.domain.urls import MAX_URL_CHARS, host, normalise, normalise_with_fragment, origin


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.COM/Path", "http://example.com/Path"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("http://example.com:80/", "http://example.com/"),
        ("http://example.com:0080/", "http://example.com/"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com./a", "http://example.com/a"),
        ("http://example.com/a/./b/../c", "http://example.com/a/c"),
        ("http://example.com/../../a", "http://example.com/a"),
        ("http://example.com/a/..", "http://example.com/"),
        ("http://example.com/%2e%2E/a", "http://example.com/a"),
        ("http://example.com/a//b", "http://example.com/a//b"),
        ("http://example.com/a/", "http://example.com/a/"),
        ("http://example.com/%7Euser%2fx", "http://example.com/~user%2Fx"),
        ("http://example.com/ä b", "http://example.com/%C3%A4%20b"),
        ("http://example.com/100%", "http://example.com/100%25"),
        ("http://example.com/a#top", "http://example.com/a"),
        ("http://example.com/a?", "http://example.com/a"),
        ("http://example.com?b=1", "http://example.com/?b=1"),
        ("http://example.com/?b=2&a=1", "http://example.com/?b=2&a=1"),
        ("http://example.com/?a=1&utm_source=x&UTM_Medium=y&b=2&gclid=z&fbclid=1", "http://example.com/?a=1&b=2"),
        ("http://example.com/?utm_source=x", "http://example.com/"),
        ("http://example.com/?q=utm_source", "http://example.com/?q=utm_source"),
        ("http://example.com/?a[]=ü&b=c+d", "http://example.com/?a%5B%5D=%C3%BC&b=c+d"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
        ("http://my_host.example/", "http://my_host.example/"),
        ("http://[2001:DB8:0::1]:80/", "http://[2001:db8::1]/"),
        ("  http://example.com/\n", "http://example.com/"),
        ("http://exa\tmple.com/", "http://example.com/"),
        ("http:\\\\example.com\\a?b\\c", "http://example.com/a?b%5Cc"),
        ("http://example.com\\@evil.example/", "http://example.com/@evil.example/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7F.1/", "http://127.0.0.1/"),
        ("http://0177.0.0.01/", "http://127.0.0.1/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://\uff11\uff12\uff17.0.0.1/", "http://127.0.0.1/"),
    ],
)
def test_each_url_has_one_spelling(url, expected):
    assert normalise(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "/a", "#top", "ftp://example.com/", "file:///etc/passwd", "javascript:alert(1)",
        "mailto:a@example.com", "data:text/html,x", "http://", "http:///a", "http://user@example.com/",
        "http://user:secret@example.com/", "http://example.com:99999/", "http://example.com:0/", "http://example.com:a/",
        "http://exa mple.com/", "http://example..com/", "http://%65xample.com/", "http://[::1/", "http://[::1%25eth0]/",
        "http://256.1.1.1/", "http://1.2.3.4.5/", "http://0x100000000/", "http://a@b@example.com/",
        "http://" + "a" * 64 + ".example/", "http://example.com/" + "a" * 5000,
        "http://xn--\u00fc.example/",
    ],
)  # fmt: skip
def test_what_cannot_be_fetched_has_none(url):
    assert normalise(url) is None


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("b", "http://example.com/x/b"),
        ("b.html#c", "http://example.com/x/b.html"),
        ("../b", "http://example.com/b"),
        ("/b", "http://example.com/b"),
        ("//other.example/b", "http://other.example/b"),
        ("?q", "http://example.com/x/y?q"),
        ("", "http://example.com/x/y?z=1"),
        ("./a:b", "http://example.com/x/a:b"),
        ("javascript:void(0)", None),
        ("tel:123", None),
        ("https://user@other.example/", None),
    ],
)
def test_references_are_read_from_where_they_stand(reference, expected):
    assert normalise(reference, "http://example.com/x/y?z=1") == expected


URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "HTTPS", "http"]),
    st.one_of(
        st.sampled_from(["example.com", "EXAMPLE.com:80", "[::1]", "0x7f.1", "bücher.example.", "a_b"]), st.text()
    ),
    st.text(st.sampled_from("/.%2eE~ä\\ ;:@a\x00[]{}|^'\"<>#")),
    st.sampled_from(["", "?"]),
    st.text(st.sampled_from("&=utm_source%20+ä#?/a[]'")),
)


@given(URLS)
@example("http://a/%%41")
@example("http://a/%2%65")
@example("http://a/?%26utm_source=1")
def test_normalising_twice_changes_nothing(url):
    once = normalise(url)

    assert once is None or normalise(once) == once


@given(st.text())
def test_no_text_is_too_strange(text):
    for result in (normalise(text), normalise(text, "http://example.com/a/b")):
        assert result is None or (result.startswith(("http://", "https://")) and len(result) <= MAX_URL_CHARS)


@given(URLS)
def test_a_normal_url_is_plain_ascii_without_a_fragment(url):
    result = normalise(url)

    assert result is None or (result.isascii() and result.isprintable() and "#" not in result and " " not in result)


@given(
    st.sampled_from(["http://h/", "http://h/x", "http://h/x/y.html?q=/z/", "http://h:81/x/"]),
    st.from_regex(r"\A[a-z0-9_~./-]{1,12}\Z"),
)
def test_joining_agrees_with_the_standard_library(base, reference):
    assume("//" not in reference)  # there it drops empty segments

    assert normalise(reference, base) == normalise(urljoin(base, reference))


def test_parts_of_a_normal_url():
    assert origin("http://example.com:81/a") == "http://example.com:81"
    assert [host(u) for u in ("http://example.com:81/a", "http://[::1]:81/", "https://a/")] == [
        "example.com",
        "::1",
        "a",
    ]


@pytest.mark.parametrize(
    "spelled",
    [
        "https://x.example/a;jsessionid=0A1B2C3D4E5F60718293?b=1",
        "https://x.example/a?b=1&PHPSESSID=abc",
        "https://x.example/a?sid=0123456789abcdef0123&b=1",
    ],
)
def test_session_ids_are_no_part_of_an_address(spelled):
    assert normalise(spelled) == "https://x.example/a?b=1"


def test_a_short_sid_is_a_parameter_like_any_other():
    assert normalise("https://x.example/a?sid=42") == "https://x.example/a?sid=42"


@given(st.text(max_size=30))
def test_a_fragment_is_spelled_in_one_way(fragment: str) -> None:
    spelled = normalise_with_fragment(f"https://x.example/a?b#{fragment}")

    assert spelled
    assert normalise_with_fragment(spelled) == spelled
    assert normalise(spelled) == "https://x.example/a?b"
