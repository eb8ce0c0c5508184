"""Tokens: who hands them out (the App Service managed-identity protocol), and how the stand-ins check them."""

import json
import secrets
import time
import urllib.parse
from collections.abc import Collection
from pathlib import Path

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

TENANT = "7c3a1f60-5d0e-4f0b-9f5e-0a6c1c6d2b11"
ISSUER = f"https://sts.windows.net/{TENANT}/"
OBJECT_ID = "0f4b8a52-2c55-4d0b-8a0e-6f0a3f1d9a77"
LIFETIME_S = 24 * 3_600


class Identity:
    """
    The identity of this computer: it signs tokens and knows them again.

    Its secrets are made once and kept in the folder, so that a token outlives a restart of the stand-ins.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "identity.json"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(json.dumps({"header": secrets.token_hex(16), "key": secrets.token_hex(32)}))
        kept = json.loads(path.read_text())
        self.header: str = kept["header"]
        """What IDENTITY_HEADER must be: only processes that were told it get tokens."""
        self._key: str = kept["key"]

    def token(self, resource: str, *, lifetime_s: int = LIFETIME_S) -> tuple[str, int]:
        """A signed token for a resource, and the second of the epoch at which it ends."""
        now = int(time.time())
        claims = {
            "aud": resource,
            "iss": ISSUER,
            "iat": now,
            "nbf": min(now, now + lifetime_s) - 60,
            "exp": now + lifetime_s,
            "oid": OBJECT_ID,
            "sub": OBJECT_ID,
            "tid": TENANT,
        }
        return jwt.encode(claims, self._key, algorithm="HS256"), now + lifetime_s

    def refusal(self, token: str, audiences: Collection[str]) -> str:
        """Why a token is not taken for any of these audiences; empty if it is taken."""
        if not token:
            return "there is no bearer token"
        try:
            jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=[name for audience in audiences for name in (audience, audience + "/")],
                issuer=ISSUER,
                options={"require": ["exp", "nbf", "oid"]},
            )
        except jwt.ExpiredSignatureError:
            return "the token has expired"
        except jwt.InvalidAudienceError:
            return f"the token is for another audience than {sorted(audiences)}"
        except jwt.PyJWTError as error:
            return f"the token is not valid ({type(error).__name__})"
        return ""


def check(request: Request, audiences: Collection[str]) -> str:
    """
    Why a request is refused (401); empty if it carries a token for one of the audiences.

    audiences: without slash at the end; a token may have one.
    """
    identity: Identity = request.app.state.identity
    return identity.refusal(bearer_token(request), audiences)


def bearer_token(request: Request) -> str:
    """The token of a request, in the usual form or in Cosmos DB's (`type=aad&ver=1.0&sig=...`); empty if none."""
    header = request.headers.get("authorization", "")
    if header[:7].lower() == "bearer ":
        return header[7:].strip()
    form = dict(urllib.parse.parse_qsl(urllib.parse.unquote(header)))
    return form.get("sig", "") if form.get("type") == "aad" else ""


def routes(identity: Identity) -> list[Route]:
    """`GET /msi/token`, as App Service and Functions answer it."""

    async def token(request: Request) -> JSONResponse:
        if not secrets.compare_digest(request.headers.get("x-identity-header", ""), identity.header):
            return _refused(401, "the header X-IDENTITY-HEADER is missing or wrong")
        resource = request.query_params.get("resource", "")
        if not resource or request.query_params.get("api-version") != "2019-08-01":
            return _refused(400, "resource and api-version=2019-08-01 are needed")
        made, ends = identity.token(resource)
        return JSONResponse(
            {
                "access_token": made,
                "client_id": request.query_params.get("client_id", OBJECT_ID),
                "expires_on": str(ends),
                "not_before": str(int(time.time()) - 60),
                "resource": resource,
                "token_type": "Bearer",
            }
        )

    return [Route("/msi/token", token, methods=["GET"])]


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message}, status)
