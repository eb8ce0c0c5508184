"""What the stand-in of Cosmos DB keeps, and how its databases and containers are made."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from local.standins.cosmos import partition_keys, rids
from local.standins.cosmos.errors import CosmosError, bad_request, owner_not_found
from local.standins.cosmos.stale import Shadows
from local.standins.cosmos.storage import Container, Storage
from local.standins.cosmos.values import dump
from local.standins.faults import Faults

Consistency = Literal["Strong", "BoundedStaleness", "Session", "ConsistentPrefix", "Eventual"]
DEFAULT_INDEXING = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}
KNOWN = {"id", "partitionKey", "defaultTtl", "indexingPolicy", "conflictResolutionPolicy", "geospatialConfig"}
_NAME = re.compile(r"[^/\\?#\t\r\n]{1,255}")


class ContainerSpec(BaseModel):
    """A container that shall be there, as Bicep would make it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    partition_key: str | list[str]
    """One path as `/document_id`, or the levels of a hierarchical key."""
    default_ttl: int | None = Field(default=None)
    """Seconds; -1: items decide; None: nothing expires."""
    indexing_policy: dict[str, Any] | None = None


class CosmosState:
    """
    Databases, containers and items in one SQLite file below *folder*. Safe to use from several threads.

    Consistency is the account's default, Strong unless set otherwise. With `tokens_make_containers` off, which is how
    Azure is (no data-plane role may do it), a request with a bearer token cannot create, replace or delete databases
    and containers; `ensure` or `PUT /standins/cosmos` make them, as Bicep does there.
    """

    def __init__(
        self,
        folder: Path,
        faults: Faults,
        *,
        tokens_make_containers: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.storage = Storage(folder)
        self.faults = faults
        self.shadows = Shadows(faults)
        self.tokens_make_containers = tokens_make_containers
        self.clock = clock
        """Seconds of the epoch: `_ts`, time to live and the start time of a change feed come from it."""

    @property
    def consistency(self) -> str:
        return self.storage.setting("consistency", "Strong")

    def set_consistency(self, level: Consistency) -> None:
        """Change the account's default level; clients see it when they connect."""
        self.storage.set_setting("consistency", level)

    def ensure(self, database: str, containers: Sequence[ContainerSpec]) -> None:
        """
        Make a database and containers that are missing; others get the time to live and the indexing policy given here.

        Raises: CosmosError 400 if a definition is not valid, or an existing container has another partition key.
        """
        try:
            self.create_database(database)
        except CosmosError as error:
            if error.status != 409:
                raise
        for wanted in containers:
            paths = [wanted.partition_key] if isinstance(wanted.partition_key, str) else wanted.partition_key
            body: dict[str, Any] = {
                "id": wanted.id,
                "partitionKey": {"paths": paths, "kind": "Hash" if len(paths) == 1 else "MultiHash", "version": 2},
            }
            if wanted.default_ttl is not None:
                body["defaultTtl"] = wanted.default_ttl
            if wanted.indexing_policy is not None:
                body["indexingPolicy"] = wanted.indexing_policy
            try:
                self.create_container(database, body)
            except CosmosError as error:
                if error.status != 409:
                    raise
                self.replace_container(self.container(database, wanted.id), body)

    def create_database(self, id_: str) -> int:
        """Its number. Raises: CosmosError 409 if it is there."""
        _check_name(id_)
        with self.storage.write() as connection:
            if connection.execute("SELECT 1 FROM databases WHERE id = ?", (id_,)).fetchone():
                raise _exists()
            query = "INSERT INTO databases (id, ts) VALUES (?, ?) RETURNING number"
            return int(connection.execute(query, (id_, int(self.clock()))).fetchone()[0])

    def database(self, name: str) -> tuple[int, str, int]:
        """Number, id and time of a database, by id or rid. Raises: CosmosError 404."""
        number = rids.database_number(name)
        found = self.storage.databases()
        for row in [row for row in found if row[1] == name] or [row for row in found if row[0] == number]:
            return row
        raise CosmosError(404, "Resource Not Found")

    def container(self, database: str, name: str) -> Container:
        """A container, by ids or rids. Raises: CosmosError 404; sub-status 1003 if the database is missing."""
        try:
            number, *_ = self.database(database)
        except CosmosError as error:
            raise owner_not_found(f"database {database!r}") from error
        wanted = rids.container_number(name)
        found = self.storage.containers(number)
        for container in [c for c in found if c.id == name] or [c for c in found if c.number == wanted]:
            return container
        raise CosmosError(404, "Resource Not Found")

    def create_container(self, database: str, body: Mapping[str, Any]) -> Container:
        """Raises: CosmosError 400 if the definition is not valid or holds what is not known here, 409 if it exists."""
        number, *_ = self.database(database)
        definition = _definition(body)
        with self.storage.write() as connection:
            query = "SELECT 1 FROM containers WHERE database = ? AND id = ?"
            if connection.execute(query, (number, definition["id"])).fetchone():
                raise _exists()
            connection.execute(
                "INSERT INTO containers (database, id, definition, ts) VALUES (?, ?, ?, ?)",
                (number, definition["id"], dump(definition), int(self.clock())),
            )
        return self.container(database, definition["id"])

    def replace_container(self, container: Container, body: Mapping[str, Any]) -> Container:
        """Change time to live and indexing policy. Raises: CosmosError 400 if the id or the partition key differs."""
        definition = _definition({"partitionKey": container.definition["partitionKey"], **body})
        if any(definition[name] != container.definition[name] for name in ("id", "partitionKey")):
            raise bad_request("The id and the partition key of a container cannot be changed.")
        with self.storage.write() as connection:
            connection.execute(
                "UPDATE containers SET definition = ?, ts = ? WHERE number = ?",
                (dump(definition), int(self.clock()), container.number),
            )
        return self.container(container.database_id, container.id)

    def delete_container(self, container: Container) -> None:
        """Delete a container with its items."""
        with self.storage.write() as connection:
            connection.execute("DELETE FROM containers WHERE number = ?", (container.number,))

    def delete_database(self, name: str) -> None:
        """Delete a database with its containers. Raises: CosmosError 404."""
        number, *_ = self.database(name)
        with self.storage.write() as connection:
            connection.execute("DELETE FROM databases WHERE number = ?", (number,))


def _definition(body: Mapping[str, Any]) -> dict[str, Any]:
    """A container's definition as it is kept. What the stand-in could not keep its word on is refused."""
    unknown = {name for name, value in body.items() if name not in KNOWN and not name.startswith("_") and value}
    if unknown:
        raise bad_request(f"The stand-in does not know these parts of a container: {sorted(unknown)}.")
    _check_name(body.get("id"))
    ttl = body.get("defaultTtl")
    if ttl is not None and (not isinstance(ttl, int) or isinstance(ttl, bool) or (ttl != -1 and ttl < 1)):
        raise bad_request("The input ttl is invalid. Ensure to provide -1 or a positive integer.")
    kept = {name: value for name, value in body.items() if name in KNOWN and value is not None}
    key = partition_keys.definition(body.get("partitionKey"))
    return {"indexingPolicy": DEFAULT_INDEXING, **kept, "partitionKey": key}


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.endswith(" "):
        raise bad_request("The id of a resource has 1 to 255 characters, none of / \\ ? # and no space at its end.")


def _exists() -> CosmosError:
    return CosmosError(409, "Resource with specified id or name already exists.")
