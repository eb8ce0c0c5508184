"""Who asks: one local user on a laptop, what App Service authentication says in Azure."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import Headers

from lib.api.api import Api
from lib.api.problems import ProblemError
from lib.domain.callers import Caller, Role
from lib.domain.documents import EVERYONE

LOCAL = Caller(id="local", groups=(EVERYONE,), roles=frozenset({"Reader", "Operator", "Admin"}))
"""The one user of a laptop."""

PRINCIPAL_HEADER = "x-ms-client-principal"
_MAX_HEADER_BYTES = 64_000
_IMPLIED: dict[str, frozenset[Role]] = {
    "Reader": frozenset({"Reader"}),
    "Operator": frozenset({"Reader", "Operator"}),
    "Admin": frozenset({"Reader", "Operator", "Admin"}),
}
_ROLE_CLAIMS = {"roles", "role", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}
_GROUP_CLAIMS = {"groups", "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups"}
_ID_CLAIMS = (
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "oid",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "sub",
)
"""In order of preference: an object id stays when a name changes."""


def authenticate(headers: Headers, api: Api) -> Caller | None:
    """
    Say who sent a request; None if nobody vouches for them.

    Source: "Work with user identities in Azure App Service authentication", learn.microsoft.com.
    """
    if api.settings.auth == "loopback":
        return LOCAL
    # Without the platform in front, anybody could write this header.
    return _principal(headers.get(PRINCIPAL_HEADER, "")) if api.platform_auth else None


def _principal(header: str) -> Caller | None:
    if not header or len(header) > _MAX_HEADER_BYTES:
        return None
    try:
        principal = json.loads(base64.b64decode(header, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    claims = _claims(principal)
    role_type = principal.get("role_typ") if isinstance(principal, dict) else None
    found = next((value for wanted in _ID_CLAIMS for kind, value in claims if kind == wanted), "")
    if not found:
        return None
    roles = frozenset[Role]().union(
        *(_IMPLIED.get(value, frozenset()) for kind, value in claims if kind in _ROLE_CLAIMS or kind == role_type)
    )
    groups = {value for kind, value in claims if kind in _GROUP_CLAIMS}
    return Caller(id=found, groups=tuple(sorted({EVERYONE, *groups})), roles=roles)


def _claims(principal: Any) -> list[tuple[str, str]]:
    claims = principal.get("claims") if isinstance(principal, dict) else None
    return [
        (claim["typ"], claim["val"])
        for claim in (claims if isinstance(claims, list) else [])
        if isinstance(claim, dict) and isinstance(claim.get("typ"), str) and isinstance(claim.get("val"), str)
    ]


# These two never wait, so they stay on the event loop: FastAPI would send a sync dependency through the thread pool.
async def api_of(request: Request) -> Api:
    """The functions that the app was created with."""
    api = request.app.state.api
    assert isinstance(api, Api)
    return api


def _requires(role: Role) -> Callable[[Request], Any]:
    async def caller_with_role(request: Request) -> Caller:
        caller = request.scope["state"]["caller"]
        assert isinstance(caller, Caller)
        if role not in caller.roles:
            raise ProblemError(
                "forbidden",
                f"This needs the role {role!r}; yours: {', '.join(sorted(caller.roles)) or 'none'}. "
                "Ask an administrator to assign it to you (Enterprise applications, Users and groups).",
            )
        return caller

    return caller_with_role


TheApi = Annotated[Api, Depends(api_of)]
Reader = Annotated[Caller, Depends(_requires("Reader"))]
Operator = Annotated[Caller, Depends(_requires("Operator"))]
Administrator = Annotated[Caller, Depends(_requires("Admin"))]
