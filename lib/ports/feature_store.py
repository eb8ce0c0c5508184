"""The feature store: heads, cleaned snapshots, chunks and vectors, by version and feature set."""

from collections.abc import Sequence
from typing import Protocol

from lib.domain.documents import DocumentId
from lib.domain.features import ChunkId, Features, FeatureSetId, Head, Live, Snapshot
from lib.domain.vectors import Vector


class HeadStore(Protocol):
    """
    The head of each document: which version answers, who may read it, what is denied.

    Readers check every hit against it, so `heads` of 200 ids costs one call.
    """

    def heads(self, ids: Sequence[DocumentId]) -> dict[DocumentId, Head]:
        """Heads of these documents; those never built or denied are left out."""

    def deny(self, versions: dict[DocumentId, int], *, source_id: str) -> None:
        """
        From now on show no version below the given one (deny first); creates the head if there is none.

        Denials only grow. Acknowledged means that every later `heads`, by any reader, sees it.
        """

    def flip(
        self, document: DocumentId, feature_set: FeatureSetId, live: Live, *, source_id: str, access: tuple[str, ...]
    ) -> bool:
        """
        Make a version the live one of a feature set, in one write; sets source and access as well, unless the live
        version of another set is greater (then the access of that newer version stays).

        Refused (False) if the set's live version is greater. Equal versions overwrite, so a repeated build settles it.
        A flip to a version not below `denied_below` ends the denial for readers (their check compares versions).
        """


class VectorStore(Protocol):
    """Vectors of a document by input hash, shared by its versions."""

    def save_vectors(self, document: DocumentId, vectors: dict[str, Vector]) -> None:
        """Keep vectors by input hash before the whole version is done, so that a kill does not pay for them twice."""

    def vectors(self, document: DocumentId, hashes: Sequence[str]) -> dict[str, Vector]:
        """Vectors the store holds for this document, by input hash; the others are left out. Exact to float16."""


class FeatureStore(Protocol):
    """
    Snapshots, chunks and their vectors. Saving the same features twice leaves one copy.

    Order of a build: save here, then the index, then `HeadStore.flip`, then drop below. So every chunk that may be in
    an index is known here.
    """

    def save(self, features: Features) -> None:
        """
        Write snapshot, chunks and vectors of one version and feature set; durable when it returns.

        Raises: NotYet if a vector that was left out is not stored any more (dropped meanwhile): build again.
        """

    def read(self, document: DocumentId, version: int, feature_set: FeatureSetId) -> Features | None:
        """Snapshot, chunks and vectors of one version, or None."""

    def snapshot(
        self, document: DocumentId, *, version: int | None = None, cleaner: str | None = None
    ) -> Snapshot | None:
        """The cleaned text of a version (the newest one, the newest cleaner, when not given), or None."""

    def drop(
        self, document: DocumentId, feature_set: FeatureSetId, *, below: int, snapshots: bool = False
    ) -> list[ChunkId]:
        """
        Forget chunks of versions below `below`, and vectors that no chunk uses any more; returns the chunks' ids.

        Unused vectors of the last day stay: a build in progress may have saved them. Call `stale` first and empty the
        index, then drop. With `snapshots`, the versions' texts and all unused vectors go too (erasure, tombstones).
        """

    def stale(self, document: DocumentId, feature_set: FeatureSetId, *, below: int) -> list[ChunkId]:
        """Ids of chunks of versions below `below`."""

    def purge(self, *, superseded_before: str) -> int:
        """Drop snapshots that a newer version replaced before that time; returns how many."""
