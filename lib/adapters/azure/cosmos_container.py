"""One container of Cosmos DB, in the few verbs that the adapters use."""

import functools
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, ParamSpec, TypeVar

from azure.core import MatchConditions
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from lib.adapters.azure.cosmos_errors import translated
from lib.adapters.azure.cosmos_items import sendable
from lib.adapters.azure.cosmos_units import RequestUnits
from lib.errors import Unreachable

Item = dict[str, Any]
Operation = tuple[str, tuple[Any, ...], dict[str, Any]]
"""As the SDK takes it: `("upsert", (item,), {})`."""

_NO_CONTAINER = 1003
TRIES = 3
PAUSE_S = 0.1
"""Before the second try of a request that failed on its way, twice that before the third; each a little by chance."""
_RELAXED = {"x-ms-consistency-level": "Eventual"}


P = ParamSpec("P")
R = TypeVar("R")


def _persistently(method: Callable[P, R]) -> Callable[P, R]:
    """
    Try again what did not arrive or was not answered, a few times within a second; then the pipeline waits longer.

    Reads and plain writes may be repeated. A conditional batch that was carried out without an answer is refused when
    it comes again, and whoever is refused reads again (`holds`): that is what conditions are for. Increments are not
    repeated.
    """

    @functools.wraps(method)
    def persistent(*args: P.args, **kwargs: P.kwargs) -> R:
        for tried in range(1, TRIES):
            try:
                return method(*args, **kwargs)
            except Unreachable:
                _pause(tried)
        return method(*args, **kwargs)

    return persistent


def _pause(tried: int) -> None:
    time.sleep(PAUSE_S * tried * random.uniform(0.5, 1.5))


class Refused(Exception):
    """A batch was not carried out, because one operation could not be."""

    def __init__(self, *, index: int, status: int) -> None:
        super().__init__(f"operation {index} of a batch: {status}")
        self.index = index
        """Which operation."""
        self.status = status
        """404, 409 or 412."""


