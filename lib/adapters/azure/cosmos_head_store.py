"""Heads in Cosmos DB."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from lib.adapters.azure.cosmos_container import CosmosContainer, Item
from lib.adapters.azure.cosmos_items import known
from lib.domain.documents import DocumentId
from lib.domain.features import FeatureSetId, Head, Live
from lib.errors import Unreachable

HEAD = "head"
_TRIES = 50
"""Of writers that meet, one gets through each time."""


class CosmosHeadStore:
    """
    HeadStore: one `head` item in the partition of each document.

    Every write is conditional on the etag that was read. Nothing is cached: the account reads Strong, so a denial that
    was acknowledged is seen by every later read, in any process.
    """

    def __init__(self, *, features: CosmosContainer) -> None:
        self._features = features

    def heads(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Head]:
        items = self._read("heads.read", ids)
        return {document: _head(item) for document, item in items.items()}

    def deny(self, versions: dict[DocumentId, int], *, source_id: str) -> None:
        what = "heads.deny"
        items = self._read(what, list(versions))
        for document, version in versions.items():

            def denied(before: Head | None, document: DocumentId = document, version: int = version) -> Head | None:
                head = before or Head(document_id=document, source_id=source_id)
                return replace(head, denied_below=version) if head.denied_below < version else None

            self._change(what, document, denied, read=items.get(document))

    def flip(
        self, document: DocumentId, feature_set: FeatureSetId, live: Live, *, source_id: str, access: tuple[str, ...]
    ) -> bool:
        def flipped(before: Head | None) -> Head | None:
            head = before or Head(document_id=document)
            stored = head.live.get(feature_set)
            if stored and stored.version > live.version:
                return None
            # Another set may be ahead: the access of its newer version may be narrower, so it stays.
            is_newest = live.version >= max((other.version for other in head.live.values()), default=0)
            return Head(
                document_id=document,
                source_id=source_id if is_newest else head.source_id,
                access=access if is_newest else head.access,
                denied_below=head.denied_below,
                live={**head.live, feature_set: live},
            )

        what = "heads.flip"
        return self._change(what, document, flipped, read=self._features.read(what, HEAD, document))

    def _read(self, what: str, ids: Sequence[DocumentId]) -> dict[DocumentId, Item]:
        items = self._features.read_many(what, [(HEAD, document) for document in dict.fromkeys(ids)])
        return {DocumentId(item["document_id"]): item for item in items}

    def _change(
        self, what: str, document: DocumentId, change: Callable[[Head | None], Head | None], *, read: Item | None
    ) -> bool:
        """Write what `change` makes of the head, anew as long as somebody else was first; False if it makes nothing."""
        for _ in range(_TRIES):
            after = change(_head(read) if read else None)
            if after is None:
                return False
            if read is None:
                was_written = self._features.create(what, _item(after))
            else:
                was_written = self._features.replace(what, _item(after), etag=read["_etag"])
            if was_written:
                return True
            read = self._features.read(what, HEAD, document)
        raise Unreachable(f"the head of document {document!r} kept changing; nothing was written")


def _item(head: Head) -> Item:
    return {
        "id": HEAD,
        "schema": 1,
        "type": HEAD,
        "document_id": head.document_id,
        "source_id": head.source_id,
        "access": list(head.access),
        "denied_below": head.denied_below,
        "live": {feature_set: asdict(live) for feature_set, live in head.live.items()},
    }


def _head(item: Item) -> Head:
    return Head(
        document_id=DocumentId(item["document_id"]),
        source_id=item["source_id"],
        access=tuple(item["access"]),
        denied_below=item["denied_below"],
        live={FeatureSetId(name): Live(**known(Live, live)) for name, live in item["live"].items()},
    )
