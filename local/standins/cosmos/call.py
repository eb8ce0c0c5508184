"""One request, and what every kind of request asks of it."""

import json
from typing import Any

from starlette.requests import Request

from local.standins.cosmos import partition_keys
from local.standins.cosmos.errors import (
    CONTAINER_RID_MISMATCH,
    READ_SESSION_NOT_AVAILABLE,
    CosmosError,
    bad_request,
    owner_not_found,
    too_large,
)
from local.standins.cosmos.items import MAX_ITEM
from local.standins.cosmos.query import DEFAULT_PAGE, LARGEST_PAGE, Scope
from local.standins.cosmos.state import CosmosState
from local.standins.cosmos.storage import Container

MAX_REQUEST = MAX_ITEM
"""Bytes of a request's body."""
_LEVELS = ("Strong", "BoundedStaleness", "Session", "ConsistentPrefix", "Eventual")


class Call:
    """A request with its body. Every method raises CosmosError for what it finds wrong."""

    def __init__(self, state: CosmosState, request: Request, body: bytes) -> None:
        self.state = state
        self.request = request
        self._body = body

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def header(self, name: str) -> str | None:
        return self.request.headers.get(name)

    def flag(self, name: str) -> bool:
        return (self.header(name) or "").lower() == "true"

    def json(self) -> Any:
        """The body. 413 if it is longer than a request may be, 400 if it is no JSON."""
        if len(self._body) > MAX_REQUEST:
            raise too_large()
        try:
            return json.loads(self._body)
        except (ValueError, RecursionError) as error:
            raise bad_request("The request body is not valid JSON.") from error

    def json_object(self) -> dict[str, Any]:
        found = self.json()
        if not isinstance(found, dict):
            raise bad_request("The request body is not a JSON object.")
        return found

    def container(self) -> Container:
        """The container of the path: 404 with sub-status 1003, or 400 with 1024 if the client knows an older one."""
        try:
            found = self.state.container(self.part("database"), self.part("container"))
        except CosmosError as error:
            raise owner_not_found(f"container {self.part('container')!r}") from error
        if self.header("x-ms-cosmos-intended-collection-rid") not in {None, found.rid}:
            raise bad_request("The container was made anew since it was read.", sub_status=CONTAINER_RID_MISMATCH)
        return found

    def key(self, container: Container) -> list[Any]:
        """The whole partition key in the header."""
        return partition_keys.of_header(self.header("x-ms-documentdb-partitionkey"), container.paths)

    def scope(self, container: Container) -> Scope:
        """Where a query or a feed looks, by partition key or by a range of effective keys."""
        header = self.header("x-ms-documentdb-partitionkey")
        if header is not None:
            values = partition_keys.of_header(header, container.paths, may_be_prefix=True)
            if len(values) == len(container.paths):
                return Scope(partition=partition_keys.text(values))
            start = partition_keys.effective(values, container.kind)
            return Scope(keys=(start, start + "FF"))
        range_id = self.header("x-ms-documentdb-partitionkeyrangeid")
        if range_id not in {None, "0"}:
            raise CosmosError(410, "The partition key range is gone.", sub_status=1002)
        if self.header("x-ms-read-key-type") == "EffectivePartitionKeyRange" or self.header("x-ms-start-epk"):
            return Scope(keys=(self.header("x-ms-start-epk") or "", self.header("x-ms-end-epk") or "FF"))
        return Scope()

    def has_target(self) -> bool:
        """Whether the request names a partition key or a range, so that one answer is the whole answer."""
        names = ("x-ms-documentdb-partitionkey", "x-ms-documentdb-partitionkeyrangeid")
        return any(self.header(name) is not None for name in names)

    def page(self) -> int:
        """How many items a page may have; -1 leaves it to us."""
        given = self.header("x-ms-max-item-count")
        try:
            wanted = int(given) if given else DEFAULT_PAGE
        except ValueError as error:
            raise bad_request(f"x-ms-max-item-count is no number: {given!r}") from error
        return LARGEST_PAGE if wanted < 0 else min(wanted or DEFAULT_PAGE, LARGEST_PAGE)

    @property
    def strong(self) -> bool:
        """Whether this read is Strong, which costs twice."""
        return self._level() == "Strong"

    def lag_s(self, container: Container) -> float | None:
        """
        How far behind this read may be, as the fault `stale` has it; None: it sees everything.

        A Strong read is never behind, nor is one of a session that brings its token: 404 with 1002 if it asks for more
        than there is. 400 if the request asks for a stronger level than the account has.
        """
        if self._level() == "Strong":
            return None
        token = self.header("x-ms-session-token")
        if self._level() == "Session" and token:
            if max((_lsn(part) for part in token.split(",")), default=0) > container.lsn:
                message = "The read session is not available for the input session token."
                raise CosmosError(404, message, sub_status=READ_SESSION_NOT_AVAILABLE)
            return None
        return self.state.shadows.draw()

    def _level(self) -> str:
        default = self.state.consistency
        level = self.header("x-ms-consistency-level") or default
        if level not in _LEVELS or _LEVELS.index(level) < _LEVELS.index(default):
            raise bad_request(
                f"ConsistencyLevel {level} specified in the request is invalid when service is configured with "
                f"consistency level {default}. Ensure the request consistency level is not stronger than that."
            )
        return level


def _lsn(token: str) -> int:
    """The global number in one part of a session token, as `0:-1#12`."""
    parts = token.rpartition(":")[2].split("#")
    if len(parts) < 2 or not parts[1].isascii() or not parts[1].isdigit():
        raise bad_request(f"The session token {token!r} cannot be read.")
    return int(parts[1])
