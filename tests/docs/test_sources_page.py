"""The sources page and the default sources file say what the parser takes."""

import re

import pytest

from lib.domain.source_file import parse_sources
from lib.domain.sources import KINDS, Source
from lib.errors import BadSources
from tests.docs.manual import read, rows, section

BASE_URL = {"BASE_URL": "http://localhost:7071"}


def _examples() -> list[str]:
    """Indented blocks of the page that are sources files."""
    text = read("docs/sources.md") + read("docs/first-steps.md")
    blocks = re.findall(r"(?m)(?:^    .*\n|^\n(?=    ))+", text)
    return ["\n".join(line[4:] for line in block.splitlines()) for block in blocks if "sources:" in block]


def test_every_field_of_a_source_is_on_the_page():
    documented = {row[0].strip("`"): row[1] for row in rows(section(read("docs/sources.md"), "Fields of a source"))}

    assert set(documented) == set(Source.__slots__)


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ("schedule", f'`"{Source(id="x", kind="push").schedule}"`'),
        ("render", f"`{Source(id='x', kind='push').render}`"),
        ("allow_private_network", "`false`"),
        ("max_pages", f"`{Source(id='x', kind='push').max_pages}`"),
        ("access", f"`[{Source(id='x', kind='push').access[0]}]`"),
    ],
)
def test_the_page_names_the_default(field, default):
    documented = {row[0].strip("`"): row[1] for row in rows(section(read("docs/sources.md"), "Fields of a source"))}

    assert documented[field] == default


def test_every_kind_has_a_section():
    kinds = re.findall(r"(?m)^### (\w+)$", section(read("docs/sources.md"), "Kinds of sources"))

    assert kinds == list(KINDS)


def test_the_default_file_crawls_the_manual():
    found = parse_sources(read("sources.yaml"), file="sources.yaml", variables=BASE_URL)

    assert [(s.id, s.kind, s.start, s.allow_private_network) for s in found.items] == [
        ("manual", "website", ("http://localhost:7071/manual/",), True)
    ]
    assert found.items[0].in_scope("http://localhost:7071/manual/sources")


def test_the_comments_of_the_default_file_are_sources_too():
    lines = [re.sub(r"^  # (?=(- |  ))", "  ", line) for line in read("sources.yaml").splitlines()]

    found = parse_sources("\n".join(lines), file="sources.yaml", variables=BASE_URL)

    assert [(s.id, s.kind) for s in found.items] == [
        ("manual", "website"),
        ("handbook", "website"),
        ("docs", "sitemap"),
        ("files", "files"),
        ("product", "git"),
        ("intranet", "push"),
    ]


@pytest.mark.parametrize("example", _examples())
def test_examples_are_accepted(example):
    assert parse_sources(example, file="example", variables=BASE_URL).items


def test_every_schedule_on_the_page_is_one():
    schedules = [row[0].strip('`"') for row in rows(section(read("docs/sources.md"), "Schedules"))]
    source = '- {{id: a, kind: website, start: ["https://example.com/"], schedule: "{}"}}'

    assert len(schedules) > 2
    for schedule in schedules:
        assert parse_sources(f"sources:\n  {source.format(schedule)}", file="x").items[0].schedule == schedule


def test_the_page_promises_the_line_of_a_mistake():
    with pytest.raises(BadSources, match=r"^mine.yaml:3: unknown key 'starts': did you mean 'start'"):
        parse_sources("sources:\n  - id: a\n    starts: []\n", file="mine.yaml")
