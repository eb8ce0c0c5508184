"""Resource ids (`_rid`): 4 bytes for a database, 4 more for a container, 8 more for an item, in base64."""

import base64
import binascii

_CONTAINER_BIT = 0x80_00_00_00
"""Set in the number of a container, as in the service: the client tells a name from a rid by such details."""


def database_rid(number: int) -> str:
    return _encode(number.to_bytes(4, "big"))


def container_rid(database: int, number: int) -> str:
    return _encode(database.to_bytes(4, "big") + (number | _CONTAINER_BIT).to_bytes(4, "big"))


def item_rid(container: str, serial: int) -> str:
    """container: its rid."""
    return _encode(_decode(container) + serial.to_bytes(8, "little"))


def range_rid(container: str) -> str:
    """The rid of the only partition key range of a container."""
    return _encode(_decode(container) + (0x50_00_00_00_00_00_00_02).to_bytes(8, "big"))


def database_number(rid: str) -> int | None:
    """The number of a database, or None if this is no rid of one."""
    found = _numbers(rid, 4)
    return int.from_bytes(found, "big") if found else None


def container_number(rid: str) -> int | None:
    """The number of a container, or None if this is no rid of one."""
    found = _numbers(rid, 8)
    return int.from_bytes(found[4:], "big") & ~_CONTAINER_BIT if found else None


def item_serial(rid: str) -> int | None:
    """The serial number of an item within its container, or None if this is no rid of one."""
    found = _numbers(rid, 16)
    return int.from_bytes(found[8:], "little") if found else None


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw, altchars=b"+-").decode()


def _decode(rid: str) -> bytes:
    return base64.b64decode(rid, altchars=b"+-", validate=True)


def _numbers(rid: str, size: int) -> bytes | None:
    try:
        raw = _decode(rid)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == size else None
