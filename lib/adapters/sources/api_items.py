"""Items of an API's answers: where things are in JSON, and what an item says of itself."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from lib.adapters.web import charsets
from lib.domain.urls import normalise
from lib.errors import BadInput

ABSENT = object()
"""What `find` gives where there is nothing."""
_SHOWN_KEYS = 12
_NUMBER = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")
_NOT_DELETED = ("false", "0", "no")
"""Words that would count as true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item, read."""

    url: str
    """Normalised: its own address, or one made of the start URL and its id."""
    key: str
    """What the API knows it by, whatever its address; empty if it has no id."""
    stamp: str
    updated: str
    """As the API spells it."""
    title: str
    html: str
    text: str
    is_deleted: bool
    raw_hash: str
    """sha256 of its JSON, keys sorted."""


def load(body: bytes, content_type: str = "") -> Any:
    """Parse an answer. Raises: BadInput if it is no JSON, or too deep."""
    try:
        return json.loads(charsets.decode(body, f"{content_type}; charset=utf-8"))
    except RecursionError as error:
        raise BadInput("it is JSON that is nested too deeply") from error
    except ValueError as error:
        kind = f", its type is {content_type[:80]!r}" if content_type else ""
        raise BadInput(f"it is not JSON{kind}") from error


def find(value: Any, path: str) -> Any:
    """
    What stands at a dotted path, as `data.results.0`; `ABSENT` if there is nothing.

    A number is a key of an object, or a place in a list. A key that itself has dots is found too. Empty: the value.
    """
    if not path:
        return value
    if isinstance(value, list):
        place, _, rest = path.partition(".")
        is_place = place.isascii() and place.isdigit() and len(place) < 10 and int(place) < len(value)
        return find(value[int(place)], rest) if is_place else ABSENT
    if isinstance(value, dict):
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            if (key := ".".join(parts[:length])) in value:
                return find(value[key], ".".join(parts[length:]))
    return ABSENT


def shape(value: Any) -> str:
    """What there is, in a few words: for people who correct a path."""
    if value is ABSENT:
        return "nothing"
    if isinstance(value, dict):
        keys = ", ".join(repr(str(key)[:40]) for key in list(value)[:_SHOWN_KEYS])
        return f"an object with {keys}" if keys else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {str: "text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


def read_items(found: list[Any], fields: Mapping[str, str], *, start: str, at: str) -> list[Item]:
    """
    Read the items of one answer.

    start: the address that items without one are put below. at: where the answer is from.
    Raises: BadInput if an item cannot be told from others, or none of them has what `fields` promises.
    """
    items = [_item(each, fields, start, at) for each in found]
    present = [name for name in ("html", "text") if name in fields]
    kept = [each for each, item in zip(found, items, strict=True) if not item.is_deleted]
    if kept and not any(find(each, fields[name]) is not ABSENT for each in kept for name in present):
        named = " and ".join(f"{name} {fields[name]!r}" for name in present)
        raise BadInput(f"no item has {named}: the first is {shape(kept[0])}; correct its `fields`")
    return items


def order(updated: str) -> tuple[int, float, str]:
    """A key by which times sort: numbers, ISO 8601 with whatever offset, and other text as it is."""
    if _NUMBER.fullmatch(updated):
        return (1, float(updated), "")
    moment = moment_of(updated)
    return (1, moment.timestamp(), "") if moment else (0, 0.0, updated)


def moment_of(updated: str) -> datetime | None:
    """The moment that ISO 8601 text names, in UTC if it does not say; None for anything else, a number too."""
    if _NUMBER.fullmatch(updated):
        return None
    try:
        moment = datetime.fromisoformat(updated)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return None


def _item(found: Any, fields: Mapping[str, str], start: str, at: str) -> Item:
    said = {name: _text(find(found, path), name) for name, path in fields.items() if name != "deleted"}
    try:
        written = json.dumps(found, sort_keys=True, separators=(",", ":"))
    except RecursionError as error:
        raise BadInput("it is JSON that is nested too deeply") from error
    raw_hash = hashlib.sha256(written.encode()).hexdigest()
    stamp = said.get("updated") or raw_hash[:32]
    is_deleted = _is_true(find(found, fields["deleted"])) if "deleted" in fields else False
    return Item(
        url=_address(found, said, fields, start, at),
        key=hashlib.sha256(f"{start}\n{said['id']}".encode()).hexdigest()[:32] if said.get("id") else "",
        stamp=f"deleted {stamp}" if is_deleted else stamp,  # an API may delete without a new date
        updated=said.get("updated", ""),
        title=said.get("title", ""),
        html=said.get("html", ""),
        text=said.get("text", ""),
        is_deleted=is_deleted,
        raw_hash=raw_hash,
    )


def _address(found: Any, said: Mapping[str, str], fields: Mapping[str, str], start: str, at: str) -> str:
    url = normalise(said["url"], at) if said.get("url") else None
    if url is None and said.get("id") and said["id"] not in (".", ".."):
        url = normalise(f"{start.partition('?')[0].rstrip('/')}/{quote(said['id'], safe='')}")
    if url is None:
        named = " or ".join(f"{name} {fields[name]!r}" for name in ("url", "id") if name in fields)
        raise BadInput(f"an item has no {named} that can be an address: it is {shape(found)}; correct its `fields`")
    return url


def _text(value: Any, name: str) -> str:
    """Text and numbers as text that can be stored: JSON may hold halves of characters. Nothing for null."""
    if value is ABSENT or value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadInput(f"the {name} of an item is {shape(value)}, not text; correct its `fields`")
    return str(value).encode("utf-8", "replace").decode().strip()


def _is_true(value: Any) -> bool:
    return value is not ABSENT and bool(value) and str(value).strip().lower() not in _NOT_DELETED
