"""`azure register`: the Entra application that people sign in to, with its three roles. No secret is made."""

import argparse
import json
import sys
import uuid
from typing import Any

from lib.errors import BadInput
from local.azure_cli import az, azd_set, azd_values

GRAPH = "https://graph.microsoft.com/v1.0"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The Azure CLI's own application, so that `az account get-access-token` may ask for a token without consent."""
ROLES = {
    "Reader": "Search, ask, and read the documents that one may read.",
    "Operator": "Reader, and see what the pipeline does.",
    "Admin": "Operator, and change sources, feature sets and documents.",
}
_NAMESPACE = uuid.UUID("6f4a3a0e-6d55-4d0f-9c1e-5a6a54c0f2b1")
"""Ids of roles and scope are the same at every run, so that running again changes nothing."""


def run(options: argparse.Namespace) -> int:
    """Register, or bring an earlier registration up to date; prints the client id."""
    known = azd_values()
    url = (options.url or known.get("APP_URL", "")).rstrip("/")
    if url and not url.startswith("https://"):
        raise BadInput(f"--url {url!r}: people sign in over https only")
    tenant = az("account", "show")["tenantId"]
    application = _application(options.name)
    wanted = description(options.name, url=url)
    if application is None:
        application = _graph("POST", "/applications", wanted)
        _say(f"registered {options.name!r}")
    else:
        _graph("PATCH", f"/applications/{application['id']}", wanted)
        _say(f"brought {options.name!r} up to date")
    client_id = str(application["appId"])
    _graph("PATCH", f"/applications/{application['id']}", exposure(client_id))
    principal = _service_principal(client_id)
    identity = options.identity or known.get("APP_IDENTITY_PRINCIPAL_ID", "")
    if identity:
        _trust(application["id"], identity, tenant)
    else:
        _say("no --identity: people cannot sign in in a browser until you run this again with it")
    if not url:
        _say("no --url: run this again with the app's address once it is deployed")
    if options.make_me_admin:
        _make_admin(principal)
    print(client_id)
    if azd_set("ENTRA_CLIENT_ID", client_id):
        _say("azd knows it as ENTRA_CLIENT_ID: run `azd up` again to turn the sign-in on")
    else:
        _say(f"deploy again with the parameter entraClientId={client_id} to turn the sign-in on")
    return 0


def description(name: str, *, url: str) -> dict[str, Any]:
    """The application as Microsoft Graph takes it."""
    return {
        "displayName": name,
        "signInAudience": "AzureADMyOrg",
        "groupMembershipClaims": "SecurityGroup",
        "web": {
            # Left out, an address that is registered already stays.
            **({"redirectUris": [f"{url}/.auth/login/aad/callback"]} if url else {}),
            "implicitGrantSettings": {"enableIdTokenIssuance": True},
        },
        "api": {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [_scope()]},
        "appRoles": [
            {
                "id": str(uuid.uuid5(_NAMESPACE, role)),
                "value": role,
                "displayName": role,
                "description": about,
                "allowedMemberTypes": ["User", "Application"],
                "isEnabled": True,
            }
            for role, about in ROLES.items()
        ],
    }


def exposure(client_id: str) -> dict[str, Any]:
    """What can be said only once the client id is known."""
    return {
        "identifierUris": [f"api://{client_id}"],
        "api": {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [_scope()],
            "preAuthorizedApplications": [{"appId": AZURE_CLI, "delegatedPermissionIds": [_scope()["id"]]}],
        },
    }


def _scope() -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(_NAMESPACE, "user_impersonation")),
        "value": "user_impersonation",
        "type": "User",
        "isEnabled": True,
        "adminConsentDisplayName": "Call Plumbline",
        "adminConsentDescription": "Call Plumbline in the name of the signed-in person.",
        "userConsentDisplayName": "Call Plumbline",
        "userConsentDescription": "Call Plumbline in your name.",
    }


def _application(name: str) -> dict[str, Any] | None:
    found = [a for a in az("ad", "app", "list", "--display-name", name) or [] if a["displayName"] == name]
    if len(found) > 1:
        raise BadInput(f"there are {len(found)} applications named {name!r}: choose another name with --name")
    return dict(found[0]) if found else None


def _service_principal(client_id: str) -> str:
    """Object id of the application's principal in this tenant, made if it is not there."""
    found = az("ad", "sp", "list", "--filter", f"appId eq '{client_id}'") or [
        az("ad", "sp", "create", "--id", client_id)
    ]
    return str(found[0]["id"])


def _trust(application: str, identity: str, tenant: str) -> None:
    """Let the app's managed identity vouch for the application, in place of a secret."""
    path = f"/applications/{application}/federatedIdentityCredentials"
    if any(known["subject"] == identity for known in _graph("GET", path)["value"]):
        return
    credential = {
        "name": f"plumbline-{identity[:8]}",
        "issuer": f"https://login.microsoftonline.com/{tenant}/v2.0",
        "subject": identity,
        "audiences": ["api://AzureADTokenExchange"],
    }
    _graph("POST", path, credential)
    _say("the app's identity vouches for it: no secret is needed")


def _make_admin(principal: str) -> None:
    me = str(az("ad", "signed-in-user", "show")["id"])
    role = str(uuid.uuid5(_NAMESPACE, "Admin"))
    path = f"/servicePrincipals/{principal}/appRoleAssignedTo"
    if any(given["principalId"] == me and given["appRoleId"] == role for given in _graph("GET", path)["value"]):
        return
    _graph("POST", path, {"principalId": me, "resourceId": principal, "appRoleId": role})
    _say("you have the role Admin")


def _graph(method: str, path: str, body: Any = None) -> Any:
    sent = [] if body is None else ["--headers", "Content-Type=application/json", "--body", json.dumps(body)]
    return az("rest", "--method", method, "--url", GRAPH + path, *sent)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
