"""What looks like a trap, and what does not."""

import pytest

from lib.domain.traps import trap


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://x.example/a/b/a/b/a/b/", "spiral"),
        ("https://x.example/docs/docs/docs/page", "spiral"),
        ("https://x.example" + "".join(f"/f{number}" for number in range(30)), "deep"),
        ("https://x.example/calendar/2031/05/", "calendar"),
        ("https://x.example/events/1931-05", "calendar"),
        ("https://x.example/cal?y=2040&m=1", "calendar"),
        ("https://x.example/cal?month=2040-01", "calendar"),
        ("https://x.example/cal?date=20400101", "calendar"),
        ("https://x.example/cal?view=week&start=1850-01-01", "calendar"),
    ],
)
def test_traps_are_told_by_their_address(url, kind):
    assert trap(url, depth=3, year=2026) == kind


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/2026/05/a-post",
        "https://x.example/blog/1999/12/31/party",
        "https://x.example/agenda-2030/goals/13",
        "https://x.example/standards/iso/9001/2015",
        "https://x.example/docs/docs/page",
        "https://x.example/catalogue?item=4711&page=12",
        "https://x.example/cal?y=2027&m=1",
        "https://x.example/search?from=2040",
        "https://x.example/a/b/c/a/b/c/",
        "https://x.example/2010/10/10/10-tips",
        "https://x.example/t/slug/4711/5",
        "https://x.example/specs/2600/3",
        "https://x.example/1963/11/22/dallas",
    ],
)
def test_ordinary_addresses_are_none(url):
    assert trap(url, depth=3, year=2026) == ""


def test_a_calendar_is_not_walked_month_by_month():
    assert trap("https://x.example/cal?y=2023&m=1", depth=40, year=2026) == "calendar"


def test_a_chain_without_end_is_one():
    assert trap("https://x.example/next?n=500", depth=500, year=2026) == "chain"
