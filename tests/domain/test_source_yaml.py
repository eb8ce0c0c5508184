"""Odd YAML in a sources file: refused with file, line and fix, and soon."""

import time

import pytest

from lib.domain.source_file import parse_sources
from lib.domain.source_yaml import MAX_CHARS
from lib.errors import BadSources

SITE = 'sources:\n  - id: a\n    kind: website\n    start: ["https://x.example/"]\n'


def complaint(text: str) -> str:
    started = time.monotonic()
    with pytest.raises(BadSources) as caught:
        parse_sources(text, file="s.yaml")
    assert time.monotonic() - started < 5
    return str(caught.value)


@pytest.mark.parametrize("number", ["0x10", "1:30", "010", "0b11", "-1", "1.0", "1e3", "9" * 5000, "[1]", "null"])
@pytest.mark.parametrize("name", ["max_pages", "max_tokens"])
def test_a_whole_number_is_written_in_digits(name: str, number: str) -> None:
    assert complaint(f"{SITE}    {name}: {number}\n").startswith("s.yaml:5: expected a whole number above 0")


@pytest.mark.parametrize("number", [".inf", ".nan", "1:30", "0x1", "[1]", "{a: 1}", "9" * 5000, "2024-01-01", "true"])
def test_a_share_is_a_number(number: str) -> None:
    assert complaint(f"{SITE}    max_gone: {number}\n") == "s.yaml:5: expected a number from 0 to 1"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("? [a]\n: b\n", 1, "a key must be a word"),
        ("sources:\n  - id: a\n    ? [a]\n    : b\n", 3, "a key must be a word"),
        ("sources:\n  - {? {a: b} : c, id: a}\n", 2, "a key must be a word"),
        (SITE + "    headers: {? [a] : b}\n", 5, "a key must be a word"),
        ("sources: []\nsources: []\n", 2, "'sources' is given twice"),
        (SITE + "    headers: {Accept: a, Accept: b}\n", 5, "'Accept' is given twice"),
        (SITE + "    headers: {Accept: a, accept: b}\n", 5, "is given twice"),
        ('sources:\n  - {id: a, kind: api, start: ["https://x.example/"],\n     fields: {id: a, id: b}}\n', 3, "twice"),
        ("sources:\n  - &b {id: a, kind: push}\n  - <<: *b\n    id: b\n", 3, "write the keys of the other mapping out"),
        ("sources: &a [*a]\n", 1, "must be a mapping"),
        ("sources:\n  - &a {id: a, kind: *a}\n", 2, "expected text"),
        ("sources:\n  - id: x\n    kind: *nowhere\n", 3, "undefined alias"),
        ("sources:\n  - {id: 2024-01-01, kind: push}\n", 2, "put it in quotes"),
        ("sources:\n  - {id: yes, kind: push}\n", 2, "put it in quotes"),
        ("sources: []\n---\nsources: []\n", 2, "but found another document"),
        ("sources:\n\t- id: a\n", 2, "indent with blanks"),
        ("sources:\n  - id: a\x07\n", 2, "the character U+0007; remove it"),
        ("sources: []\n\x00", 2, "the character U+0000; remove it"),
        ("sources: !!python/object/apply:os.system [ls]\n", 1, "must be a mapping"),
        ('sources:\n  - {id: a, kind: files,\n     start: ["/a\\0b"]}\n', 3, "remove it"),
        (SITE + '    title: "a\\ud800"\n', 5, "remove it"),
        ('sources:\n  - {id: a, kind: website,\n     start: ["http://exa mple.com/"]}\n', 3, "is not an http or"),
        ('sources:\n  - {id: a, kind: website,\n     start: ["http://xn--a/"]}\n', 3, "is not an http or https URL"),
    ],
)  # fmt: skip
def test_what_is_odd_is_named_with_its_line_and_the_fix(text: str, line: int, words: str) -> None:
    said = complaint(text)

    assert said.startswith(f"s.yaml:{line}: ")
    assert words in said
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("start", "many", "count", "said"),
    [
        ("sources: ", "[", 100_000, "s.yaml:1: not valid YAML: it is nested more than 20 deep"),
        ("sources:\n  - id: ", "{a: ", 3000, "s.yaml:2: not valid YAML: it is nested more than 20 deep"),
        (SITE + "    title: ", "a", 100_000, "s.yaml:5: this has 100,000 characters"),
        ("sources: []\n", "#x\n", MAX_CHARS // 2, "s.yaml:1: it has 1,500,012 characters"),
        ("sources: []\n", "x", 50_000_000, "s.yaml:1: it has 50,000,012 characters"),
    ],
)
def test_what_is_too_much_is_refused_at_once(start: str, many: str, count: int, said: str) -> None:
    assert complaint(start + many * count).startswith(said)


def test_aliases_multiply_no_work() -> None:
    patterns = ",".join(f'"https://x.example/{number}/**"' for number in range(2000))
    site = f'{{id: a, kind: sitemap, start: ["https://x.example/"], exclude: [{patterns}]}}'

    assert "ids must be unique" in complaint(f"sources:\n  - &s {site}\n" + "  - *s\n" * 2000)


def test_aliases_of_lists_and_a_byte_order_mark_are_fine() -> None:
    text = (
        "\ufeffsources:\n"
        '  - {id: a, kind: website, start: &s ["https://x.example/"]}\n'
        "  - {id: b, kind: website, start: *s, max_pages: 1_000}\n"
    )

    assert [(s.start, s.max_pages) for s in parse_sources(text, file="s.yaml").items] == [
        (("https://x.example/",), 100_000),
        (("https://x.example/",), 1_000),
    ]
