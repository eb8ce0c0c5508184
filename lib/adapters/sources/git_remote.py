"""A repository behind https, through dulwich: asking for its newest commit, and fetching one commit without history."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    GitProtocolError,
    HangupException,
    NotGitRepository,
    WrongObjectException,
)
from dulwich.objects import ObjectID
from dulwich.pack import UnresolvedDeltas
from dulwich.protocol import CAPABILITY_FETCH, CAPABILITY_FILTER, CAPABILITY_PACKFILE_URIS
from urllib3.exceptions import HTTPError

from lib.adapters.sources.guarded_pool import GuardedPool
from lib.domain.urls import host, normalise
from lib.errors import BadInput, Unreachable
from lib.ports.source_reader import Account

MAX_PACK_BYTES = 500_000_000
MAX_LIST_BYTES = 50_000_000
"""Of all answers before the pack."""
TOTAL_S = 600.0
"""Longest time for asking and fetching together; a crawl's first slice has fifteen minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest commit of a branch."""

    branch: str
    commit: str
    is_filtered: bool = False
    """Whether blobs that are too large were left out when it was fetched."""


class Remote:
    """One repository on a server that speaks git's smart protocol."""

    def __init__(self, url: str, *, open_pool: Callable[[Account], GuardedPool]) -> None:
        self._url = url
        self._open_pool = open_pool

    def head(self, branch: str, account: Account) -> Head:
        """
        Ask for the newest commit of a branch; without a name, of the default one.

        Raises: BadInput if there is no such repository or branch, or it may not be read; Unreachable.
        """
        name = f"refs/heads/{branch}".encode() if branch else b"HEAD"
        with self._client(MAX_LIST_BYTES, account) as client:
            listed = client.get_refs(b"", ref_prefix=[name])
        commit = listed.refs.get(name)  # type: ignore[call-overload]  # Ref is bytes
        if not commit:
            why = f"has no branch {branch!r}" if branch else "has no commit yet"
            raise BadInput(f"the repository {self._url!r} {why}: correct `branch` or `start`")
        target = listed.symrefs.get(name, name)  # type: ignore[call-overload]
        return Head(branch=target.decode("utf-8", "replace").removeprefix("refs/heads/"), commit=commit.decode())

    def fetch(self, head: Head, *, have: str, max_blob_bytes: int, into: BinaryIO, account: Account) -> bool:
        """
        Fetch the pack of one commit: all its files, but those that a commit at hand (`have`) has already.

        Returns whether the server left out blobs of more than `max_blob_bytes`; not every server can.
        Raises: as `head`; BadInput if the pack has more than `MAX_PACK_BYTES`.
        """
        left = MAX_PACK_BYTES

        def keep(piece: bytes) -> int:
            nonlocal left
            left -= len(piece)
            if left < 0:
                raise BadInput(f"the repository {self._url!r} has more than {MAX_PACK_BYTES:,} bytes: it is too large")
            return into.write(piece)

        with self._client(MAX_PACK_BYTES + MAX_LIST_BYTES, account) as client:
            client.fetch_pack(
                b"",
                lambda *_, **__: [ObjectID(head.commit.encode())],
                _Have(have),
                keep,
                depth=1,
                ref_prefix=[f"refs/heads/{head.branch}".encode()],
                filter_spec=b"blob:limit=%d" % (max_blob_bytes + 1),
            )
            return client.is_filtering

    @contextmanager
    def _client(self, max_bytes: int, account: Account) -> Iterator["_Client"]:
        url = self._url
        with self._open_pool(account) as pool:
            try:
                yield _Client(url, pool=pool, max_bytes=max_bytes)
            except NotGitRepository as error:
                raise BadInput(
                    f"there is no repository {url!r}: correct `start`, or give a token in `headers` if it is private"
                ) from error
            except HTTPUnauthorized as error:
                raise BadInput(
                    f"the repository {url!r} wants credentials: give them in `headers`, as in"
                    " Authorization: Basic secret:GIT_TOKEN"
                ) from error
            except (HTTPError, GitProtocolError, HangupException, OSError, *DAMAGED) as error:
                why = f"took longer than {TOTAL_S:g} s" if pool.is_late else f"did not answer as it should: {error}"
                what, asked = f"the repository {url!r} {why}: try again", host(normalise(url) or url)
                raise Unreachable(what, retry_after_s=pool.retry_after_s, host=asked) from error


DAMAGED = (
    AssertionError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    UnresolvedDeltas,
    WrongObjectException,
)
"""What dulwich's parsers raise where the other side does not keep to the protocol or the formats."""


class _Have:
    """Tells the server which commit is at hand, and that its history is not."""

    def __init__(self, commit: str) -> None:
        self._left = [ObjectID(commit.encode())] if commit else []
        self.shallow = set(self._left)

    def __next__(self) -> ObjectID | None:
        return self._left.pop() if self._left else None

    def ack(self, sha: ObjectID, /) -> None:
        pass

    def nak(self) -> None:
        pass


class _Client(Urllib3HttpGitClient):
    """Counts what it reads, and speaks the smart protocol only: the old one fetches file by file."""

    def __init__(self, url: str, *, pool: GuardedPool, max_bytes: int) -> None:
        super().__init__(url, pool_manager=pool)  # with thin packs: without, git 2.39 sends all files again
        self._fetch_capabilities.discard(CAPABILITY_PACKFILE_URIS)
        self._left = max_bytes
        self.is_filtering = False

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: Any = None,
        raise_for_status: bool = True,  # noqa: FBT001, FBT002
    ) -> Any:
        response, read = super()._http_request(url, headers, data, raise_for_status)
        if not (response.content_type or "").startswith("application/x-git-upload-pack-"):
            response.close()
            raise BadInput(f"{url!r} is not served by git (smart HTTP): correct `start`")
        return response, partial(self._read, read)

    def _read(self, read: Callable[[int], bytes], amount: int = -1) -> bytes:
        piece = read(min(amount, 1 << 20) if amount >= 0 else 1 << 20) if amount else b""
        self._left -= len(piece)
        if self._left < 0:
            raise BadInput("the repository sends more than is allowed: it is too large")
        return piece

    def _negotiate_upload_pack_capabilities(self, server_capabilities: set[bytes]) -> Any:
        negotiated = super()._negotiate_upload_pack_capabilities(server_capabilities)
        found = [c.partition(b"=")[2].split() for c in negotiated[0] if c.startswith(CAPABILITY_FETCH + b"=")]
        self.is_filtering = self.protocol_version == 2 and any(CAPABILITY_FILTER in features for features in found)
        return negotiated

    @staticmethod
    def _warn_filter_objects() -> None:
        """A server that cannot leave files out is nothing to warn of."""
