"""Errors of azure-storage-queue, as ours: one table by class, and one by status for what the service answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from azure.core import exceptions as core

from lib.errors import BadInput, NotFound, Permanent, PlumblineError, Throttled, Unreachable

ROLE = "Storage Queue Data Contributor"
RETRY_AFTER_S = 10.0
"""When the service does not say how long to wait; it hardly ever does."""

Make = Callable[[str, Exception], PlumblineError]


def _away(what: str, error: Exception) -> PlumblineError:
    return Unreachable(f"{what}: Queue Storage did not answer as it should ({_detail(error)}): it is tried again")


def _throttled(what: str, error: Exception) -> PlumblineError:
    return Throttled(f"{what}: Queue Storage is busy ({_detail(error)})", retry_after_s=_retry_after_s(error))


def _bad_input(what: str, error: Exception) -> PlumblineError:
    return BadInput(f"{what}: Queue Storage refused the request ({_detail(error)})")


def _not_found(what: str, error: Exception) -> PlumblineError:
    return NotFound(f"{what}: Queue Storage has no such account or queue ({_detail(error)}): deploy infra/ first")


def _refused(what: str, error: Exception) -> PlumblineError:
    return Permanent(
        f"{what}: Queue Storage refused this identity ({_detail(error)}): give it the role {ROLE!r} on the account"
    )


def _no_identity(what: str, error: Exception) -> PlumblineError:
    if status_of(error):
        return _refused(what, error)
    return Unreachable(f"{what}: no token could be fetched for Queue Storage: has this process a managed identity?")


def _mistake(what: str, error: Exception) -> PlumblineError:
    return Permanent(f"{what}: the client of Queue Storage was used wrongly ({_detail(error)})")


def _by_status(what: str, error: Exception) -> PlumblineError:
    status = status_of(error)
    return STATUSES.get(status, _bad_input if 400 <= status < 500 else _away)(what, error)


CLASSES: dict[type[Exception], Make] = {
    core.ServiceRequestError: _away,
    core.ServiceResponseError: _away,
    core.DecodeError: _away,
    core.DeserializationError: _away,
    core.TooManyRedirectsError: _away,
    core.ClientAuthenticationError: _no_identity,
    core.StreamConsumedError: _mistake,
    core.StreamClosedError: _mistake,
    core.ResponseNotReadError: _mistake,
    core.SerializationError: _mistake,
    core.HttpResponseError: _by_status,
}
"""What the SDK raises; the nearest class in a row of ancestors counts."""

STATUSES: dict[int, Make] = {
    401: _refused,
    403: _refused,
    404: _not_found,
    408: _away,
    409: _away,  # the queue is being deleted, for half a minute
    429: _throttled,
    503: _throttled,  # ServerBusy: more than 2,000 messages a second for a queue, or 20,000 for the account
}
"""What the service answered. Others: below 500 is BadInput, the rest Unreachable."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise our errors for those of the SDK; `what` names the operation in messages, for example `queue 'features'`."""
    try:
        yield
    except (core.AzureError, core.SerializationError, core.DeserializationError) as error:
        raise ours(error, what) from error


def ours(error: Exception, what: str) -> PlumblineError:
    """Our error for one of the SDK's. Raises: KeyError for a class that nobody has mapped."""
    kind = next(ancestor for ancestor in type(error).__mro__ if ancestor in CLASSES or ancestor is Exception)
    return CLASSES[kind](what, error)


def status_of(error: Exception) -> int:
    """The HTTP status that the service answered; 0 if it did not answer."""
    return int(getattr(error, "status_code", None) or 0)


def code_of(error: Exception) -> str:
    """The service's own word for what is wrong, such as `QueueNotFound`; empty if it gave none."""
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


def _retry_after_s(error: Exception) -> float:
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers["Retry-After"])) if response is not None else RETRY_AFTER_S
    except (KeyError, ValueError):
        return RETRY_AFTER_S


def _detail(error: Exception) -> str:
    """The status and the service's word for it, never its message, which may quote what was sent."""
    status = status_of(error)
    return f"{status} {code_of(error)}".strip() if status else type(error).__name__
