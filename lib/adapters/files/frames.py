"""What a parser process and its owner say to each other: a JSON header and bytes, each with its length before it."""

import json
import struct
from typing import IO, Any

_LENGTHS = struct.Struct(">IQ")
MAX_HEADER_BYTES = 32 * 1024 * 1024
"""Anchors and links of a large document are in it."""
OUT_OF_MEMORY = 77
"""Exit code of a parser process whose memory ran out: it has none left for a message."""


class BrokenFrame(Exception):
    """The other side ended, or says what no frame is."""


def write_frame(stream: IO[bytes], header: dict[str, Any], body: bytes = b"") -> None:
    """
    Write one message.

    Raises: OSError if the other side is gone.
    """
    head = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(head), len(body)))
    stream.write(head)
    stream.write(body)
    stream.flush()


def read_frame(stream: IO[bytes], *, max_body_bytes: int) -> tuple[dict[str, Any], bytes]:
    """
    Read one message.

    Raises: BrokenFrame if the stream ends, or the message is longer than allowed, or no JSON object.
    """
    header_bytes, body_bytes = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if header_bytes > MAX_HEADER_BYTES or body_bytes > max_body_bytes:
        raise BrokenFrame(f"a frame of {header_bytes} and {body_bytes} bytes is longer than allowed")
    head = _exactly(stream, header_bytes)
    body = _exactly(stream, body_bytes)
    try:
        header = json.loads(head)
    except ValueError as error:
        raise BrokenFrame("a frame without JSON") from error
    if not isinstance(header, dict):
        raise BrokenFrame("a frame whose JSON is no object")
    return header, body


def _exactly(stream: IO[bytes], count: int) -> bytes:
    found = stream.read(count)
    if len(found) != count:
        raise BrokenFrame(f"{count} bytes announced, {len(found)} came")
    return found
