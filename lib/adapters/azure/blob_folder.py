"""A folder of files in Azure Blob Storage: a container, or what begins with a prefix in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ResourceNotModifiedError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ChainedTokenCredential, ManagedIdentityCredential
from azure.storage.blob import BlobServiceClient, ContainerClient, LinearRetry

from lib.adapters.azure.connections import session
from lib.adapters.azure.identity import credential_for
from lib.adapters.azure.identity_errors import translated as identity_translated
from lib.adapters.azure.storage_errors import code_of, status_of
from lib.adapters.sources.addresses import Addresses, is_hidden
from lib.adapters.sources.folders import Contents, Entry
from lib.errors import BadInput, Permanent, PlumblineError, Throttled, Unreachable
from lib.settings import Settings

ROLE = "Storage Blob Data Reader"
_HOST = re.compile(
    r"[a-z0-9]{3,24}(?:-secondary)?\.(?:blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)"
    r"|z[0-9]{2}\.blob\.storage\.azure\.net)"
)
"""Hosts that are given this app's token. Source: Azure Storage documentation, endpoints of accounts and of clouds."""
_BLOCK = 4 << 20
_CONTAINER_GONE = {"ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled", "ResourceNotFound"}


def open_blob_folder(start: str, *, link: str = "", settings: Settings) -> "BlobFolder":
    """
    The folder at `https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX`, read with this app's identity.

    An emulator is one whose blob endpoint the connection string in AzureWebJobsStorage names; its key is in there too.
    Raises: BadInput if it is no address of a container, or has a query: a signature is a secret. Asks nobody yet.
    """
    if "?" in start or "#" in start:
        raise BadInput(
            f"{start!r} has a query: leave it out, and give this app's identity the role {ROLE!r} on the container"
        )
    timeout_s = settings.fetch_timeout_s
    if (connection := settings.storage_connection.get_secret_value()) and (
        service := _emulator(start, connection, timeout_s)
    ):
        rest = start[len(service.url.rstrip("/")) :]
        container, prefix = _parts(rest, start)
        return BlobFolder(service.get_container_client(container), prefix, start=start, link=link)
    parts = urlsplit(start)
    if parts.scheme != "https" or not _HOST.fullmatch(parts.netloc):
        raise BadInput(
            f"{start!r} is no folder of Blob Storage: use https://ACCOUNT.blob.core.windows.net/CONTAINER/FOLDER, or"
            " the path of a folder"
        )
    container, prefix = _parts(parts.path, start)
    account = f"https://{parts.netloc}"
    credential = credential_for(settings)
    client = ContainerClient(account, container, credential=credential, **_options(timeout_s))
    return BlobFolder(client, prefix, start=start, link=link, credential=credential)


class BlobFolder:
    """Lists page by page; a blob's ETag is its stamp, and it is read only while it still has it."""

    def __init__(
        self,
        container: ContainerClient,
        prefix: str,
        *,
        start: str,
        link: str = "",
        credential: ManagedIdentityCredential | ChainedTokenCredential | None = None,
    ) -> None:
        self._container = container
        self._credential = credential
        self._prefix = prefix
        self._start = start
        self.addresses = Addresses(link or start.rstrip("/") + "/")

    def entries(self) -> Iterator[Entry]:
        with _translated(self._start):
            for blob in self._container.list_blobs(name_starts_with=self._prefix or None):
                path = blob.name[len(self._prefix) :]
                if path and not is_hidden(path):
                    yield _entry(path, blob)

    def read(self, path: str, *, known: str, max_bytes: int) -> Contents:
        calls: list[object] = []
        only_if: dict[str, Any] = {}
        if known:
            only_if = {"etag": f'"{known}"', "match_condition": MatchConditions.IfModified}
        try:
            with _translated(self._start):
                download = self._container.download_blob(self._prefix + path, raw_response_hook=calls.append, **only_if)
                entry = _entry(path, download.properties)
                if entry.size > max_bytes:
                    return Contents(entry=entry, body=None, requests=len(calls))
                body = download.readall()
        except _NotModified:
            entry = Entry(path=path, size=0, stamp=known)
            return Contents(entry=entry, body=None, requests=max(1, len(calls)))
        return Contents(entry=entry, body=body, requests=len(calls))

    def close(self) -> None:
        self._container.close()
        if self._credential:
            self._credential.close()


class _NotModified(Exception):
    """The blob has the known ETag."""


def _entry(path: str, blob: Any) -> Entry:
    return Entry(
        path=path,
        size=blob.size or 0,
        stamp=(blob.etag or "").strip('"'),
        modified_s=blob.last_modified.timestamp() if blob.last_modified else 0.0,
    )


def _emulator(start: str, connection: str, timeout_s: float) -> BlobServiceClient | None:
    """The client of a connection string, if the address is below its blob endpoint."""
    if "BlobEndpoint=" not in connection and "UseDevelopmentStorage=true" not in connection:
        return None
    try:
        service = BlobServiceClient.from_connection_string(connection, **_options(timeout_s))
    except ValueError:
        return None
    if start.startswith(service.url.rstrip("/") + "/"):
        return service
    service.close()
    return None


def _parts(path: str, start: str) -> tuple[str, str]:
    """Container and prefix of a path; the prefix is empty or ends with a slash."""
    container, _, prefix = unquote(path.strip("/")).partition("/")
    if not container:
        raise BadInput(f"{start!r} names no container: add it, as in https://ACCOUNT.blob.core.windows.net/CONTAINER")
    return container, f"{prefix}/" if prefix else ""


def _options(timeout_s: float) -> dict[str, Any]:
    """Small first parts, so that a blob that is too large is not fetched before that is known."""
    return {
        "retry_policy": LinearRetry(backoff=1, retry_total=1, random_jitter_range=1),
        "transport": RequestsTransport(session=session(), connection_timeout=timeout_s, read_timeout=timeout_s),
        "max_single_get_size": _BLOCK,
        "max_chunk_get_size": _BLOCK,
        "user_agent": "plumbline",
    }


@contextmanager
def _translated(start: str) -> Iterator[None]:
    """Raise FileNotFoundError for a blob that is not there, and our errors for all else."""
    try:
        yield
    except ResourceNotModifiedError as error:
        raise _NotModified from error
    except ClientAuthenticationError as error:
        if status_of(error):
            raise _ours(start, error) from error
        with identity_translated():
            raise
    except HttpResponseError as error:
        if status_of(error) == 304:
            raise _NotModified from error
        if code_of(error) == "BlobNotFound":
            raise FileNotFoundError(start) from error
        raise _ours(start, error) from error
    except AzureError as error:
        raise Unreachable(f"{start!r}: Blob Storage did not answer ({type(error).__name__}): try again") from error


def _ours(start: str, error: HttpResponseError) -> PlumblineError:
    status, code = status_of(error), code_of(error)
    if code in _CONTAINER_GONE:
        return BadInput(f"{start!r}: there is no such container: create it, or correct `start`")
    if status in (401, 403):
        return Permanent(
            f"{start!r}: Blob Storage refused this identity ({status} {code}): give it the role {ROLE!r} on the"
            " container"
        )
    if status in (429, 503):
        return Throttled(f"{start!r}: Blob Storage is busy ({status} {code})", retry_after_s=10)
    return Unreachable(f"{start!r}: Blob Storage did not answer as it should ({status} {code}): try again")
