"""Answers: status, headers and JSON as Cosmos DB writes them."""

import json
import urllib.parse
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from local.standins.cosmos import rids
from local.standins.cosmos.errors import CODES, CosmosError
from local.standins.cosmos.storage import Container
from local.standins.cosmos.values import dump

RANGE = "0"
"""The id of the only partition key range of a container."""


def answer(
    request: Request,
    status: int,
    body: Any = None,
    *,
    charge: float = 1.0,
    container: Container | None = None,
    lsn: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """
    body: JSON, or text that already is JSON; None sends no body.

    container: the one that was asked; its session token goes with the answer, at *lsn* or where the container stood.
    """
    sent = {
        "x-ms-activity-id": request.headers.get("x-ms-activity-id") or str(uuid.uuid4()),
        "x-ms-request-charge": f"{charge:g}",
        "x-ms-serviceversion": "version=plumbline-stand-in",
    }
    if container:
        at = container.lsn if lsn is None else lsn
        sent["x-ms-session-token"] = f"{RANGE}:-1#{at}"
        sent["x-ms-documentdb-partitionkeyrangeid"] = RANGE
        sent["lsn"] = str(at)
        sent["x-ms-alt-content-path"] = urllib.parse.quote(f"dbs/{container.database_id}/colls/{container.id}")
    sent.update(headers or {})
    content = None if body is None else body if isinstance(body, str) else dump(body)
    return Response(content, status, headers=sent, media_type=None if content is None else "application/json")


def refused(request: Request, error: CosmosError) -> Response:
    headers = {} if error.sub_status is None else {"x-ms-substatus": str(error.sub_status)}
    activity = request.headers.get("x-ms-activity-id", "")
    body = {
        "code": CODES.get(error.status, "BadRequest"),
        "message": f"{error.message}\r\nActivityId: {activity}, plumbline stand-in",
        **error.more,
    }
    return answer(request, error.status, body, headers=headers)


def items_page(
    request: Request, container: Container, texts: list[str], *, charge: float, headers: Mapping[str, str]
) -> Response:
    """A page of items. texts: the JSON of each."""
    body = f'{{"_rid":{json.dumps(container.rid)},"Documents":[{",".join(texts)}],"_count":{len(texts)}}}'
    count = {"x-ms-item-count": str(len(texts))}
    return answer(request, 200, body, charge=charge, container=container, headers={**count, **headers})


def account_json(url: str, consistency: str) -> dict[str, Any]:
    """What `GET /` says; its only region is where the request came to."""
    region = [{"name": "Loopback", "databaseAccountEndpoint": url}]
    return {
        "_self": "",
        "id": "plumbline-stand-in",
        "_rid": "plumbline-stand-in",
        "media": "//media/",
        "addresses": "//addresses/",
        "_dbs": "//dbs/",
        "writableLocations": region,
        "readableLocations": region,
        "enableMultipleWriteLocations": False,
        "continuousBackupEnabled": False,
        "enablePerPartitionFailoverBehavior": False,
        "userReplicationPolicy": {"asyncReplication": False, "minReplicaSetSize": 3, "maxReplicasetSize": 4},
        "userConsistencyPolicy": {"defaultConsistencyLevel": consistency},
        "systemReplicationPolicy": {"minReplicaSetSize": 3, "maxReplicasetSize": 4},
        "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
        "queryEngineConfiguration": "{}",
    }


def database_json(number: int, id_: str, ts: int) -> dict[str, Any]:
    rid = rids.database_rid(number)
    return {
        "id": id_,
        "_rid": rid,
        "_self": f"dbs/{rid}/",
        "_etag": f'"{number:08x}-0000-0000-0000-{ts:08x}0000"',
        "_colls": "colls/",
        "_users": "users/",
        "_ts": ts,
    }


def container_json(container: Container) -> dict[str, Any]:
    return {
        **container.definition,
        "_rid": container.rid,
        "_self": f"dbs/{rids.database_rid(container.database)}/colls/{container.rid}/",
        "_etag": f'"{container.number:08x}-0000-0000-0000-{container.ts:08x}0000"',
        "_docs": "docs/",
        "_sprocs": "sprocs/",
        "_triggers": "triggers/",
        "_udfs": "udfs/",
        "_conflicts": "conflicts/",
        "_ts": container.ts,
    }


def range_json(container: Container) -> dict[str, Any]:
    """The partition key range "0": a container has one only."""
    rid = rids.range_rid(container.rid)
    return {
        "_rid": rid,
        "id": RANGE,
        "_etag": f'"{container.number:08x}-0000-0000-0000-{container.ts:08x}0000"',
        "minInclusive": "",
        "maxExclusive": "FF",
        "ridPrefix": 0,
        "_self": f"dbs/{rids.database_rid(container.database)}/colls/{container.rid}/pkranges/{rid}/",
        "throughputFraction": 1,
        "status": "online",
        "parents": [],
        "_ts": container.ts,
        "_lsn": 1,
    }
