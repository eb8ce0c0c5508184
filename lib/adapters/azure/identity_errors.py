"""Errors of azure-identity, as ours."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azure.identity import CredentialUnavailableError

from lib.errors import Permanent, PlumblineError, Unreachable

_TOKEN_ERROR = re.compile(r"Token request error: \(\w*\) (\d{3}|None)\b")
"""How the SDK reports what the managed identity's endpoint answered, with the status that its body names."""

Maker = Callable[[AzureError], PlumblineError]


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors for theirs: Permanent with the fix, or Unreachable if the source of tokens fails for now."""
    try:
        yield
    except AzureError as error:
        raise maker_of(type(error))(error) from error


def maker_of(kind: type[AzureError]) -> Maker:
    """The entry of the table for a class, or for the nearest of its bases."""
    return next((TABLE[base] for base in kind.__mro__ if base in TABLE), _unknown)


def _unavailable(error: AzureError) -> PlumblineError:
    answered = _TOKEN_ERROR.search(str(error))
    if answered and (answered[1] in {"None", "429"} or answered[1].startswith("5")):
        return Unreachable("the endpoint of the managed identity gave no token: it is busy, try again")
    return Permanent(
        "there is no identity to get a token with: on a computer sign in with `az login` (or `azd auth login`); in "
        "Azure turn on the app's managed identity, and set AZURE_CLIENT_ID if it is a user-assigned one"
    )


def _not_authenticated(error: AzureError) -> PlumblineError:
    if "CredentialUnavailable" in type(error).__name__ or "failed to retrieve a token from the included" in str(error):
        return _unavailable(error)
    return Permanent(
        "the identity got no token: check that it belongs to the tenant of the service, sign in to that one (`az login "
        "--tenant TENANT`), and check its role on the service"
    )


def _silent(error: AzureError) -> PlumblineError:
    return Unreachable(f"the source of tokens does not answer ({type(error).__name__})")


def _unknown(error: AzureError) -> PlumblineError:
    return Permanent(f"the identity cannot be used ({type(error).__name__})")


TABLE: dict[type[AzureError], Maker] = {
    CredentialUnavailableError: _unavailable,
    ClientAuthenticationError: _not_authenticated,
    ServiceRequestError: _silent,
    ServiceResponseError: _silent,
}
"""Every class of azure-identity stands here, by itself or by its base; a test walks them."""
