"""Errors of azure-search-documents, as ours: one table by class, and one by status for what the service answers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    DeserializationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
    ResponseNotReadError,
    SerializationError,
    ServiceRequestError,
    ServiceResponseError,
    StreamClosedError,
    StreamConsumedError,
    TooManyRedirectsError,
)

from lib.errors import (
    BadInput,
    Conflict,
    NotFound,
    Permanent,
    PlumblineError,
    StorageFull,
    Throttled,
    Transient,
    Unreachable,
)

WRITER = "Search Index Data Contributor"
READER = "Search Index Data Reader"
OWNER = "Search Service Contributor"
INIT = "python3 dev.py azure init"
RETRY_AFTER_S = 10.0
"""When the service does not say how long to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """What went wrong, in words that are safe to show: never the service's own message, which may quote a text."""

    what: str
    role: str
    detail: str
    status: int = 0
    is_quota: bool = False
    retry_after_s: float = RETRY_AFTER_S


def _throttled(f: _Failure) -> PlumblineError:
    return Throttled(f"{f.what}: AI Search asks us to slow down ({f.detail})", retry_after_s=f.retry_after_s)


def _unreachable(f: _Failure) -> PlumblineError:
    return Unreachable(f"{f.what}: AI Search did not answer as it should ({f.detail}): is SEARCH_ENDPOINT right?")


def _busy(f: _Failure) -> PlumblineError:
    return Unreachable(f"{f.what}: AI Search is busy with it ({f.detail}): try again")


def _not_found(f: _Failure) -> PlumblineError:
    return NotFound(f"{f.what} is not there: ensure it first, or make it with `{INIT}`")


def _bad_input(f: _Failure) -> PlumblineError:
    return BadInput(f"{f.what}: AI Search refused the request ({f.detail})")


def _too_large(f: _Failure) -> PlumblineError:
    return BadInput(f"{f.what}: the request is larger than AI Search takes ({f.detail})")


def _conflict(f: _Failure) -> PlumblineError:
    return Conflict(f"{f.what} was changed by somebody else: read it again")


def _refused(f: _Failure) -> PlumblineError:
    if f.is_quota:
        return StorageFull(f"{f.what}: AI Search has no room left: delete indexes, or take more units or a larger tier")
    return Permanent(
        f"{f.what}: AI Search refused this identity ({f.detail}): give it the role {f.role!r} on the search service and"
        f" let the service accept role-based access; an operator can make what is missing with `{INIT}`"
    )


def _no_identity(f: _Failure) -> PlumblineError:
    if f.status:
        return _refused(f)
    return Unreachable(f"{f.what}: no token could be fetched for AI Search: has this process a managed identity?")


def _mistake(f: _Failure) -> PlumblineError:
    return Permanent(f"{f.what}: the client of AI Search was used wrongly ({f.detail})")


Make = Callable[[_Failure], PlumblineError]

CLASSES: dict[type[Exception], Make] = {
    ServiceRequestError: _unreachable,
    ServiceResponseError: _unreachable,
    DecodeError: _unreachable,
    TooManyRedirectsError: _unreachable,
    ClientAuthenticationError: _no_identity,
    ResourceNotFoundError: _not_found,
    ResourceExistsError: _busy,
    ResourceModifiedError: _conflict,
    ResourceNotModifiedError: _conflict,
    StreamConsumedError: _mistake,
    StreamClosedError: _mistake,
    ResponseNotReadError: _mistake,
    SerializationError: _mistake,
    DeserializationError: _unreachable,
}
"""Errors whose class says it all; the nearest class in a row of ancestors counts."""

STATUSES: dict[int, Make] = {
    400: _bad_input,
    401: _refused,
    403: _refused,
    404: _not_found,
    408: _unreachable,
    409: _busy,
    412: _conflict,
    413: _too_large,
    422: _busy,
    429: _throttled,
    503: _throttled,  # so says the service when it is under heavy load
}
"""What the service answered. Others: 5xx is Unreachable, the rest BadInput."""


@contextmanager
def translated(what: str, *, role: str = READER) -> Iterator[None]:
    """
    Raise our errors for those of the SDK, by the tables above.

    what: what was asked for, for example `index 'chunks-fs1'`; never a text or a question. role: what may be missing.
    """
    try:
        yield
    except (AzureError, SerializationError, DeserializationError) as error:
        raise ours(error, what=what, role=role) from error


def ours(error: Exception, *, what: str, role: str) -> PlumblineError:
    """Our error for one of the SDK's."""
    failure = _Failure(
        what=what,
        role=role,
        detail=_detail(error),
        status=getattr(error, "status_code", None) or 0,
        is_quota="quota" in str(getattr(error, "message", "")).lower(),
        retry_after_s=retry_after_s(error),
    )
    for ancestor in type(error).__mro__:
        if ancestor in CLASSES:
            return CLASSES[ancestor](failure)
        if ancestor is HttpResponseError:
            return _by_status(failure)
    return _mistake(failure)


def failed_documents(statuses: Mapping[str, int], *, what: str) -> PlumblineError:
    """Our error for documents of a batch that failed, status by key: what cannot work comes before what may."""
    found = {
        key: _by_status(_Failure(what=f"{what}, chunk {key!r}", role=WRITER, detail=f"status {status}", status=status))
        for key, status in statuses.items()
    }
    return min(found.values(), key=lambda error: isinstance(error, Transient))


def _by_status(failure: _Failure) -> PlumblineError:
    make = STATUSES.get(failure.status)
    if make is None:
        make = _bad_input if 400 <= failure.status < 500 else _unreachable
    return make(failure)


def retry_after_s(error: Exception) -> float:
    """How long the service asks us to wait; RETRY_AFTER_S if it does not say."""
    response = getattr(error, "response", None)
    headers = response.headers if response is not None else {}
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("Retry-After", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return RETRY_AFTER_S


def _detail(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    code = getattr(getattr(error, "error", None), "code", None) or ""
    return f"status {status} {code}".strip() if status else type(error).__name__
