"""Where the filtering proxy connects to, how much it lets through, and what it has counted."""

import asyncio
import ipaddress
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from lib.adapters.web.address_rules import AddressRefused, Lookup, connectable, reach, system_lookup

_MAX_HOSTS = 10_000
"""Hosts that are counted by name; a page can invent any number."""
_OTHERS = "(others)"
_OF_CHROMIUM = frozenset(
    "accounts.google.com android.clients.google.com clients1.google.com clients2.google.com clients4.google.com "
    "clientservices.googleapis.com content-autofill.googleapis.com optimizationguide-pa.googleapis.com "
    "redirector.gvt1.com safebrowsing.googleapis.com update.googleapis.com".split()
)


class NotForwarded(Exception):
    """A request that is answered by the proxy itself: `status` 403 is a refusal, 4xx a bad request, 5xx a failure."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one connection of a client may cost, and how many there may be."""

    connection_bytes: int = 50_000_000
    """Both directions together; what goes further is cut off, not ended cleanly."""
    connection_s: float = 120.0
    idle_s: float = 30.0
    connect_s: float = 10.0
    """For the request's head, the look-up, and each address that is tried."""
    connections: int = 128


@dataclass(slots=True)
class Traffic:
    """What one host has been asked for. A tunnel counts as one request."""

    requests: int = 0
    size_bytes: int = 0
    """Both directions, between the proxy and the host."""
    refusals: int = 0
    last_reason: str = ""
    """Of the last request that was refused or failed."""
    is_refused: bool = False
    """Whether that one was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which hosts, ports and addresses are connected to."""

    lookup: Lookup = system_lookup
    allow_private: bool = False
    """Private addresses too, on any port. Metadata and link-local addresses are refused all the same."""
    ports: frozenset[int] = frozenset((80, 443))
    is_allowed: Callable[[str], bool] | None = None
    """From a host, in lower case, to whether it may be asked at all."""
    block: Callable[[str], bool] | None = None
    """From a plain-HTTP URL to whether it is refused; what goes through a tunnel is not seen."""
    is_shielded: Callable[[int], bool] = lambda _: False
    """Whether a port is never connected to on private addresses: a door of our own, as that of a driver."""

    async def addresses(self, host: str, port: int, threads: Executor, *, timeout_s: float) -> list[str]:
        """
        Look a host up, once, and check every address.

        Raises: NotForwarded.
        """
        if port not in self.ports and not self.allow_private:
            raise NotForwarded(403, f"port {port}")
        if self.is_allowed is not None and not self.is_allowed(host):
            raise NotForwarded(403, "host not allowed")
        try:
            found = [host] if _is_address(host) else await self._look_up(host, threads, timeout_s)
            checked = connectable(found, allow_private=self.allow_private)
        except AddressRefused as error:
            raise NotForwarded(403, str(error)) from error
        except (OSError, UnicodeError, ValueError) as error:  # TimeoutError is an OSError
            raise NotForwarded(502, "the host name does not resolve") from error
        if self.is_shielded(port) and any(reach(address) != "public" for address in checked):
            raise NotForwarded(403, f"port {port} is one of our own doors")
        if not checked:
            raise NotForwarded(502, "the host name does not resolve")
        return checked

    async def _look_up(self, host: str, threads: Executor, timeout_s: float) -> list[str]:
        async with asyncio.timeout(timeout_s):
            return list(await asyncio.get_running_loop().run_in_executor(threads, self.lookup, host))


@dataclass(slots=True)
class Ledger:
    """Counts by host. Written by the proxy's thread, read by any."""

    _by_host: dict[str, Traffic] = field(default_factory=dict)

    def of(self, host: str) -> Traffic:
        """The counters of a host."""
        if host not in self._by_host and len(self._by_host) >= _MAX_HOSTS:
            host = _OTHERS
        return self._by_host.setdefault(host, Traffic())

    def copy(self) -> dict[str, Traffic]:
        """Counters by host, as they are now."""
        return {host: replace(traffic) for host, traffic in list(self._by_host.items())}


def is_asked_by_pages(host: str) -> bool:
    """False for hosts that Chromium asks of its own accord (sign-in, updates, messages), whatever its flags say."""
    return host not in _OF_CHROMIUM and not host.endswith(".invalid")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
