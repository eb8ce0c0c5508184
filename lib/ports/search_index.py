"""The hybrid index: it only proposes."""

from collections.abc import Sequence
from typing import Protocol

from lib.domain.features import ChunkId
from lib.domain.retrieval import Candidate, IndexedChunk, SearchRequest

__all__ = ["Candidate", "IndexedChunk", "SearchIndex", "SearchRequest"]


class SearchIndex(Protocol):
    """
    Named indexes of chunks. Filters apply before the best are picked, in both arms.

    Writes of one call are visible together to later searches after at most `visibility_delay_s`.
    """

    @property
    def visibility_delay_s(self) -> float:
        """How long an acknowledged write may stay invisible; 0 if it is visible at once."""

    def ensure(self, index: str, *, dimensions: int) -> None:
        """Make the index unless it is there. Raises: DimensionMismatch if it is there with another length."""

    def upsert(self, index: str, chunks: Sequence[IndexedChunk]) -> None:
        """
        Write chunks, replacing those with the same id; durable when it returns.

        Raises: DimensionMismatch, NotFound (no such index), Throttled, StorageFull.
        """

    def delete(self, index: str, ids: Sequence[ChunkId]) -> None:
        """Remove chunks; ids that are not there are no error."""

    def search(self, index: str, request: SearchRequest) -> list[Candidate]:
        """The best of both arms, each chunk once, in no particular order. Raises: NotFound (no such index)."""

    def count(self, index: str, document_ids: Sequence[str] | None = None) -> dict[tuple[str, int], int]:
        """
        Chunks held, by document and version, for these documents.

        Without documents: one entry under ("", 0), the total.
        """
