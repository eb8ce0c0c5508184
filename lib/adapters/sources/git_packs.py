"""Packs of git: what one unpacks to, found out before anything of it is held in memory."""

import mmap
import os
import zlib
from typing import BinaryIO

from lib.errors import BadInput, Unreachable

MAX_OBJECT_BYTES = 256_000_000
MAX_UNPACKED_BYTES = 5_000_000_000
_STEP = 1 << 16
_OFFSET_DELTA, _NAMED_DELTA = 6, 7
_NAME_BYTES = 20


def check_pack(file: BinaryIO) -> None:
    """
    Walk through a pack and unpack its objects piece by piece, keeping none.

    Raises: BadInput if an object, or all of them, unpack to more than may be; Unreachable if it is no whole pack.
    Source: gitformat-pack(5), git 2.39.
    """
    if not file.seek(0, os.SEEK_END):
        raise Unreachable("the repository sent no pack: try again")
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pack:
        try:
            _check(pack)
        except (IndexError, zlib.error) as error:
            raise Unreachable(f"the repository sent a damaged pack ({error}): try again") from error


def _check(pack: mmap.mmap) -> None:
    if pack[:4] != b"PACK" or len(pack) < 32:
        raise Unreachable("the repository sent no pack: try again")
    at, unpacked = 12, 0
    for _ in range(int.from_bytes(pack[8:12], "big")):
        first = pack[at]
        kind = first >> 4 & 7
        size, at = _number(pack, at, first & 15, 4)
        if kind == _OFFSET_DELTA:
            while pack[at] & 128:
                at += 1
            at += 1
        elif kind == _NAMED_DELTA:
            at += _NAME_BYTES
        _check_size(size)
        start, at = _inflate(pack, at, size)
        if kind in (_OFFSET_DELTA, _NAMED_DELTA):
            _, second = _number(start, 0, start[0] & 127, 7)
            result, _ = _number(start, second, start[second] & 127, 7)
            _check_size(result)
            size += result
        unpacked += size
        if unpacked > MAX_UNPACKED_BYTES:
            raise BadInput(f"the repository unpacks to more than {MAX_UNPACKED_BYTES:,} bytes: it is too large")


def _check_size(size: int) -> None:
    if size > MAX_OBJECT_BYTES:
        raise BadInput(
            f"the repository holds a file of {size:,} bytes, and {MAX_OBJECT_BYTES:,} are allowed: remove it from the"
            " branch, or use a server that can leave it out (uploadpack.allowFilter)"
        )


def _number(data: mmap.mmap | bytes, at: int, value: int, shift: int) -> tuple[int, int]:
    """Read a number of 7 bits a byte, lowest first, that goes on while the top bit is set; and where it ends."""
    while data[at] & 128:
        at += 1
        value |= (data[at] & 127) << shift
        shift += 7
        if shift > 70:
            raise IndexError("a number without end")
    return value, at + 1


def _inflate(pack: mmap.mmap, at: int, size: int) -> tuple[bytes, int]:
    """The first bytes of a compressed object, and where it ends."""
    unpack, start, length = zlib.decompressobj(), b"", 0
    while not unpack.eof:
        given = pack[at : at + min(_STEP, size + 64)]
        if not given:
            raise IndexError("it ends too soon")
        at += len(given)
        while given and not unpack.eof:
            piece = unpack.decompress(given, _STEP)
            given = unpack.unconsumed_tail
            start = start or piece[:32]
            length += len(piece)
            if length > size:
                raise zlib.error("an object is longer than it says")
            if not piece and not given:
                break
        at -= len(unpack.unused_data)
    if length != size:
        raise zlib.error("an object is shorter than it says")
    return start, at
