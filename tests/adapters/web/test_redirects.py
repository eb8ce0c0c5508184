"""Redirects: followed by hand, each hop checked like the first."""

from dataclasses import replace

import pytest

from tests.nasty_pages import Answer, redirect


def test_a_few_redirects_of_every_kind_are_followed(read, site):
    result = read("/down/7")

    assert (result.outcome, result.final_url) == ("page", site.url("/down/0"))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/loop-a", "in a loop"),
        ("/self", "in a loop"),
        ("/onward/1", "more than 10 redirects"),
        ("/down/11", "more than 10 redirects"),
        ("/nowhere", "to nowhere"),
        ("/to-script", "to nowhere"),
        ("/to-file", "to nowhere"),
        ("/to?http%3A//user%3Apassword@127.0.0.1/", "to nowhere"),
        ("/to?http%3A//elsewhere.test/", "out of the source's scope"),
        ("/to?https%3A//127.0.0.1/", "out of the source's scope"),
    ],
)
def test_redirects_that_lead_nowhere_good_are_refused(read, path, reason):
    result = read(path)

    assert (result.outcome, result.page) == ("refused", None)
    assert reason in result.reason


def test_ten_redirects_are_just_enough(read):
    assert read("/down/10").outcome == "page"


def test_robots_are_asked_at_every_hop(read, site):
    site.robots = Answer(b"User-agent: *\nDisallow: /next\n")
    site.pages["/turn"] = redirect("/next")

    result = read("/turn")

    assert (result.outcome, result.reason) == ("refused", "robots.txt forbids it")
    assert site.paths() == ["/turn"]


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://[fe80::1]/", "http://0.0.0.0/",
     "http://[::ffff:169.254.169.254]/", "http://168.63.129.16/", "http://[fd00:ec2::254]/",
     "http://[fd20:ce::254]/computeMetadata/v1/", "http://100.96.0.96/latest/"],
)  # fmt: skip
def test_a_redirect_to_metadata_is_refused_even_where_private_networks_are_allowed(read, site, source, target):
    site.pages["/turn"] = redirect(target)

    result = read("/turn", of=replace(source, include=("http**",)))

    assert (result.outcome, result.page) == ("refused", None)
    assert "metadata or reserved address" in result.reason


def test_validators_go_with_a_redirect_but_not_the_date(read, site):
    site.pages["/turn"] = redirect("/conditional")

    result = read("/turn", etag='"v1"', last_modified="Sat, 21 Nov 2026 10:00:00 GMT")

    assert (result.outcome, result.final_url) == ("not_modified", site.url("/conditional"))
    assert "if-modified-since" not in site.requests[-1].headers
