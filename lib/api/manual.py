"""/manual/: the Markdown files of docs/ as a website that people read and Plumbline's own crawler can crawl."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from lib.api.api import Api
from lib.api.auth import Reader, TheApi
from lib.api.html import Link, conditional, write_page
from lib.api.markdown import first_heading, manual_html

router = APIRouter(include_in_schema=False)

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
_MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
_INDEX = "index"
_LINK = re.compile(r"\]\(([^)\s#]+)\.md[)#]")
_LISTED_LINK = re.compile(r"(?m)^\s*(?:\||[-*+] |\d+[.)] )\s*\[[^\]]*\]\(([^)\s#]+)\.md[)#]")
"""In the index, a link that begins a list item or a table row."""
_SECTION = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """One Markdown file."""

    name: str
    """Path below docs/ without `.md`: `sources`, `adr/0001-sync-ports`."""
    file: Path
    text: str
    title: str

    @property
    def address(self) -> str:
        return _address(self.name)


@router.api_route("/manual", methods=["GET", "HEAD"])
@router.api_route("/manual/{name:path}", methods=["GET", "HEAD"])
def read_manual(request: Request, api: TheApi, caller: Reader, name: str | None = None) -> Response:  # noqa: ARG001
    """Serve a page, a picture, or the way to where the page really is."""
    if name is None:
        return RedirectResponse("/manual/", status_code=308)
    suffix = posixpath.splitext(name)[1]
    if suffix in _MEDIA_TYPES and (picture := _inside(api.docs_dir, name)):
        return conditional(request, picture.read_bytes(), media_type=_MEDIA_TYPES[suffix])
    wanted = (name + _INDEX if name == "" or name.endswith("/") else name).removesuffix(".md")
    page = _load(api.docs_dir, wanted)
    if page is None and not wanted.endswith(_INDEX):
        page = _load(api.docs_dir, f"{wanted}/{_INDEX}")
    if page is None and name.endswith("/"):
        page = _load(api.docs_dir, name.rstrip("/"))
    if page is None:
        return _missing(request, api, name)
    if page.address != f"/manual/{name}":
        return RedirectResponse(page.address, status_code=308)
    return _show(request, api, page)


def _show(request: Request, api: Api, page: _Page) -> Response:
    pages = _pages(api.docs_dir)
    body = manual_html(page.text, resolve=lambda target: _resolve(target, page, api.docs_dir))
    sections = [Link(title=_plain(title), address=f"#{anchor}") for anchor, title in _SECTION.findall(body)]
    site = "Plumbline manual"
    html = write_page(
        title=f"{page.title} · {site}" if page.title != site else site,
        section="/manual/",
        contents=_contents(pages, page, sections),
        main=f"<article>\n{body}</article>\n{_neighbours(pages, page)}",
        canonical=api.settings.base_url.rstrip("/") + page.address,
        description=_first_paragraph(page.text),
    )
    newest = max((entry.file.stat().st_mtime for entry in pages), default=0.0)
    return conditional(request, html.encode(), media_type="text/html", modified=newest)


def _missing(request: Request, api: Api, name: str) -> Response:
    main = (
        f"<h1>No such page</h1>\n<p>The manual has no page <code>{escape(name[:200])}</code>. "
        'It may have moved: <a href="/manual/">start at the beginning</a>, or '
        '<a href="/">ask Plumbline</a> for what you are looking for.</p>\n'
    )
    html = write_page(
        title="No such page · Plumbline manual",
        section="/manual/",
        contents=_contents(_pages(api.docs_dir), None, []),
        main=main,
        canonical=api.settings.base_url.rstrip("/") + "/manual/",
        description="There is no such page.",
    )
    return conditional(request, html.encode(), media_type="text/html", status=404)


def _contents(pages: list[_Page], current: _Page | None, sections: list[Link]) -> list[tuple[str, list[Link]]]:
    groups: dict[str, list[Link]] = {"": []}
    for page in pages:
        is_current = current is not None and page.name == current.name
        link = Link(title=page.title, address=page.address, current=is_current, children=sections if is_current else ())
        groups.setdefault(posixpath.dirname(page.name), []).append(link)
    names = {"": "", "adr": "Decisions"}
    return [(names.get(folder, folder.replace("-", " ").capitalize()), links) for folder, links in groups.items()]


def _neighbours(pages: list[_Page], page: _Page) -> str:
    names = [entry.name for entry in pages]
    place = names.index(page.name) if page.name in names else -1
    before = pages[place - 1] if place > 0 else None
    after = pages[place + 1] if 0 <= place < len(pages) - 1 else None
    links = [
        f'<a rel="{rel}" href="{escape(near.address)}"><span>{word}</span> {escape(near.title)}</a>'
        for rel, word, near in (("prev", "Before", before), ("next", "Next", after))
        if near
    ]
    return f'<nav class="neighbours" aria-label="Neighbouring pages">{"".join(links)}</nav>\n' if links else ""


def _pages(docs: Path) -> list[_Page]:
    """All pages: the index, then those it lists, then those it mentions, then the others; folders after that."""
    found = {page.name: page for page in _all(docs)}
    index = found.get(_INDEX)
    text = index.text if index else ""
    linked = [posixpath.normpath(unquote(name)) for name in _LISTED_LINK.findall(text) + _LINK.findall(text)]
    order = {name: place for place, name in reversed(list(enumerate([_INDEX, *linked])))}

    def rank(page: _Page) -> tuple[str, bool, int, str]:
        folder, name = posixpath.split(page.name)
        return folder, name != _INDEX, order.get(page.name, len(order) + len(linked)), page.name

    return sorted(found.values(), key=rank)


def _all(docs: Path) -> Iterator[_Page]:
    for file in sorted([*docs.glob("*.md"), *docs.glob("*/*.md")]):
        name = file.relative_to(docs).as_posix().removesuffix(".md")
        if page := _load(docs, name):
            yield page


def _load(docs: Path, name: str) -> _Page | None:
    """Read a page; None if there is none of that name. Nothing is kept but by time and size, so edits show at once."""
    file = _inside(docs, f"{name}.md") if all(_NAME.match(part) for part in name.split("/")) else None
    if file is None:
        return None
    stat = file.stat()
    text, title = _read(file, stat.st_mtime_ns, stat.st_size)
    return _Page(name=name, file=file, text=text, title=title or name)


@lru_cache(maxsize=512)
def _read(file: Path, mtime_ns: int, size: int) -> tuple[str, str]:  # noqa: ARG001 - they are the cache's key
    text = file.read_text(encoding="utf-8", errors="replace")
    return text, first_heading(text)


def _inside(docs: Path, path: str) -> Path | None:
    """The file, if it is one and really lies in the folder, links followed."""
    try:
        file = (docs / path).resolve()
        return file if file.is_relative_to(docs.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # a NUL, a name too long
        return None


def _address(name: str) -> str:
    folder, last = posixpath.split(name)
    return f"/manual/{folder + '/' if folder else ''}{'' if last == _INDEX else last}"


def _resolve(target: str, page: _Page, docs: Path) -> str | None:
    """Where a link of a page leads: pages and pictures of the manual, absolute paths of the app; nothing else."""
    if target.startswith("/"):
        return target
    path, hash_mark, fragment = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page.name), unquote(path)))
    if path.endswith(".md") and _load(docs, path.removesuffix(".md")):
        return _address(path.removesuffix(".md")) + hash_mark + fragment
    if posixpath.splitext(path)[1] in _MEDIA_TYPES and _inside(docs, path):
        return f"/manual/{path}"
    return None


def _plain(html: str) -> str:
    """A heading's text: `write_page` escapes it again."""
    text = re.sub(r"<[^>]+>", "", html)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def _first_paragraph(text: str) -> str:
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    first = next((p for p in paragraphs if p and p[0] not in "#|`-<>!*"), "The manual of Plumbline.")
    return re.sub(r"[`*\[\]]|\([^)]*\)", "", first)[:200]
