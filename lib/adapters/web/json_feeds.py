"""JSON Feed, versions 1 and 1.1, to entries. Source: https://www.jsonfeed.org/version/1.1/."""

import json
from collections.abc import Iterator

from lib.adapters.web.feed_entries import Entry, iso_date
from lib.adapters.web.inline_text import clean
from lib.domain.urls import normalise_with_fragment
from lib.errors import BadInput

_NAMES = ("id", "url", "title", "content_html", "content_text", "summary", "date_published", "date_modified")


def parse_json_feed(text: str, *, url: str) -> Iterator[Entry]:
    """
    Read a JSON Feed, an entry at a time.

    Edge: what of an entry has an unexpected type counts as absent.
    Raises: BadInput if it is none.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput("not a feed: it begins like JSON and is none") from error
    items = feed.get("items")
    if "jsonfeed.org" not in str(feed.get("version", ""))[:200] or not isinstance(items, list):
        raise BadInput("not a feed: JSON without the `version` and `items` of a JSON Feed")
    for item in items:
        if isinstance(item, dict):
            said = {name: _text(item.get(name)) for name in _NAMES}
            yield Entry(
                url=(normalise_with_fragment(said["url"], url) or "") if said["url"] else "",
                guid=said["id"],
                title=clean(said["title"]),
                html=said["content_html"],
                text=said["content_text"] or said["summary"],
                published=iso_date(said["date_published"] or said["date_modified"]),
                updated=said["date_modified"] or said["date_published"],
            )


def _text(value: object) -> str:
    """Text and numbers as text that can be stored: JSON may hold halves of characters."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "replace").decode().strip()