class CosmosContainer:
    """
    Point reads, conditional writes, batches and queries, with errors in our words and request units counted.

    Threads share it. `what` names the operation in counts and messages. Whatever else happens raises as in
    `cosmos_errors`. Texts are made storable: half surrogate pairs become `?`.
    """

    def __init__(self, container: ContainerProxy, *, partition_key: str, units: RequestUnits) -> None:
        self._container = container
        self._partition_key = partition_key
        self._units = units

    @_persistently
    def read(self, what: str, id: str, partition: str) -> Item | None:
        """Read an item, or None."""
        with translated(what):
            try:
                return dict(self._container.read_item(id, partition, **self._counted(what)))
            except CosmosResourceNotFoundError as error:
                _expect_container(error)
                return None

    @_persistently
    def read_many(self, what: str, keys: Sequence[tuple[str, str]]) -> list[Item]:
        """Items with these ids and partition keys, in any order, in one call; those that are not there are left out."""
        if not keys:
            return []
        with translated(what):
            return [dict(item) for item in self._container.read_items(list(keys), **self._counted(what))]

    def create(self, what: str, item: Mapping[str, Any]) -> bool:
        """Write a new item; False if there is one with this id, unless it is this one."""
        return self._written(lambda: self._create(what, item), what, item)

    def replace(self, what: str, item: Mapping[str, Any], *, etag: str) -> bool:
        """Write an item if it still is as it was read; False if somebody has changed or removed it."""
        return self._written(lambda: self._replace(what, item, etag), what, item)

    def _create(self, what: str, item: Mapping[str, Any]) -> bool:
        with translated(what):
            try:
                self._container.create_item(sendable(item, what), no_response=True, **self._counted(what))
            except CosmosResourceExistsError:
                return False
            return True

    def _replace(self, what: str, item: Mapping[str, Any], etag: str) -> bool:
        with translated(what):
            try:
                self._container.replace_item(
                    item["id"],
                    sendable(item, what),
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                    no_response=True,
                    **self._counted(what),
                )
            except (CosmosAccessConditionFailedError, CosmosResourceNotFoundError) as error:
                _expect_container(error)
                return False
            return True

    def _written(self, write: Callable[[], bool], what: str, item: Mapping[str, Any]) -> bool:
        """Try until there is an answer. Refused after a try without one: that try had worked if the item is ours."""
        for tried in range(1, TRIES + 1):
            try:
                return write() or (tried > 1 and self.holds(what, item))
            except Unreachable:
                if tried == TRIES:
                    raise
                _pause(tried)
        raise AssertionError  # the loop ends with a return or a raise

    def holds(self, what: str, item: Mapping[str, Any]) -> bool:
        """Say whether what is stored under an item's id is that item: then a write that was refused had worked."""
        stored = self.read(what, item["id"], item[self._partition_key]) or {}
        sent: Item = json.loads(json.dumps(sendable(item, what)))  # tuples come back as lists
        return {name: value for name, value in stored.items() if name in item} == sent

    @_persistently
    def upsert(self, what: str, item: Mapping[str, Any]) -> None:
        """Write an item, whatever was there."""
        with translated(what):
            self._container.upsert_item(sendable(item, what), no_response=True, **self._counted(what))

    @_persistently
    def delete(self, what: str, id: str, partition: str) -> bool:
        """Remove an item; False if there was none."""
        with translated(what):
            try:
                self._container.delete_item(id, partition, **self._counted(what))
            except CosmosResourceNotFoundError as error:
                _expect_container(error)
                return False
            return True

    def patch(self, what: str, id: str, partition: str, operations: Sequence[Item]) -> Item | None:
        """Change fields of an item in one atomic step; returns the item after it, or None if there is none."""
        with translated(what):
            try:
                return dict(self._container.patch_item(id, partition, list(operations), **self._counted(what)))
            except CosmosResourceNotFoundError as error:
                _expect_container(error)
                return None

    @_persistently
    def batch(self, what: str, operations: Sequence[Operation], partition: str) -> list[str]:
        """
        Carry out all operations or none; returns the etag after each ("" after a delete).

        At most 100, and 2 MB together: see `cosmos_items.batches`.

        Raises: Refused if one of them met 404, 409 or 412.
        """
        sent = [  # with conditions of its own: the SDK takes them out, and a repeat would have none
            (verb, tuple(sendable(x, what) if isinstance(x, dict) else x for x in values), {**conditions})
            for verb, values, conditions in operations
        ]
        with translated(what):
            try:
                results = self._container.execute_item_batch(sent, partition, **self._counted(what))
            except CosmosBatchOperationError as error:
                if error.status_code in {404, 409, 412}:
                    raise Refused(index=error.error_index or 0, status=error.status_code) from error
                raise
            return [str(result.get("eTag") or "") for result in results]

    @_persistently
    def query(
        self,
        what: str,
        text: str,
        values: Mapping[str, Any],
        *,
        partition: str | None = None,
        limit: int | None = None,
    ) -> list[Any]:
        """All rows, or the first `limit` of them, from one partition or (None) from all. `values` fill `@name`s."""
        with translated(what):
            rows = self._container.query_items(
                text,
                parameters=[{"name": f"@{name}", "value": value} for name, value in values.items()],
                max_item_count=limit,
                **({"enable_cross_partition_query": True} if partition is None else {"partition_key": partition}),
                **self._counted(what),
            )
            return list(islice(rows, limit))

    @_persistently
    def page(
        self, what: str, text: str, values: Mapping[str, Any], *, limit: int, after: str | None
    ) -> tuple[list[Any], str | None]:
        """
        At most `limit` rows from all partitions, after a continuation, and the next continuation (None after the end).

        Reads from any replica, for half the price: a write of the last moments may be missing.
        """
        seen: list[Mapping[str, str]] = [{}]

        def remember(headers: Mapping[str, str], _: Any) -> None:
            seen[0] = headers

        with translated(what):
            pages = self._container.query_items(
                text,
                parameters=[{"name": f"@{name}", "value": value} for name, value in values.items()],
                enable_cross_partition_query=True,
                max_item_count=limit,
                headers=_RELAXED,
                response_hook=remember,
                **self._counted(what),
            ).by_page(after)
            rows = list(next(pages, ()))
        # Not the pages' own continuation_token: the SDK takes that from the last response of any thread.
        return rows, seen[0].get("x-ms-continuation") or None

    @_persistently
    def feed_ranges(self, what: str) -> list[Item]:
        """The ranges that the change feed can be read in; opaque, JSON."""
        with translated(what):
            return [dict(found) for found in self._container.read_feed_ranges()]

    @_persistently
    def changes(
        self, what: str, *, limit: int, feed_range: Item | None = None, continuation: str | None = None
    ) -> tuple[list[Item], str]:
        """
        The next page of changed items of a range, and the continuation after it. Empty: nothing new.

        Raises: ValueError if the continuation is of another container.
        """
        place: dict[str, Any] = {"continuation": continuation}
        if continuation is None:
            place = {"feed_range": feed_range, "start_time": "Beginning"}
        seen: list[Mapping[str, str]] = [{}]

        def remember(headers: Mapping[str, str], _: Any) -> None:
            seen[0] = headers

        with translated(what):
            pages = self._container.query_items_change_feed(
                **place, max_item_count=limit, response_hook=remember, **self._counted(what)
            ).by_page()
            items = [dict(item) for item in next(pages, ())]
        # The SDK has put its own continuation, which outlives splits of the range, in place of the service's.
        return items, seen[0].get("etag") or continuation or ""

    def _counted(self, what: str) -> dict[str, Any]:
        return {"raw_response_hook": self._units.hook(what)}


def _expect_container(error: Any) -> None:
    """A missing item is an answer; a missing container is not."""
    if getattr(error, "sub_status", None) == _NO_CONTAINER:
        raise error
