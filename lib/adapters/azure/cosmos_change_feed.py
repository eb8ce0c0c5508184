"""The change feed of documents, pulled from Cosmos DB: for the local host and for replay."""

import json
from typing import Any

from lib.adapters.azure.cosmos_container import CosmosContainer
from lib.domain.changes import change_from_item
from lib.domain.documents import DocumentChange, DocumentId
from lib.ports.change_feed import FeedPage

_WHAT = "documents.feed"


class CosmosChangeFeed:
    """
    ChangeFeed over all feed ranges. The cursor holds a continuation for each, in the order in which they come next.

    Ranges that split later are followed by their continuation. A cursor of another container starts at the beginning,
    so that nothing is missed.
    """

    def __init__(self, *, documents: CosmosContainer) -> None:
        self._documents = documents

    def read(self, cursor: str, *, limit: int = 100) -> FeedPage:
        try:
            return self._read(_places(cursor) or self._beginning(), cursor, limit)
        except ValueError:  # the continuations are of another container
            return self._read(self._beginning(), cursor, limit)

    def _read(self, places: list[dict[str, Any]], cursor: str, limit: int) -> FeedPage:
        changes: dict[DocumentId, DocumentChange] = {}
        for _ in range(len(places)):
            place, found = self._read_range(places.pop(0), limit - len(changes))
            places.append(place)  # last next time: no range starves another one
            changes.update({change.document_id: change for change in found})
            if len(changes) >= limit:
                break
        return FeedPage(changes=list(changes.values()), cursor=json.dumps(places) if changes else cursor)

    def _read_range(self, place: dict[str, Any], limit: int) -> tuple[dict[str, Any], list[DocumentChange]]:
        """Read pages until there is a change (some have `part` items only), or nothing is left."""
        while True:
            items, after = self._documents.changes(
                _WHAT, limit=limit, feed_range=place.get("range"), continuation=place.get("at")
            )
            place = {"at": after} if after else place
            changes = [change for item in items if (change := change_from_item(item))]
            if changes or not items:
                return place, changes

    def _beginning(self) -> list[dict[str, Any]]:
        return [{"range": found} for found in self._documents.feed_ranges(_WHAT)]


def _places(cursor: str) -> list[dict[str, Any]]:
    """Places of a cursor. Raises: ValueError if it is none."""
    places = json.loads(cursor) if cursor else []
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        raise ValueError("this is no cursor of a change feed")
    return places
