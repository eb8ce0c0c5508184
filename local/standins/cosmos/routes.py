"""
The wire of Cosmos DB for NoSQL, as azure-cosmos 4.17.1 speaks it, for what Plumbline needs of it.

    GET /                                   the account
    GET POST /dbs                           list and create databases
    GET DELETE /dbs/D                       a database
    GET POST /dbs/D/colls                   list and create containers
    GET PUT DELETE /dbs/D/colls/C           a container
    GET /dbs/D/colls/C/pkranges             its only partition key range
    GET POST /dbs/D/colls/C/docs            items, the change feed; create, upsert, batch, query, query plan
    GET PUT PATCH DELETE /dbs/D/colls/C/docs/I

D, C and I are ids, or `_rid`s as in `_self` links. A request with a bearer token may not create, replace or delete
databases and containers (403, sub-status 5300), because in Azure no data-plane role can: they are made by

    PUT /standins/cosmos    {"database": D, "containers": [{"id", "partition_key", "default_ttl"?, "indexing_policy"?}],
                             "consistency"?: "Strong", "tokens_make_containers"?: false}

as Bicep makes them in Azure; what is there stays, with the time to live and the indexing policy given. `GET
/standins/cosmos` lists them. Anything else of the service (stored procedures, triggers, users, offers, unique keys,
vector and full-text search, all versions of the change feed, several regions or ranges) is not here, and is refused.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.standins.cosmos import documents
from local.standins.cosmos.answers import account_json, answer, container_json, database_json, range_json, refused
from local.standins.cosmos.call import Call
from local.standins.cosmos.errors import NOT_AUTHORIZED, CosmosError, bad_request
from local.standins.cosmos.state import Consistency, ContainerSpec, CosmosState
from local.standins.identity import bearer_token

_Work = Callable[[Call], Response]


class Setup(BaseModel):
    """The body of `PUT /standins/cosmos`."""

    model_config = ConfigDict(extra="forbid")

    database: str
    containers: list[ContainerSpec] = Field(default_factory=list)
    consistency: Consistency | None = None
    tokens_make_containers: bool | None = None


def routes(state: CosmosState) -> list[Route]:
    """All routes; the account's is `/`, so put them last."""
    container = "/dbs/{database}/colls/{container}"

    def route(path: str, **methods: _Work) -> list[Route]:
        names = [path, f"{path}/"] if path != "/" else [path]  # the client ends `_self` links with a slash
        return [
            Route(name, _endpoint(state, work), methods=[method]) for name in names for method, work in methods.items()
        ]

    return [
        *_setup_routes(state),
        *route("/", GET=_account),
        *route("/dbs", GET=_databases, POST=_create_database),
        *route("/dbs/{database}", GET=_database, DELETE=_delete_database),
        *route("/dbs/{database}/colls", GET=_containers, POST=_create_container),
        *route(container, GET=_container, PUT=_replace_container, DELETE=_delete_container),
        *route(f"{container}/pkranges", GET=_ranges),
        *route(f"{container}/docs", GET=documents.feed, POST=documents.post),
        *route(
            container + "/docs/{item}",
            GET=documents.read,
            PUT=documents.replace,
            PATCH=documents.patch,
            DELETE=documents.delete,
        ),
        *route("/offers", GET=_no_offers, POST=_no_offers),
    ]


def _endpoint(state: CosmosState, work: _Work) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        call = Call(state, request, await request.body())
        try:
            return await run_in_threadpool(work, call)
        except CosmosError as error:
            return refused(request, error)

    return endpoint


