"""HTML pages that the server writes, and conditional responses for everything that is read more than once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from starlette.requests import Request
from starlette.responses import Response

from lib.domain.times import parse_date

_HEADER = """\
<a class="skip" href="#main">Skip to the text</a>
<header class="bar">
  <a class="brand" href="/"><img src="/web/favicon.svg" alt="" width="22" height="22">Plumbline</a>
  <nav aria-label="Plumbline">{links}</nav>
</header>
"""
_LINKS = (
    ("Ask", "/"),
    ("Search", "/#/search"),
    ("Sources", "/#/sources"),
    ("Status", "/#/status"),
    ("Manual", "/manual/"),
    ("API", "/api/docs"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry of a table of contents."""

    title: str
    address: str
    current: bool = False
    children: Sequence["Link"] = ()


def write_page(
    *,
    title: str,
    section: str,
    contents: Sequence[tuple[str, Sequence[Link]]],
    main: str,
    canonical: str,
    description: str,
) -> str:
    """
    Write a page of prose with the app's header and a table of contents.

    section: address of the header's link that is current. contents: groups with their heading (may be empty).
    main: HTML that is safe already.
    """
    links = "".join(
        f'<a href="{address}"{_current(is_current=address == section)}>{name}</a>' for name, address in _LINKS
    )
    groups = "".join(
        (f"<h2>{escape(heading)}</h2>" if heading else "") + _list(entries) for heading, entries in contents if entries
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="{escape(description)}">
<link rel="canonical" href="{escape(canonical)}">
<link rel="icon" href="/web/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/web/styles/base.css">
<link rel="stylesheet" href="/web/styles/prose.css">
<link rel="stylesheet" href="/web/styles/reference.css">
</head>
<body class="prose-page">
{_HEADER.format(links=links)}<div class="columns">
<nav class="contents" aria-label="Contents"><details><summary>Contents</summary>{groups}</details></nav>
<main id="main" class="prose" tabindex="-1">
{main}</main>
</div>
</body>
</html>
"""


def _list(entries: Sequence[Link]) -> str:
    items = "".join(
        f'<li><a href="{escape(entry.address)}"{_current(is_current=entry.current)}>{escape(entry.title)}</a>'
        f"{_list(entry.children) if entry.children else ''}</li>"
        for entry in entries
    )
    return f"<ul>{items}</ul>"


def _current(*, is_current: bool) -> str:
    return ' aria-current="page"' if is_current else ""


def conditional(
    request: Request, body: bytes, *, media_type: str, modified: float | None = None, status: int = 200
) -> Response:
    """
    Answer with a body, or with 304 if the client has it already: by its hash, else by its time (RFC 9110, 13).

    modified: seconds since the epoch.
    """
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    if modified is not None:
        headers["last-modified"] = format_datetime(datetime.fromtimestamp(int(modified), UTC), usegmt=True)
    if status == 200 and _is_known(request, etag, modified):
        return Response(status_code=304, headers=headers)
    return Response(body, status_code=status, headers=headers, media_type=media_type)


def _is_known(request: Request, etag: str, modified: float | None) -> bool:
    known = request.headers.get("if-none-match")
    if known is not None:
        return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in known.split(","))
    since = request.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    date = parse_date(since)
    return date is not None and int(modified) <= date.timestamp()
