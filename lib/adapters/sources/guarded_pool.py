"""HTTP connections for libraries on urllib3, to addresses that may be connected to, within a time for all of it."""

import contextlib
import socket
import threading
import types
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from lib.adapters.web.address_guard import AddressRefused, Lookup, check, reach, system_lookup
from lib.adapters.web.politeness import retry_after_s
from lib.domain.urls import normalise, origin
from lib.errors import BadInput
from lib.ports.clock import Clock
from lib.ports.source_reader import Account

MAX_REDIRECTS = 5


class GuardedPool(urllib3.PoolManager):
    """
    The connections of one piece of work with one host; a context, at whose end they are closed.

    Names are resolved here and the address that was checked is the one that is connected to, after redirects too.
    `headers` are sent to the origin of `url` only. Only a GET is redirected, and never from https to http. No proxy of
    the environment is used. After `total_s` all connections are cut: `is_late`. At the end `account` has what it took.
    Raises, at any request: BadInput for an address or a scheme that may not be used; the errors of urllib3.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: dict[str, str],
        user_agent: str,
        allow_private: bool,
        timeout_s: float,
        total_s: float,
        account: Account,
        clock: Clock,
        lookup: Lookup = system_lookup,
    ) -> None:
        super().__init__(
            headers={"User-Agent": user_agent},
            timeout=urllib3.Timeout(connect=timeout_s, read=timeout_s),
            retries=urllib3.Retry(
                total=MAX_REDIRECTS,
                connect=1,
                read=0,
                status=0,
                other=0,
                redirect=MAX_REDIRECTS,
                respect_retry_after_header=False,
            ),
        )
        self.is_late = False
        self.retry_after_s = 0.0
        """How long the host wants to be left alone."""
        self._account = account
        self._clock = clock
        self._origin = _origin(url)
        self._own = headers
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._lookup = lookup
        self._sockets: list[socket.socket] = []
        self._responses: dict[int, urllib3.BaseHTTPResponse] = {}
        self._timer = threading.Timer(total_s, self._cut)
        self._timer.daemon = True
        plain, secure = _pools(self)
        self.pool_classes_by_scheme = {"http": plain, "https": secure}

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> Literal[False]:
        self._timer.cancel()
        self._timer.join()
        self.clear()
        return False

    def urlopen(  # type: ignore[override]  # as that of PoolManager
        self,
        method: str,
        url: str,
        redirect: bool = True,  # noqa: FBT001, FBT002 - as that of PoolManager
        **options: Any,
    ) -> urllib3.BaseHTTPResponse:
        """One request; urllib3 calls this again for each redirect."""
        if urlsplit(url).scheme != "https" and not self._allow_private:
            raise BadInput(f"{url!r} is not https: use https, or set allow_private_network on the source")
        named = {name.lower() for name in self._own}
        headers = {k: v for k, v in (options.get("headers") or self.headers).items() if k.lower() not in named}
        options["headers"] = {**headers, **self._own} if _origin(url) == self._origin else headers
        self._account.requests += 1
        response = super().urlopen(method, url, redirect=redirect and method == "GET", **options)
        self._responses[id(response)] = response  # the last of a row of redirects comes by once for each
        if response.status in (429, 503):
            self.retry_after_s = retry_after_s(response.headers.get("Retry-After", ""), self._clock.now()) or 0.0
        return response

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first of a host's addresses that answers. Raises: BadInput if one may not be used, OSError."""
        addresses = self._lookup(host)
        if not self._allow_private:  # networks with NAT64 add wrapped forms to every answer
            addresses = [a for a in addresses if reach(a) != "wrapped"] or addresses
        try:
            for address in addresses:
                check(address, allow_private=self._allow_private)
        except AddressRefused as error:
            raise BadInput(f"{host!r} may not be connected to: {error}") from error
        failure: OSError = OSError(f"{host!r} has no address")
        for address in addresses:
            try:
                connected = socket.create_connection((address, port), timeout=self._timeout_s)
            except OSError as error:
                failure = error
                continue
            self._sockets.append(connected.dup())  # what TLS makes of the first one hides it
            return connected
        raise failure

    def clear(self) -> None:
        """Close all connections, also those of answers that nobody read to their end."""
        while self._responses:
            _, response = self._responses.popitem()
            self._account.size_bytes += response.tell() + sum(len(k) + len(v) + 4 for k, v in response.headers.items())
            response.close()
        super().clear()
        while self._sockets:
            self._sockets.pop().close()

    def _cut(self) -> None:
        self.is_late = True
        for connected in list(self._sockets):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def _pools(guard: GuardedPool) -> tuple[type[urllib3.HTTPConnectionPool], type[urllib3.HTTPSConnectionPool]]:
    """Kinds of pools whose connections are made by the guard."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self)

    def _connected(connection: HTTPConnection) -> socket.socket:
        try:
            return guard.connect(connection.host, connection.port or connection.default_port)
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(
                connection, f"no connection to {connection.host!r}: {error}"
            ) from error

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    return PlainPool, SecurePool


def _origin(url: str) -> str:
    normal = normalise(url)
    return origin(normal) if normal else ""
