"""The search index on Azure AI Search."""

import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.search.documents.indexes import SearchIndexClient
from azure.search.documents.indexes.models import SearchAlias
from azure.search.documents.models import VectorizedQuery

from lib.adapters.azure.search_arms import propose
from lib.adapters.azure.search_batches import Limits, send
from lib.adapters.azure.search_clients import SearchClients
from lib.adapters.azure.search_errors import INIT, OWNER, translated
from lib.adapters.azure.search_fields import (
    COUNTED,
    DOCUMENT,
    KEY,
    VECTOR,
    IndexOptions,
    dimensions_of,
    document,
    index_definition,
    parse_counted,
)
from lib.adapters.azure.search_query import one_of
from lib.domain.features import ChunkId
from lib.domain.retrieval import Candidate, IndexedChunk, SearchRequest
from lib.errors import BadInput, DimensionMismatch, NotFound, Permanent

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){0,126}(?<!-)")
COUNT_BATCH = 100
"""Documents counted in one request: a page of the sweep."""


class AzureSearchIndex:
    """
    Indexes of one search service. Safe to call from several threads.

    ensure needs the role that owns indexes, or an index that an operator has made; the rest needs the roles for data.
    semantic: let the semantic ranker order the text arm. Its own scores have no place in a candidate.
    every_cosine: ask once more for the cosines of chunks that only the text arm found; the embedded index knows them.
    """

    def __init__(
        self,
        clients: SearchClients,
        *,
        options: IndexOptions | None = None,
        visibility_delay_s: float = 60.0,
        semantic: bool = False,
        every_cosine: bool = True,
        limits: Limits | None = None,
        threads: int = 16,
    ) -> None:
        self._clients = clients
        self._options = options or IndexOptions()
        self._visibility_delay_s = visibility_delay_s
        self._semantic = semantic
        self._every_cosine = every_cosine
        self._limits = limits or Limits()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="search-arm")
        self._lock = threading.Lock()
        self._dimensions: dict[str, int] = {}

    @property
    def visibility_delay_s(self) -> float:
        """How long an acknowledged write may stay invisible."""
        return self._visibility_delay_s

    def ensure(self, index: str, *, dimensions: int) -> None:
        """
        Make the index unless it is there.

        Without the right to see definitions, a query tells whether it is there and how long its vectors are.
        Raises: DimensionMismatch; Permanent naming the role and the operator's command, if it may not be made.
        """
        if not _NAME.fullmatch(index):
            raise BadInput(f"{index!r} cannot name an index: use lower-case letters, digits and single hyphens")
        with translated(_named(index), role=OWNER):
            held = self._held(index, dimensions)
        if held != dimensions:
            raise DimensionMismatch(
                f"index {index!r} holds {held} dimensions, not {dimensions}: make another feature set"
                if held
                else f"index {index!r} has no vectors of ours: delete it, or use another search service"
            )
        with self._lock:
            self._dimensions[index] = dimensions

    def _held(self, index: str, dimensions: int) -> int:
        indexes = self._clients.indexes
        try:
            return dimensions_of(indexes.get_index(index))
        except ResourceNotFoundError:
            pass
        except HttpResponseError as error:
            if error.status_code != 403:
                raise
            return self._probed(index, dimensions)
        try:
            return dimensions_of(
                indexes.create_index(index_definition(index, dimensions=dimensions, options=self._options))
            )
        except ResourceExistsError:  # another process was faster
            return dimensions_of(indexes.get_index(index))

    def _probed(self, index: str, dimensions: int) -> int:
        """The same length if a query with it is accepted. Raises: Permanent, DimensionMismatch."""
        query = VectorizedQuery(vector=[1.0] + [0.0] * (dimensions - 1), k_nearest_neighbors=1, fields=VECTOR)
        try:
            list(self._clients.documents(index).search(None, vector_queries=[query], select=[KEY], top=1))
        except ResourceNotFoundError as error:
            raise Permanent(
                f"index {index!r} is not there, and this identity may not make it: let an operator run `{INIT}`,"
                f" or give this identity the role {OWNER!r} on the search service"
            ) from error
        except HttpResponseError as error:
            if error.status_code == 400:
                raise DimensionMismatch(
                    f"index {index!r} does not take vectors of {dimensions} dimensions: make another feature set"
                ) from error
            raise
        return dimensions

    def upsert(self, index: str, chunks: Sequence[IndexedChunk]) -> None:
        """Write chunks, replacing those with the same id. Raises: DimensionMismatch before anything is written."""
        latest = {chunk.id: chunk for chunk in chunks}
        if not latest:
            return
        self._check_lengths(index, [chunk.vector.shape for chunk in latest.values()])
        documents = [document(chunk) for chunk in latest.values()]
        send(self._clients.documents(index), "upload", documents, what=_named(index), limits=self._limits)

    def delete(self, index: str, ids: Sequence[ChunkId]) -> None:
        """Remove chunks; ids that are not there are no error."""
        keys = [{KEY: chunk} for chunk in dict.fromkeys(ids)]
        if keys:
            send(self._clients.documents(index), "delete", keys, what=_named(index), limits=self._limits)

    def search(self, index: str, request: SearchRequest) -> list[Candidate]:
        """The best of both arms, each chunk once; `cosine` is known for all of them, unless every_cosine is off."""
        if request.vector is not None:
            self._check_lengths(index, [request.vector.shape])
        if request.groups == () or request.source_ids == ():
            return []  # nobody, or nowhere
        with translated(_named(index)):
            return propose(
                self._clients.documents(index),
                request,
                pool=self._pool,
                semantic=self._semantic,
                every_cosine=self._every_cosine,
            )

    def count(self, index: str, document_ids: Sequence[str] | None = None) -> dict[tuple[str, int], int]:
        """Chunks by document and version, from one facet per COUNT_BATCH documents; without documents the total."""
        client = self._clients.documents(index)
        counts: dict[tuple[str, int], int] = {}
        with translated(_named(index)):
            if document_ids is None:
                return {("", 0): client.get_document_count()}
            wanted = list(dict.fromkeys(document_ids))
            for start in range(0, len(wanted), COUNT_BATCH):
                # `count:0` asks for all values: then the service counts exactly, also across shards.
                answer = client.search(
                    None,
                    filter=one_of(DOCUMENT, wanted[start : start + COUNT_BATCH]),
                    facets=[f"{COUNTED},count:0"],
                    top=0,
                    **SearchClients.RETRIES,
                )
                facets = answer.get_facets() or {}
                counts |= {parse_counted(facet["value"]): facet["count"] for facet in facets.get(COUNTED, [])}
        return counts

    def close(self) -> None:
        """End the threads of the text arm and close all connections."""
        self._pool.shutdown()
        self._clients.close()

    def _check_lengths(self, index: str, shapes: Sequence[tuple[int, ...]]) -> None:
        """All vectors have the length of the index, where this process knows it, and of each other."""
        expected = self._dimensions.get(index)
        wrong = next((s for s in shapes if s != ((expected,) if expected else shapes[0])), None)
        if wrong is not None:
            raise DimensionMismatch(
                f"a vector of shape {wrong} does not fit index {index!r}, which holds {expected or shapes[0]}"
                " dimensions: use the model of its feature set"
            )


def point_alias(indexes: SearchIndexClient, alias: str, index: str) -> None:
    """
    Let an alias name an index, for other readers; we query indexes by name, since an alias follows late (seconds).

    Raises: NotFound (no such index), Permanent without the right.
    """
    with translated(f"alias {alias!r} to index {index!r}", role=OWNER):
        try:
            indexes.create_or_update_alias(SearchAlias(name=alias, indexes=[index]))
        except HttpResponseError as error:
            if error.status_code in (400, 404):
                raise NotFound(f"there is no index {index!r} that an alias could name: ensure it first") from error
            raise


def _named(index: str) -> str:
    return f"index {index!r}"
