"""Partition keys: their values in documents and headers, and where they lie on the range from "" to "FF"."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from local.standins.cosmos.errors import PARTITION_KEY_MISMATCH, CosmosError, bad_request
from local.standins.cosmos.values import UNDEFINED, dig, dump

LONGEST_KEY = 2_048
"""Bytes of a partition key's value."""
MAX_LEVELS = 3
_MASK = 0xFFFF_FFFF_FFFF_FFFF


def definition(given: Any) -> dict[str, Any]:
    """The definition of a container's partition key as it is kept. Raises: CosmosError 400 if it is none of ours."""
    if not isinstance(given, Mapping):
        raise bad_request("The partition key definition is missing.")
    paths, kind, version = given.get("paths"), given.get("kind", "Hash"), given.get("version", 2)
    if not isinstance(paths, list) or not paths or not all(isinstance(p, str) and p.startswith("/") for p in paths):
        raise bad_request(f"The partition key paths {paths!r} are not valid: each starts with '/'.")
    if (kind, len(paths) > 1) not in {("Hash", False), ("MultiHash", True), ("MultiHash", False)}:
        raise bad_request(f"The partition key kind {kind!r} does not go with {len(paths)} paths.")
    if len(paths) > MAX_LEVELS or version != 2:
        raise bad_request(f"The stand-in knows partition keys of version 2 with at most {MAX_LEVELS} paths.")
    return {"paths": paths, "kind": kind, "version": version}


def of_document(document: Mapping[str, Any], paths: Sequence[str]) -> list[Any]:
    """The values at the paths of a partition key; UNDEFINED where a document has none."""
    values = [dig(document, steps(path)) for path in paths]
    return [UNDEFINED if isinstance(value, dict | list) else value for value in values]


def of_header(header: str | None, paths: Sequence[str], *, may_be_prefix: bool = False) -> list[Any]:
    """
    The values in the header x-ms-documentdb-partitionkey, `[{}]` being an undefined one.

    Raises: CosmosError 400 if there is no header, or not as many values as paths (fewer are a prefix).
    """
    if header is None:
        raise bad_request("PartitionKey value must be supplied for this operation.")
    try:
        values = json.loads(header)
    except ValueError as error:
        raise bad_request(f"Partition key {header!r} is invalid.") from error
    if not isinstance(values, list) or any(isinstance(v, list) or (isinstance(v, dict) and v) for v in values):
        raise bad_request(f"Partition key {header!r} is invalid.")
    values = [UNDEFINED if value == {} else value for value in values] or [UNDEFINED]
    if len(values) > len(paths) or (len(values) < len(paths) and not may_be_prefix):
        raise bad_request("Partition key provided either doesn't correspond to definition in the collection.")
    return values


def check_same(document: list[Any], header: list[Any]) -> None:
    """Raises: CosmosError 400 with sub-status 1001 if the document has another key than the header."""

    def same(one: Any, other: Any) -> bool:
        # The client writes null for a missing level of a hierarchical key.
        return one == other or (len(document) > 1 and {one, other} <= {UNDEFINED, None})

    if not all(same(one, other) for one, other in zip(document, header, strict=True)):
        message = "PartitionKey extracted from document doesn't match the one specified in the header."
        raise bad_request(message, sub_status=PARTITION_KEY_MISMATCH)


def text(values: Sequence[Any]) -> str:
    """One text for equal keys: compact JSON, with `{}` for undefined and 1.0 written as 1."""
    numbers = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
    written = dump([{} if value is UNDEFINED else value for value in numbers])
    if len(written.encode()) > LONGEST_KEY + 4:
        raise CosmosError(400, f"Partition key value is longer than {LONGEST_KEY} bytes.")
    return written


def effective(values: Sequence[Any], kind: str) -> str:
    """
    The effective partition key: upper-case hexadecimal digits that spread keys evenly from "" to "FF".

    Source: the hash of version 2 in azure-cosmos 4.17.1, `partition_key.py`: MurmurHash3 x64 128 with seed 0 over each
    value with its type, bytes reversed, the two highest bits cleared; a hierarchical key joins one hash per level.
    """
    encoded = [_encode(value) for value in values]
    return "".join(_hash(part) for part in (encoded if kind == "MultiHash" else [b"".join(encoded)]))


def steps(path: str) -> list[str]:
    """The names in a path as `/a/"b c"/d`."""
    found, rest = [], path
    while rest.strip("/"):
        rest = rest.lstrip("/")
        quote = rest[0] if rest[0] in "\"'" else ""
        end = rest.find(quote, 1) if quote else (rest + "/").find("/")
        if end < 0:
            raise bad_request(f"The path {path!r} has a quote that does not end.")
        found.append(rest[1:end] if quote else rest[:end])
        rest = rest[end + 1 :]
    return found


def _encode(value: Any) -> bytes:
    if value is UNDEFINED:
        return b"\x00"
    if value is None:
        return b"\x01"
    if isinstance(value, bool):
        return b"\x03" if value else b"\x02"
    if isinstance(value, int | float):
        return b"\x05" + struct.pack("<d", float(value))
    return b"\x08" + str(value).encode() + b"\xff"


def _hash(raw: bytes) -> str:
    low, high = _murmur3_x64_128(raw)
    turned = bytearray((low.to_bytes(8, "little") + high.to_bytes(8, "little"))[::-1])
    turned[0] &= 0x3F
    return turned.hex().upper()


def _murmur3_x64_128(raw: bytes) -> tuple[int, int]:
    """Source: Austin Appleby, MurmurHash3.cpp, MurmurHash3_x64_128, in the public domain."""
    first, second = 0x87C3_7B91_1142_53D5, 0x4CF5_AD43_2745_937F
    one = two = 0
    whole = len(raw) - len(raw) % 16
    for start in range(0, whole, 16):
        k1, k2 = struct.unpack_from("<QQ", raw, start)
        one ^= _rotate(k1 * first & _MASK, 31) * second & _MASK
        one = ((_rotate(one, 27) + two) * 5 + 0x52DC_E729) & _MASK
        two ^= _rotate(k2 * second & _MASK, 33) * first & _MASK
        two = ((_rotate(two, 31) + one) * 5 + 0x3849_5AB5) & _MASK
    k1, k2 = struct.unpack("<QQ", raw[whole:].ljust(16, b"\x00"))
    two ^= _rotate(k2 * second & _MASK, 33) * first & _MASK
    one ^= _rotate(k1 * first & _MASK, 31) * second & _MASK
    one, two = one ^ len(raw), two ^ len(raw)
    one = (one + two) & _MASK
    two = (two + one) & _MASK
    one, two = _finish(one), _finish(two)
    one = (one + two) & _MASK
    return one, (two + one) & _MASK


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK


def _finish(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51_AFD7_ED55_8CCD & _MASK
    value = (value ^ value >> 33) * 0xC4CE_B9FE_1A85_EC53 & _MASK
    return value ^ value >> 33
