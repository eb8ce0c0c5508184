"""Links lead somewhere, and the manual is whole."""

import re

import pytest

from tests.docs.manual import DOCS, ELSEWHERE, ROOT, anchors, links, pages

INDEXED = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if path.name != "index.md")


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_internal_links_and_anchors_resolve(page):
    wrong = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (fragment and fragment not in anchors(target)):
            wrong.append(link)

    assert wrong == []


def test_the_index_names_every_page():
    linked = {link.partition("#")[0] for link in links(DOCS / "index.md")}

    assert set(INDEXED) - linked == set()


def test_pages_of_other_parts_are_there():
    assert {name for name in ELSEWHERE if not (DOCS / name).exists()} == set()


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_a_page_begins_with_one_title_and_what_it_is_for(page):
    lines = page.read_text(encoding="utf-8").splitlines()

    assert lines[0].startswith("# ")
    assert sum(line.startswith("# ") for line in lines) == 1
    assert lines[2]
    assert not lines[2].startswith(("#", "|"))


def test_no_two_headings_of_a_page_are_the_same():
    for page in DOCS.rglob("*.md"):
        headings = re.findall(r"(?m)^#+ .+$", page.read_text(encoding="utf-8"))

        assert len(headings) == len(set(headings)), page.name


def test_paths_named_in_the_documents_exist():
    folders = "lib|local|blueprints|tests|docs|evals|benchmarks|web|tools"
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages()}
    named = {(n, path) for n, text in texts.items() for path in re.findall(rf"`((?:{folders})/[\w./-]*)`", text)}

    assert named
    assert {(page, path) for page, path in named if not (ROOT / path).exists()} == set()
