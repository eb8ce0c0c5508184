"""sources.yaml: everything wrong is refused with file, line and fix."""

from typing import Any

import pytest

from lib.domain.source_file import parse_sources
from lib.domain.sources import Source
from lib.errors import BadSources

GOOD = """
sources:
  - id: handbook
    kind: website
    start: ["https://example.com/handbook/"]
    include: ["https://example.com/handbook/**"]
    exclude: ["https://example.com/handbook/old/**"]
    schedule: "0 */30 * * * *"
    render: http
    access: [staff, everyone]
    allow_private_network: false
  - id: notes
    kind: push
"""


def test_a_full_file_is_read() -> None:
    handbook, notes = parse_sources(GOOD, file="s.yaml").items

    assert (handbook.id, handbook.access, handbook.schedule) == ("handbook", ("everyone", "staff"), "0 */30 * * * *")
    assert (notes.kind, notes.access) == ("push", ("everyone",))


def test_no_sources_are_fine() -> None:
    assert parse_sources("sources: []", file="s.yaml").items == ()


def test_variables_are_filled_in() -> None:
    text = 'sources:\n  - {id: m, kind: website, start: ["%BASE_URL%/manual/"]}'

    [manual] = parse_sources(text, file="s.yaml", variables={"BASE_URL": "http://localhost:7071"}).items

    assert manual.start == ("http://localhost:7071/manual/",)


def entry(*lines: str) -> str:
    return "sources:\n  - id: a\n    kind: website\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "sources"),
        ("- a", 1, "mapping"),
        ("sources: [", 1, "not valid YAML"),
        ("sources: 3", 1, "must be a list"),
        ("source: []", 1, "unknown key 'source'"),
        ("sources:\n  - x", 2, "must be a mapping"),
        ("sources:\n  - kind: website", 2, "needs `id`"),
        ("sources:\n  - id: a", 2, "needs `kind`"),
        ("sources:\n  - id: A b\n    kind: push", 2, "small letters"),
        ("sources:\n  - id: a\n    kind: ftp", 3, "website, sitemap, feed, files, git, api, push"),
        ("sources:\n  - id: a\n    kind: push\n  - id: a\n    kind: push", 4, "unique"),
        ("sources:\n  - id: a\n    kind: push\n    start: []", 4, "push source has no"),
        (entry(), 2, "at least one URL"),
        (entry("start: []"), 4, "at least one URL"),
        (entry("start: https://x.example/"), 4, "expected a list"),
        (entry('start: ["ftp://x.example/"]'), 4, "not an http"),
        (entry('start: ["http://x.example:99999999/"]'), 4, "not an http"),
        (entry('start: ["%NOPE%/x"]'), 4, "%NOPE% is unknown"),
        (entry('start: ["https://x.example/"]', 'shedule: "0 * * * * *"'), 5, "did you mean 'schedule'"),
        (entry('start: ["https://x.example/"]', 'schedule: "* * * * *"'), 5, "six fields"),
        (entry('start: ["https://x.example/"]', 'schedule: "99 * * * * *"'), 5, "schedule"),
        (entry('start: ["https://x.example/"]', 'include: ["docs/**"]'), 5, "whole URL"),
        (entry('start: ["https://x.example/a/"]', 'include: ["https://x.example/b/**"]'), 4, "matches no `include`"),
        (entry('start: ["https://x.example/"]', "access: []"), 5, "at least one group"),
        (entry('start: ["https://x.example/"]', 'access: ["a b"]'), 5, "group 'a b'"),
        (entry('start: ["https://x.example/"]', "allow_private_network: maybe"), 5, "true or false"),
        (entry('start: ["https://x.example/"]', "render: lynx"), 5, "http, browser, auto"),
        (entry('start: ["https://x.example/"]', 'select: "div[["'), 5, "is no CSS selector"),
        (entry('start: ["https://x.example/"]', "max_pages: 0"), 5, "above 0"),
        (entry('start: ["https://x.example/"]', 'start: ["https://y.example/"]'), 5, "twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BadSources, match=rf"^s\.yaml:{line}: ") as caught:
        parse_sources(text, file="s.yaml")

    assert words in str(caught.value)


def source(**more: Any) -> Source:
    return Source(id="a", kind="website", start=("https://x.example/docs/index.html",), **more)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/docs/", True),
        ("https://x.example/docs", True),
        ("https://x.example/docs/a/b?c=d", True),
        ("https://x.example/docsify", False),
        ("https://x.example/", False),
        ("http://x.example/docs/", False),
        ("https://evil.example/?https://x.example/docs/", False),
    ],
)
def test_without_patterns_the_start_folder_is_the_scope(url: str, expected: bool) -> None:
    assert source().in_scope(url) is expected


def test_one_star_stops_at_a_slash_and_two_do_not() -> None:
    scoped = source(include=("https://x.example/*/faq",), exclude=("https://x.example/**old**",))

    assert scoped.in_scope("https://x.example/a/faq")
    assert not scoped.in_scope("https://x.example/a/b/faq")
    assert not scoped.in_scope("https://x.example/old/faq")


def test_other_settings_have_another_hash() -> None:
    assert source().settings_hash != source(access=("staff",)).settings_hash


def test_when_and_how_much_is_crawled_changes_no_page() -> None:
    paces = {"schedule": "0 0 3 * * *", "hours": "22:00-06:00", "max_pages": 5, "max_tokens": 9, "max_gone": 0.5}

    assert source().settings_hash == source(**paces, recheck_hours=1).settings_hash
