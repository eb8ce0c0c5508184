"""What was held back: a version that would be written, or a deletion, that a person should look at first."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from lib.domain.documents import Anchor, Document, Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItem:
    """One thing of one source that was held back; seen again, it keeps its id."""

    id: str
    """Made by `held_id`."""
    source_id: str
    url: str
    """The page, or the key of a pushed document; empty for mass-delete."""
    document_id: str = ""
    """The document it would have become a version of; empty if there is none."""
    rule: str
    """Why it was held: login, captcha, consent, error-page, lost-text, instructions or mass-delete."""
    reason: str
    """The same in one sentence."""
    crawl_id: str
    """The crawl that held it last; empty for a pushed document."""
    first_at: str
    """When it was held first; UTC, ISO 8601."""
    last_at: str
    """When it was held last; UTC, ISO 8601."""
    fingerprint: str
    """Hash of the held text: as long as it stays, this is the same thing."""
    draft: Document | None = None
    """The version that would be written; None for mass-delete, and in lists."""
    count: int = 1
    """How often it was seen."""


def held_id(source_id: str, url: str) -> str:
    """Make the id of what is held of a URL of a source: ASCII, 33 characters, safe as a key anywhere."""
    digest = hashlib.sha256(f"{source_id}\n{url}".encode("utf-8", "surrogatepass")).hexdigest()
    return "h" + digest[:32]


def draft_to_json(draft: Document) -> str:
    """Write a draft as ASCII JSON; half surrogate pairs survive."""
    return json.dumps({"schema": 1, **asdict(draft)}, separators=(",", ":"))


def draft_from_json(written: str) -> Document:
    """
    Read a draft. Fields that this version does not know are left out; those that it lacks have their defaults.

    Raises: ValueError if it is no JSON.
    """
    values = _known(Document, json.loads(written))
    provenance = _known(Provenance, values["provenance"])
    for record in (values, provenance):  # JSON has no tuples
        record.update({name: tuple(value) for name, value in record.items() if isinstance(value, list)})
    values["anchors"] = tuple(Anchor(**_known(Anchor, anchor)) for anchor in values["anchors"])
    return Document(**{**values, "provenance": Provenance(**provenance)})


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}
