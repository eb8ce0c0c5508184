"""A deployed app, asked over HTTP with the caller's token."""

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lib.errors import BadInput, PlumblineError
from local.azure_cli import access_token

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class NoAnswer(PlumblineError):
    """Nothing answers at the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the app answered."""

    status: int
    body: Any
    """Parsed JSON; the text as it is if it was no JSON."""
    trace_id: str

    @property
    def problem(self) -> str:
        """Status, title and detail, for people."""
        if not isinstance(self.body, dict):
            return f"status {self.status}"
        said = ": ".join(str(self.body[part]) for part in ("title", "detail") if self.body.get(part))
        return f"status {self.status} {said}".strip() + (f" (trace {self.trace_id})" if self.trace_id else "")


class Remote:
    """One app at one address. Redirects are not followed: a sign-in page is an answer too."""

    def __init__(self, url: str, *, token: str = "", timeout_s: float = 240) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise BadInput(f"--url {url!r} is no address: give one like https://example.azurewebsites.net")
        self.is_local = parts.hostname in LOOPBACK
        if parts.scheme == "http" and not self.is_local:
            raise BadInput(f"--url {url!r}: a token is sent over https only; http is for localhost")
        self.url = url.rstrip("/")
        self._token, self._timeout_s = token, timeout_s
        handlers = [_NoRedirect(), *([urllib.request.ProxyHandler({})] if self.is_local else [])]
        self._opener = urllib.request.build_opener(*handlers)

    def call(self, method: str, path: str, body: Any = None, *, signed_in: bool = True) -> Reply:
        """Send a request; an error status is an answer as any other. Raises: NoAnswer."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token and signed_in:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)  # noqa: S310 - checked above
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                return _reply(response.status, response.read(), response.headers.get("x-request-id", ""))
        except urllib.error.HTTPError as error:
            with error:
                return _reply(error.code, error.read(), error.headers.get("x-request-id", ""))
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            raise NoAnswer(f"nothing answers at {self.url}: {getattr(error, 'reason', error)}") from error


def remote(url: str, *, token: str, client_id: str) -> Remote:
    """
    The app at an address, with the token given or one from the Azure CLI; localhost needs none.

    Raises: BadInput, or the Azure CLI's errors.
    """
    app = Remote(url)
    if app.is_local and not token:
        return app
    wanted = client_id or os.environ.get("ENTRA_CLIENT_ID", "")
    if not token and not wanted:
        raise BadInput("who calls? Give --token, or --client-id (printed by `python3 dev.py azure register`)")
    return Remote(url, token=token or access_token(wanted))


def _reply(status: int, content: bytes, trace_id: str) -> Reply:
    text = content.decode("utf-8", "replace")
    try:
        return Reply(status=status, body=json.loads(text), trace_id=trace_id)
    except ValueError:
        return Reply(status=status, body=text, trace_id=trace_id)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
