"""Numbers and dates that no machine word or calendar has: one page may fail for them, a crawl never."""

from dataclasses import replace

import pytest

from tests.nasty_pages import Answer

DIGITS = "9" * 400
PAST_ANY_INT = "9" * 5000
FAR = "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "value",
    [FAR, PAST_ANY_INT, "-5", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "1e999", "\u00b2"],
)
def test_no_retry_after_ends_a_crawl(site, read, status, value):
    site.pages["/busy"] = Answer(b"", status, {"Retry-After": value.encode().decode("latin-1")})

    result = read("/busy")

    assert (result.outcome, result.status) == ("failed", status)
    assert 0 <= result.retry_after_s <= 86_400


def test_a_retry_after_without_a_zone_is_in_utc(site, read):
    site.pages["/busy"] = Answer(b"", 503, {"Retry-After": "Sun, 22 Nov 2026 11:00:00 -0000"})

    assert round(read("/busy").retry_after_s) == 3600


@pytest.mark.parametrize(
    "line",
    [
        "Request-rate: 1/1" + "0" * 400,
        "Request-rate: 1" + "0" * 400 + "/1",
        f"Request-rate: {DIGITS}/{DIGITS}d",
        "Request-rate: 1/" + PAST_ANY_INT,
        "Request-rate: 0/10",
        "Crawl-delay: " + DIGITS,
        "Crawl-delay: inf",
        "Crawl-delay: nan",
    ],
)
def test_no_pace_ends_a_crawl(site, read, line):
    site.robots = Answer(f"User-agent: *\n{line}\n".encode())

    assert read("/ok").outcome == "page"


@pytest.mark.parametrize("value", [DIGITS, PAST_ANY_INT, "-1", "+3", "1_0", "0x1"])
@pytest.mark.parametrize("status", [200, 404])
def test_no_length_ends_a_crawl(site, read, status, value):
    site.pages["/long"] = Answer(b"<p>hello", status, {"Content-Type": "text/html", "Content-Length": value})

    assert read("/long").outcome == "failed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Age", PAST_ANY_INT),
        ("Cache-Control", "max-age=" + PAST_ANY_INT),
        ("Expires", FAR),
        ("Date", DIGITS),
        ("Last-Modified", FAR),
        ("X-Robots-Tag", f"unavailable_after: {FAR}"),
        ("Set-Cookie", f"a=b; max-age={PAST_ANY_INT}; expires={FAR}"),
    ],
)
def test_no_date_or_age_ends_a_crawl(site, read, name, value):
    site.pages["/dated"] = Answer(b"<h1>Hello</h1>", 200, {"Content-Type": "text/html", name: value})

    assert read("/dated").outcome == "page"


@pytest.mark.parametrize("said", [FAR, DIGITS, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_no_date_of_publication_loses_its_page(site, read, source, said):
    body = f'<h1>Zebras</h1><p>Zebras are African equines.</p><time datetime="{said}">now</time>'
    site.pages["/dated"] = Answer(body.encode(), 200, {"Content-Type": "text/html"})

    page = read("/dated", of=replace(source, published="time")).page

    assert ("African equines" in page.text, page.published) == (True, "")
