"""What fits into an item of Cosmos DB: ids, texts, sizes, batches."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from lib.errors import BadInput

MAX_ITEM_BYTES = 2_000_000
"""Cosmos DB takes 2 MB (2,097,152 bytes) a request; some of it is the envelope, and system properties."""
BATCH_OPERATIONS = 100
BATCH_BYTES = 1_800_000
"""Room for what surrounds each operation."""

_SAFE = re.compile(r"^(?!~)[A-Za-z0-9._~=@+-]{1,200}$")


def safe_id(name: str) -> str:
    """Make an id that Cosmos DB takes: the name itself if it is short and plain, else `~` and its hash."""
    return name if _SAFE.match(name) else "~" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def sendable(item: Mapping[str, Any], what: str) -> dict[str, Any]:
    """
    Make an item that can be sent as UTF-8: half surrogate pairs become `?`.

    Raises: BadInput if it is larger than an item may be.
    """
    found = dict(item)
    try:
        size = size_of(found)
    except UnicodeEncodeError:
        found = _storable(found)
        size = size_of(found)
    if size > MAX_ITEM_BYTES:
        raise BadInput(f"{what}: item {found.get('id')!r} has {size:,} bytes, Cosmos DB takes {MAX_ITEM_BYTES:,}")
    return found


def size_of(value: Any) -> int:
    """Bytes of a value as JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: _storable(entry) for key, entry in value.items()}
    return [_storable(entry) for entry in value] if isinstance(value, list | tuple) else value


def known(kind: type, item: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the values that a record of this kind has a field for: items have more, and older ones others."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in item.items() if name in names}


def pack(text: str) -> str:
    """Compress a text that nobody searches, as base64: requests are charged by the byte."""
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), 3)).decode("ascii")


def unpack(packed: str) -> str:
    return zlib.decompress(base64.b64decode(packed)).decode()


def named(prefix: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Make the parameters of an `IN`: `("@x0, @x1", {"x0": ..., "x1": ...})`."""
    filled = {f"{prefix}{n}": value for n, value in enumerate(values)}
    return ", ".join(f"@{name}" for name in filled), filled


def batches(groups: Iterable[Sequence[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """
    Join groups of items, in their order, into lists that one transactional batch can take.

    A group stays together, unless it is larger than a batch by itself.
    """
    batch: list[dict[str, Any]] = []
    held = 0
    for group in groups:
        sizes = [size_of(_storable(item)) for item in group]
        if batch and (len(batch) + len(group) > BATCH_OPERATIONS or held + sum(sizes) > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        for item, size in zip(group, sizes, strict=True):
            if batch and (len(batch) == BATCH_OPERATIONS or held + size > BATCH_BYTES):
                yield batch
                batch, held = [], 0
            batch.append(item)
            held += size
    if batch:
        yield batch
