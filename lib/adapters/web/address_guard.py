"""Which addresses a crawler may connect to, checked where the connection is made: nothing is looked up twice."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from lib.adapters.web.address_rules import AddressRefused, Lookup, Reach, check, connectable, reach, system_lookup

__all__ = ["AddressRefused", "GuardedResolver", "Lookup", "Reach", "check", "reach", "system_lookup"]


class GuardedResolver(AbstractResolver):
    """Resolves names for aiohttp and lets only addresses through that may be connected to."""

    def __init__(self, lookup: Lookup, *, allow_private: bool) -> None:
        self._lookup = lookup
        self._allow_private = allow_private
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="plumbline-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of a host. Raises: AddressRefused, OSError."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, self._lookup, host)
            addresses = connectable(found, allow_private=self._allow_private)
        except ValueError as error:  # no name that can be asked for, or an answer that is no address
            raise OSError(f"{host!r} cannot be resolved") from error
        if not addresses:
            raise OSError(f"{host!r} has no address")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Let the threads go; one that waits for a dead name server ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
