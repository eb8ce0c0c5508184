"""Errors of azure-cosmos, in the words of lib/errors.py."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from azure.core import exceptions as core
from azure.cosmos import exceptions as cosmos

from lib.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    Permanent,
    PlumblineError,
    StorageFull,
    Throttled,
    Unreachable,
)

RETRY_AFTER_S = 1.0
"""When a throttled answer does not say how long to wait."""

_LOGICAL_PARTITION_FULL = 1014
_SESSION_NOT_THERE_YET = 1002
_FORBIDDEN_FOR_A_MOMENT = (3, 1008)
"""Writes moved to another region; the account's address is not known yet."""


def _forbidden(what: str, error: core.HttpResponseError) -> PlumblineError:
    sub_status = _sub_status(error)
    if sub_status == _LOGICAL_PARTITION_FULL:
        return StorageFull(f"{what}: a partition of Cosmos DB is full (20 GB)")
    if sub_status in _FORBIDDEN_FOR_A_MOMENT:
        return Unreachable(f"{what}: Cosmos DB does not take requests here for a moment (403, {sub_status})")
    return Forbidden(
        f"{what}: Cosmos DB refused this identity (403): assign it the data role"
        " 'Cosmos DB Built-in Data Contributor' on the account (roles of the resource group give no access to data)"
    )


def _unauthorised(what: str, _: core.HttpResponseError) -> PlumblineError:
    return Forbidden(f"{what}: Cosmos DB does not accept the token (401): is it an identity of the account's tenant?")


def _missing(what: str, error: core.HttpResponseError) -> PlumblineError:
    if _sub_status(error) == _SESSION_NOT_THERE_YET:
        return Unreachable(f"{what}: a replica of Cosmos DB is behind (404, {_SESSION_NOT_THERE_YET})")
    return NotFound(f"{what}: Cosmos DB has no such database, container or item: deploy infra/ first")


def _throttled(what: str, error: core.HttpResponseError) -> PlumblineError:
    wait = _headers(error).get("x-ms-retry-after-ms", "")
    retry_after_s = float(wait) / 1_000 if wait.replace(".", "", 1).isdecimal() else RETRY_AFTER_S
    return Throttled(f"{what}: Cosmos DB asks for {retry_after_s:g} s of patience (429)", retry_after_s=retry_after_s)


def _as(kind: type[PlumblineError], why: str) -> Callable[[str, core.HttpResponseError], PlumblineError]:
    return lambda what, error: kind(f"{what}: {why} ({_status(error)}, {_sub_status(error)})")


_away = _as(Unreachable, "Cosmos DB did not answer in time or has trouble")

BY_STATUS: dict[int, Callable[[str, core.HttpResponseError], PlumblineError]] = {
    400: _as(Permanent, "Cosmos DB does not understand the request"),
    401: _unauthorised,
    403: _forbidden,
    404: _missing,
    408: _away,
    409: _as(Conflict, "there is such an item already"),
    410: _away,
    412: _as(Conflict, "somebody else wrote the item first: read it again"),
    413: _as(BadInput, "the item is larger than Cosmos DB takes (2 MB)"),
    429: _throttled,
    449: _away,
}
"""What a status means where no adapter has decided about it. Any other below 500 is Permanent, the rest Unreachable."""


def _by_status(what: str, error: core.AzureError) -> PlumblineError:
    assert isinstance(error, core.HttpResponseError)
    status = _status(error)
    unknown = _away if status >= 500 or not status else _as(Permanent, "Cosmos DB refused the request")
    return BY_STATUS.get(status, unknown)(what, error)


def _no_answer(what: str, error: core.AzureError) -> PlumblineError:
    return Unreachable(f"{what}: no whole answer from Cosmos DB ({type(error).__name__})")


def _no_token(what: str, _: core.AzureError) -> PlumblineError:
    return Unreachable(f"{what}: no token for Cosmos DB: is the managed identity there, and its endpoint up?")


BY_CLASS: dict[type[core.AzureError], Callable[[str, core.AzureError], PlumblineError]] = {
    cosmos.CosmosClientTimeoutError: _no_answer,
    core.ServiceRequestError: _no_answer,
    core.ServiceResponseError: _no_answer,
    core.StreamConsumedError: _no_answer,
    core.StreamClosedError: _no_answer,
    core.ResponseNotReadError: _no_answer,
    core.DecodeError: _no_answer,
    core.ClientAuthenticationError: _no_token,
    core.HttpResponseError: _by_status,
}
"""What the SDK raises, most specific first; a subclass goes with its nearest ancestor."""


def translate(error: core.AzureError, what: str) -> PlumblineError:
    """Say in our words what went wrong with the operation `what`. Raises: KeyError for a class nobody has mapped."""
    kind = next(ancestor for ancestor in type(error).__mro__ if ancestor in BY_CLASS or ancestor is core.AzureError)
    return BY_CLASS[kind](what, error)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise errors of the SDK as ours; `what` names the operation in messages, never an id or a text."""
    try:
        yield
    except core.AzureError as error:
        raise translate(error, what) from error


def _headers(error: core.HttpResponseError) -> Mapping[str, str]:
    own: Mapping[str, str] | None = getattr(error, "headers", None)
    return own or getattr(error.response, "headers", {})


def _status(error: core.HttpResponseError) -> int:
    return int(error.status_code or 0)


def _sub_status(error: core.HttpResponseError) -> int:
    own = getattr(error, "sub_status", None)
    found = own if own is not None else _headers(error).get("x-ms-substatus", 0)
    return int(found) if str(found).isdecimal() else 0
