"""Which addresses may be connected to. Standard library only: the filtering proxy runs where nothing is installed."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Literal

Lookup = Callable[[str], Sequence[str]]
"""From a host name to its addresses. Raises OSError if there are none."""
Reach = Literal["public", "wrapped", "private", "never"]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local: metadata of nearly every cloud
        "100.80.80.80/32",  # metadata of UCloud
        "100.96.0.96/32",  # metadata of Volcano Engine
        "100.100.100.200/32",  # metadata of Alibaba
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # metadata of Oracle's older cloud
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fd00:42::42/128",  # metadata of Scaleway
        "fd00:100::100:200/128",  # metadata of Alibaba
        "fd00:a9fe:a9fe::/64",  # metadata of Akamai (Linode)
        "fd00:c1::a9fe:a9fe/128",  # metadata of Oracle
        "fd00:ec2::/32",  # AWS: metadata, credentials of pods, names, time
        "fd20:ce::254/128",  # metadata of Google
        "fe80::/10",
        "ff00::/8",
    )
]
_PRIVATE = [
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
    )
]
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
_TRANSLATED = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")]
"""NAT64 and SIIT: the IPv4 address is the last 32 bits."""
_COMPATIBLE = ipaddress.ip_network("::/96")


class AddressRefused(OSError):
    """The address may not be connected to."""


def reach(address: str) -> Reach:
    """
    Say how far an address reaches.

    `never`: this host, link-local, cloud metadata, multicast, reserved; also inside an IPv6 form. `private`: networks
    and hosts of one's own, and addresses for documentation. `wrapped`: IPv6 forms of a public IPv4 address (mapped,
    compatible, NAT64, SIIT, 6to4, Teredo), which can lead anywhere.
    Raises: ValueError if it is not an address.
    Source: IANA special-purpose address registries (RFC 6890 and its successors); metadata as the
    clouds and cloud-init document it, 2026-11.
    """
    ip: _Address = ipaddress.ip_address(address.partition("%")[0])
    if any(ip in network for network in _NEVER):
        return "never"
    if isinstance(ip, ipaddress.IPv4Address):
        return "private" if any(ip in network for network in _PRIVATE) else "public"
    if (inner := _wrapped(ip)) is not None:
        inside = reach(str(inner))
        return "wrapped" if inside == "public" else inside
    if ip not in _GLOBAL_IPV6 or any(ip in network for network in _PRIVATE):
        return "private"
    return "public"


def check(address: str, *, allow_private: bool) -> None:
    """
    Refuse an address that may not be connected to.

    Raises: AddressRefused, saying why.
    """
    found = reach(address)
    if found == "never" or (found != "public" and not allow_private):
        kind = "link-local, metadata or reserved" if found == "never" else "private"
        fix = "" if found == "never" else ": set allow_private_network on the source if that is meant"
        raise AddressRefused(f"{kind} address {address}{fix}")


def connectable(addresses: Sequence[str], *, allow_private: bool) -> list[str]:
    """
    Addresses of one name that may be connected to.

    One forbidden address among several refuses the name: it is how rebinding starts. Wrapped forms are only dropped,
    because networks with NAT64 add them to every answer.
    Raises: AddressRefused, saying why.
    """
    kept = list(addresses)
    if not allow_private:
        kept = [address for address in kept if reach(address) != "wrapped"] or kept
    for address in kept:
        check(address, allow_private=allow_private)
    return kept


def system_lookup(host: str) -> list[str]:
    """Ask the system's resolver."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _wrapped(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if any(ip in network for network in _TRANSLATED) or (ip in _COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
