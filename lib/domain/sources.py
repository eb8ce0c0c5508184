"""Sources: what to collect, as `sources.yaml` says it."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from lib.domain.documents import EVERYONE
from lib.domain.patterns import matches_path, matches_url

Kind = Literal["website", "sitemap", "feed", "files", "git", "api", "push"]

_CHOICE = ("select", "remove", "title", "published")
_WEB = ("start", "include", "exclude", "render", "wait_for", *_CHOICE, "headers")
_FOLDER = ("start", "include", "exclude", "link", *_CHOICE)

KINDS: dict[Kind, tuple[str, ...]] = {
    "website": _WEB,
    "sitemap": _WEB,
    "feed": (*_WEB, "content"),
    "files": _FOLDER,
    "git": (*_FOLDER, "branch", "headers"),
    "api": ("start", "headers", "items", "fields", "next", "since"),
    "push": (),
}
"""Every kind of source, and the fields that it has beyond those of all sources. Its reader bears its name."""
_PAGES = ("website", "sitemap", "feed")
_PACE = ("schedule", "hours", "max_pages", "max_tokens", "max_gone", "recheck_hours")
"""Fields that change no document: to edit them makes no page be read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of documents."""

    id: str
    kind: Kind
    start: tuple[str, ...] = ()
    """Where collecting starts: pages, sitemaps, feeds, folders, a repository, the first page of an API."""
    include: tuple[str, ...] = ()
    """Patterns of what is in scope: URLs, or paths below the start of `files` and `git`; empty: see `in_scope`."""
    exclude: tuple[str, ...] = ()
    schedule: str = "0 0 * * * *"
    """Six-field NCRONTAB in UTC."""
    hours: str = ""
    """Hours of the day in UTC when it may be crawled, as in `22:00-06:00`; empty: always."""
    access: tuple[str, ...] = (EVERYONE,)
    render: Literal["http", "browser", "auto"] = "http"
    wait_for: str = ""
    """CSS selector that a rendered page must hold before it is read; empty: until the page is quiet."""
    select: str = ""
    """CSS selector of the elements that hold the text; empty: found automatically."""
    remove: str = ""
    """CSS selector of elements to leave out."""
    title: str = ""
    """CSS selector of the element that holds the title."""
    published: str = ""
    """CSS selector of the element that holds the date of publication."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers for the hosts of `start` alone. A value `secret:NAME` stands for the environment's `SOURCE_NAME`."""
    content: Literal["page", "feed"] = "page"
    """Whether the text of a feed's entry is taken from its page or from the feed."""
    link: str = ""
    """Where people find the files: their paths are added to it; empty: where they were read."""
    branch: str = ""
    """Of a repository; empty: its default one."""
    items: str = ""
    """Path of the list in an API's answer, as in `data.results`; empty: the answer is the list."""
    fields: tuple[tuple[str, str], ...] = ()
    """What of an item is its id, url, title, text, html, updated, deleted: names of fields, or paths to them."""
    next: str = ""
    """Path of the next page's address, or of its cursor as in `cursor=meta.next`; empty: the `Link` header says."""
    since: str = ""
    """Query parameter that asks an API for what changed since a time; empty: everything is listed every time."""
    allow_private_network: bool = False
    max_pages: int = 100_000
    max_tokens: int = 0
    """Most tokens of changed text that one crawl may hand to the embedder; 0: no limit."""
    max_gone: float = 0.25
    """Share of its documents that one crawl may delete without being asked to go on."""
    recheck_hours: float = 24
    """Longest time for which a page that has not changed for long is not asked for; 0: every crawl asks for it."""
    instructions: Literal["keep", "neutralise", "hold"] = "keep"
    """What to do with text that reads like instructions to a model."""
    personal_data: Literal["keep", "flag", "mask"] = "keep"
    """What to do with personal data that has a pattern; `keep` does not look for it."""

    @property
    def settings_hash(self) -> str:
        """Hash of all that decides what this source yields, and not of when and how much of it is crawled."""
        yields = {name: value for name, value in asdict(self).items() if name not in _PACE}
        return hashlib.sha256(json.dumps(yields, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def follows_links(self) -> bool:
        """Say whether links of its pages lead to more of its pages; else it is what its listing says."""
        return self.kind == "website"

    def asks(self, url: str) -> tuple[str, ...]:
        """Give the addresses that are asked for a resource: its own if it is a page, else those of `start`."""
        is_page = self.kind in _PAGES and (self.kind != "feed" or self.content == "page")
        return (url,) if is_page else self.start

    def in_scope(self, url: str) -> bool:
        """
        Say whether a normalised URL belongs to this source: included and not excluded. A fragment does not matter.

        Without `include` a website or sitemap is everything below the folders of its start, and a feed is all of the
        hosts of its start. Kinds that list no pages decide for themselves.
        """
        if self.kind not in _PAGES:
            return True
        url = url.partition("#")[0]
        include = self.include or tuple(_top(start, self.kind) + "**" for start in self.start)
        return any(matches_url(p, url) for p in include) and not any(matches_url(p, url) for p in self.exclude)

    def has_path(self, path: str) -> bool:
        """Say whether a path below the start of `files` or `git` is in scope; slashes forward, none at its start."""
        included = not self.include or any(matches_path(p, path) for p in self.include)
        return included and not any(matches_path(p, path) for p in self.exclude)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """All sources, in the order of the file."""

    items: tuple[Source, ...] = field(default=())

    def get(self, source_id: str) -> Source | None:
        """Find a source by id."""
        return next((s for s in self.items if s.id == source_id), None)


def _top(url: str, kind: Kind) -> str:
    parts = urlsplit(url)
    path = "/" if kind == "feed" else parts.path[: parts.path.rfind("/") + 1] or "/"
    return f"{parts.scheme}://{parts.netloc}{path}"
