"""The documents as the tests see them: tables, links, headings."""

import re
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from lib.api.markdown import slug

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
ELSEWHERE = {"dependencies.md", "performance.md", "local-host.md"}
"""Pages that belong to other parts; they must be there, and are held to the same links."""


def read(path: str) -> str:
    """Text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def pages() -> list[Path]:
    """All pages of the manual, and the README."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of the same or a higher level."""
    found = re.search(rf"(?m)^(#+) {re.escape(title)}$", text)
    assert found, f"no heading {title!r}"
    rest = text[found.end() :]
    following = re.search(rf"(?m)^#{{1,{len(found[1])}}} ", rest)
    return rest[: following.start()] if following else rest


def rows(text: str) -> list[list[str]]:
    """Cells of all table rows but headers; code marks are kept."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    heads = {index for index, row in enumerate(cells) if all(set(cell) <= set("-| ") for cell in row)}
    return [row for index, row in enumerate(cells) if index not in heads and index + 1 not in heads]


def anchors(path: Path) -> set[str]:
    """Anchors of a page's headings, as the manual and GitHub make them."""
    tokens = MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8"))
    found: list[str] = []
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            plain = "".join(t.content for t in inline.children or [] if t.type in ("text", "code_inline"))
            anchor = slug(plain)
            earlier = sum(re.sub(r"-\d+$", "", other) == anchor for other in found)
            found.append(f"{anchor}-{earlier}" if earlier else anchor)
    return set(found)


def links(path: Path) -> list[str]:
    """Targets of all links and pictures of a page."""
    found: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8")):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                found.append(str(target))
    return found