def _setup_routes(state: CosmosState) -> list[Route]:
    def show() -> JSONResponse:
        listed = [
            {"database": name, "containers": [c.definition for c in state.storage.containers(number)]}
            for number, name, _ in state.storage.databases()
        ]
        return JSONResponse(
            {
                "consistency": state.consistency,
                "tokens_make_containers": state.tokens_make_containers,
                "databases": listed,
            }
        )

    def put(body: bytes) -> JSONResponse:
        try:
            setup = Setup.model_validate_json(body)
            state.ensure(setup.database, setup.containers)
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_url=False, include_input=False)}, 400)
        except CosmosError as error:
            return JSONResponse({"errors": [{"msg": error.message}]}, 400)
        if setup.consistency:
            state.set_consistency(setup.consistency)
        if setup.tokens_make_containers is not None:
            state.tokens_make_containers = setup.tokens_make_containers
        return show()

    async def put_endpoint(request: Request) -> JSONResponse:
        return await run_in_threadpool(put, await request.body())

    async def show_endpoint(_: Request) -> JSONResponse:
        return await run_in_threadpool(show)

    path = "/standins/cosmos"
    return [Route(path, show_endpoint, methods=["GET"]), Route(path, put_endpoint, methods=["PUT"])]


def _account(call: Call) -> Response:
    url = call.request.url
    return answer(call.request, 200, account_json(f"{url.scheme}://{url.netloc}/", call.state.consistency), charge=0)


def _databases(call: Call) -> Response:
    found = [database_json(*row) for row in call.state.storage.databases()]
    return answer(call.request, 200, {"_rid": "", "Databases": found, "_count": len(found)}, charge=2)


def _create_database(call: Call) -> Response:
    if call.flag("x-ms-documentdb-isquery"):
        raise bad_request("The stand-in does not query databases; it lists them.")
    _check_may_make(call, "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/write")
    body = call.json_object()
    call.state.create_database(body.get("id", ""))
    return answer(call.request, 201, database_json(*call.state.database(body["id"])), charge=5)


def _database(call: Call) -> Response:
    return answer(call.request, 200, database_json(*call.state.database(call.part("database"))), charge=2)


def _delete_database(call: Call) -> Response:
    _check_may_make(call, "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/delete")
    call.state.delete_database(call.part("database"))
    return answer(call.request, 204, charge=5)


def _containers(call: Call) -> Response:
    number, *_ = call.state.database(call.part("database"))
    found = [container_json(container) for container in call.state.storage.containers(number)]
    return answer(call.request, 200, {"_rid": "", "DocumentCollections": found, "_count": len(found)}, charge=2)


def _create_container(call: Call) -> Response:
    if call.flag("x-ms-documentdb-isquery"):
        raise bad_request("The stand-in does not query containers; it lists them.")
    _check_may_make(call, "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/write")
    made = call.state.create_container(call.part("database"), call.json_object())
    return answer(call.request, 201, container_json(made), charge=5)


def _container(call: Call) -> Response:
    found = call.state.container(call.part("database"), call.part("container"))
    return answer(call.request, 200, container_json(found), container=found)


def _replace_container(call: Call) -> Response:
    _check_may_make(call, "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/write")
    found = call.state.container(call.part("database"), call.part("container"))
    return answer(call.request, 200, container_json(call.state.replace_container(found, call.json_object())), charge=5)


def _delete_container(call: Call) -> Response:
    _check_may_make(call, "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/delete")
    call.state.delete_container(call.state.container(call.part("database"), call.part("container")))
    return answer(call.request, 204, charge=5)


def _ranges(call: Call) -> Response:
    """A feed of ranges: the client reads until 304 says that there is nothing after the etag it got."""
    container = call.container()
    only = range_json(container)
    etag = json.dumps(only["_lsn"])
    headers = {"etag": f'"{etag}"'}
    if call.header("if-none-match") == headers["etag"]:
        return answer(call.request, 304, headers=headers)
    body: dict[str, Any] = {"_rid": container.rid, "PartitionKeyRanges": [only], "_count": 1}
    return answer(call.request, 200, body, headers=headers)


def _no_offers(_: Call) -> Response:
    raise bad_request("Reading or replacing offers is not supported for serverless accounts.")


def _check_may_make(call: Call, action: str) -> None:
    if bearer_token(call.request) and not call.state.tokens_make_containers:
        raise CosmosError(
            403,
            f"Request is blocked because the principal does not have required RBAC permissions to perform {action}: no "
            "data-plane role has it. Make databases and containers with Bicep; here with PUT /standins/cosmos.",
            sub_status=NOT_AUTHORIZED,
        )
