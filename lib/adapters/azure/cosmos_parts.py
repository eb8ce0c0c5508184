"""Long texts: what does not fit into an item lies in `part` items beside it."""

import hashlib
import secrets
from typing import Any

from lib.adapters.azure.cosmos_container import CosmosContainer, Item
from lib.adapters.azure.cosmos_items import size_of
from lib.errors import StoreCorrupt

INLINE_BYTES = 1_900_000
"""An item up to this size, as JSON, holds its text itself."""
PART_BYTES = 1_800_000


class LongTexts:
    """
    Texts of items in one container (partition `document_id`).

    `put` writes parts before the item that names them, under ids with its version and a random key, so that two writers
    of one version never mix. The item has `parts`: `{"key", "count", "sha256"}`, and an empty text then.
    """

    def __init__(self, container: CosmosContainer) -> None:
        self._container = container

    def put(self, what: str, document: str, version: int, text: str, *, beside: int) -> dict[str, Any]:
        """
        Write parts if the text needs them; returns the fields `text` and `parts` of the item that names them.

        beside: bytes of the rest of that item.
        """
        text = text.encode("utf-8", "replace").decode()
        if size_of(text) + beside <= INLINE_BYTES:
            return {"text": text, "parts": None}
        pieces = _split(text)
        key = secrets.token_hex(8)
        for n, piece in enumerate(pieces):
            part = {
                "id": _part_id(version, key, n),
                "schema": 1,
                "type": "part",
                "document_id": document,
                "version": version,
                "text": piece,
            }
            self._container.upsert(what, part)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return {"text": "", "parts": {"key": key, "count": len(pieces), "sha256": digest}}

    def get(self, what: str, item: Item) -> str | None:
        """The text of an item; None if a part has gone, since somebody wrote a newer version: read the item again."""
        parts = item.get("parts")
        if not parts:
            return str(item["text"])
        ids = self.ids(item)
        found = {
            part["id"]: part["text"]
            for part in self._container.read_many(what, [(i, item["document_id"]) for i in ids])
        }
        if len(found) < len(ids):
            return None
        text = "".join(found[i] for i in ids)
        if hashlib.sha256(text.encode()).hexdigest() != parts["sha256"]:
            raise StoreCorrupt(
                f"the parts of document {item['document_id']!r} version {item['version']} are not what was written:"
                " restore the container to a point in time"
            )
        return text

    def ids(self, item: Item) -> list[str]:
        """Ids of the parts that an item names."""
        parts = item.get("parts")
        return [_part_id(item["version"], parts["key"], n) for n in range(parts["count"])] if parts else []

    def remove(self, what: str, item: Item) -> None:
        """Remove the parts that an item names; those that are not there are no error."""
        for part in self.ids(item):
            self._container.delete(what, part, item["document_id"])


def _part_id(version: int, key: str, n: int) -> str:
    return f"part-{version}-{key}-{n}"


def _split(text: str) -> list[str]:
    if size_of(text) <= PART_BYTES:
        return [text]
    middle = len(text) // 2
    return _split(text[:middle]) + _split(text[middle:])
