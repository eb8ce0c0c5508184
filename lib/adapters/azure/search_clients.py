"""Clients of one search service, which share a token, a pool of connections and the time-outs."""

import threading
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.search.documents import SearchClient
from azure.search.documents.indexes import SearchIndexClient

from lib.adapters.azure.connections import session

CONNECT_S = 5.0
_EVERY_METHOD = frozenset({"GET", "POST", "PUT", "DELETE"})


class SearchClients:
    """
    A client for indexes and aliases, and one for the documents of each index. Safe to use from several threads.

    A connection that breaks is tried once more: all that we send may be sent twice. Answers are not: a caller learns at
    once that the service asks for a pause.
    """

    RETRIES: dict[str, Any] = {"retry_on_methods": _EVERY_METHOD}  # noqa: RUF012 - read only
    """What each call of the SDK is given: its policy would not repeat a POST."""

    def __init__(self, endpoint: str, credential: TokenCredential, *, timeout_s: float) -> None:
        self._session = session()
        self._options: dict[str, Any] = {
            "endpoint": endpoint,
            "credential": credential,
            "transport": RequestsTransport(
                session=self._session, session_owner=False, connection_timeout=CONNECT_S, read_timeout=timeout_s
            ),
            "retry_total": 1,
            "retry_connect": 1,
            "retry_read": 1,
            "retry_status": 0,
        }
        self._lock = threading.Lock()
        self._documents: dict[str, SearchClient] = {}
        self.indexes = SearchIndexClient(**self._options)
        """Indexes and aliases; needs the role that owns them."""

    def documents(self, index: str) -> SearchClient:
        """The documents of an index, or of what an alias points at."""
        with self._lock:
            if index not in self._documents:
                self._documents[index] = SearchClient(index_name=index, **self._options)
            return self._documents[index]

    def close(self) -> None:
        """Close all connections."""
        self._session.close()
