"""Compressed bodies, inflated a piece at a time and never beyond a limit."""

import zlib

CODINGS = "gzip, deflate"
"""What we ask for."""
_GZIP = 16 + zlib.MAX_WBITS


class TooLarge(Exception):
    """There is more than the limit."""


class Garbled(Exception):
    """The bytes are not what the coding says, or stop before their end."""


class Inflater:
    """
    Gathers a body of one content coding, or none, up to a limit.

    A body that is not compressed although its header says so is taken as it is: common, and harmless.
    """

    def __init__(self, coding: str, *, max_bytes: int) -> None:
        coding = coding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise Garbled(f"content coding {coding!r} was not asked for")
        self._coding = "" if coding == "identity" else coding.removeprefix("x-")
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> None:
        """Take the next piece. Raises: TooLarge, Garbled."""
        if not data:
            return
        if self._stream is None and self._coding:
            self._start(data)
        if self._stream is None:
            self._keep(data)
            return
        while data:
            try:
                self._keep(self._stream.decompress(data, self._max_bytes - self._size + 1))
            except zlib.error as error:
                raise Garbled(f"{self._coding} body is damaged: {error}") from error
            if self._stream.eof:
                data = self._stream.unused_data.lstrip(b"\0")
                if not data.startswith(b"\x1f\x8b"):
                    return
                self._stream = zlib.decompressobj(_GZIP)  # gzip files may have several members
            else:
                data = self._stream.unconsumed_tail

    def finish(self) -> bytes:
        """The whole body. Raises: Garbled if the stream has not come to its end."""
        if self._stream is not None and not self._stream.eof:
            raise Garbled(f"{self._coding} body stops before its end")
        return b"".join(self._parts)

    def so_far(self) -> bytes:
        """What there is of it below the limit."""
        return b"".join(self._parts)

    def _start(self, data: bytes) -> None:
        if self._coding == "gzip":
            if data[:1] == b"\x1f":
                self._stream = zlib.decompressobj(_GZIP)
        elif data[0] & 0x0F == 8 and (len(data) < 2 or (data[0] * 256 + data[1]) % 31 == 0):
            self._stream = zlib.decompressobj()
        else:
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        if self._stream is None:
            self._coding = ""

    def _keep(self, data: bytes) -> None:
        room = self._max_bytes - self._size
        self._size += len(data)
        self._parts.append(data[:room])
        if len(data) > room:
            raise TooLarge


def inflate(data: bytes, *, max_bytes: int) -> bytes:
    """Inflate a gzip file held in memory. Raises: TooLarge, Garbled."""
    inflater = Inflater("gzip", max_bytes=max_bytes)
    inflater.feed(data)
    return inflater.finish()
