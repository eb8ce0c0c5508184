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
from lib.domain.urls import normalise, normalise_with_fragment
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
    """Normalised: its own address with the fragment that it may have, or one made of the start URL and its id."""
    id: str
    key: str
    """What the API knows it by, whatever its address; empty if it has no id."""
    stamp: str
    updated: str
    """As the API spells it."""
    title: str
    html: str
    text: str
    is_deleted: bool
    problem: str
    """Why it cannot become a document; empty if it can."""
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


def read_items(
    found: list[Any], fields: Mapping[str, str], *, start: str, at: str, may_be_odd: bool = False
) -> tuple[list[Item], list[str]]:
    """
    Read the items of one answer; also gives why some are left out, that cannot be told from others.

    start: the address that items without one are put below. at: where the answer is from.
    may_be_odd: a single item may be unlike what `fields` promises.
    Raises: BadInput if none of several items is as `fields` promises.
    """
    items, problems, left_out = [], [], []
    for each in found:
        try:
            item = _item(each, fields, start, at)
        except BadInput as error:
            left_out.append(str(error))
            continue
        items.append(item)
        if not item.is_deleted:
            problems.append(item.problem or _absence(each, fields))
    problems += left_out
    if problems and all(problems) and not (may_be_odd and len(problems) == 1):
        raise BadInput(problems[0])
    return items, left_out


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
    """Read one item; a field of a wrong type counts as absent. Raises: BadInput if it cannot be told from others."""
    there = {name: find(found, path) for name, path in fields.items()}
    said = {name: _text(value) for name, value in there.items()}
    try:
        written = json.dumps(found, sort_keys=True, separators=(",", ":"))
    except RecursionError as error:
        raise BadInput("it is JSON that is nested too deeply") from error
    raw_hash = hashlib.sha256(written.encode()).hexdigest()
    stamp = said.get("updated") or raw_hash[:32]
    is_deleted = "deleted" in fields and _is_true(there["deleted"])
    return Item(
        url=_address(found, said, fields, start, at),
        id=said.get("id", ""),
        key=hashlib.sha256(f"{start}\n{said['id']}".encode()).hexdigest()[:32] if said.get("id") else "",
        stamp=f"deleted {stamp}" if is_deleted else stamp,  # an API may delete without a new date
        updated=said.get("updated", ""),
        title=said.get("title", ""),
        html=said.get("html", ""),
        text=said.get("text", ""),
        is_deleted=is_deleted,
        problem=_problem(said, there),
        raw_hash=raw_hash,
    )


def _problem(said: Mapping[str, str], there: Mapping[str, Any]) -> str:
    """Why there is no text, though there is something in its place."""
    if said.get("html") or said.get("text"):
        return ""
    odd = [name for name in ("html", "text") if name in there and not _is_text(there[name])]
    return f"the {odd[0]} of an item is {shape(there[odd[0]])}, not text; correct its `fields`" if odd else ""


def _absence(found: Any, fields: Mapping[str, str]) -> str:
    """What to say if all items are like this one, which has nothing where its text should be; empty if it has."""
    named = [name for name in ("html", "text") if name in fields]
    if any(find(found, fields[name]) is not ABSENT for name in named):
        return ""
    paths = " and ".join(f"{name} {fields[name]!r}" for name in named)
    return f"no item has {paths}: the first is {shape(found)}; correct its `fields`"


def _address(found: Any, said: Mapping[str, str], fields: Mapping[str, str], start: str, at: str) -> str:
    url = normalise_with_fragment(said["url"], at) if said.get("url") else None
    if url is None and said.get("id") and said["id"] not in (".", ".."):
        url = normalise(f"{start.partition('?')[0].rstrip('/')}/{quote(said['id'], safe='')}")
    if url is None:
        named = " or ".join(f"{name} {fields[name]!r}" for name in ("url", "id") if name in fields)
        raise BadInput(f"an item has no {named} that can be an address: it is {shape(found)}; correct its `fields`")
    return url


def _is_text(value: Any) -> bool:
    return value is ABSENT or value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))


def _text(value: Any) -> str:
    """Text and numbers as text that can be stored: JSON may hold halves of characters. Nothing for all else."""
    if value is ABSENT or value is None or not _is_text(value):
        return ""
    return str(value).encode("utf-8", "replace").decode().strip()


def _is_true(value: Any) -> bool:
    return value is not ABSENT and bool(value) and str(value).strip().lower() not in _NOT_DELETED
