"""Heads of HTTP/1.1 messages as a forward proxy reads and writes them. Nothing here connects to anything."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from lib.adapters.web.proxy_policy import NotForwarded

MAX_HEAD_BYTES = 65_536
REASON_HEADER = "X-Plumbline-Reason"
"""On answers of the proxy itself only: it is taken out of what hosts send."""
_HOP_BY_HOP = frozenset(
    "connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer upgrade".split()
)
_FRAMING = frozenset(("content-length", "transfer-encoding"))
"""What says where a message ends: no `Connection` takes it away."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PHRASES = {400: "Bad Request", 403: "Forbidden", 411: "Length Required", 502: "Bad Gateway", 503: "Busy", 504: "Late"}

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request's head, understood."""

    method: str
    host: str
    """Lower case, without brackets or a final dot."""
    port: int
    target: str
    """Path and query; empty for a tunnel."""
    headers: Headers
    body_bytes: int = 0

    @property
    def is_tunnel(self) -> bool:
        """A CONNECT."""
        return self.method == "CONNECT"

    @property
    def url(self) -> str:
        """The plain-HTTP URL asked for."""
        return f"http://{_bracketed(self.host)}{'' if self.port == 80 else f':{self.port}'}{self.target}"

    def forwarded(self) -> bytes:
        """The head to send to the host: origin form, without what concerns the proxy alone, for one exchange."""
        authority = _bracketed(self.host) + ("" if self.port == 80 else f":{self.port}")
        kept = [(name, value) for name, value in end_to_end(self.headers) if name.lower() != "host"]
        return _head(f"{self.method} {self.target} HTTP/1.1", [("Host", authority), *kept, ("Connection", "close")])


def parse_request(raw: bytes) -> Request:
    """Read a request's head, its empty line included. Raises: NotForwarded."""
    line, headers = _parse(raw)
    parts = line.split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise NotForwarded(400, "not understandable as HTTP")
    method, target = parts[0], parts[1]
    try:
        split = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = (split.hostname or "").rstrip("."), split.port
    except ValueError as error:
        raise NotForwarded(400, "not understandable as a URL") from error
    is_odd = (
        split.path or split.query or split.fragment or port is None if method == "CONNECT" else split.scheme != "http"
    )
    if is_odd or not host or not host.isascii():
        raise NotForwarded(400, "neither CONNECT host:port nor an absolute http URL")
    if method == "CONNECT":
        return Request(method=method, host=host, port=port or 0, target="", headers=headers)
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    length = _body_bytes(headers)
    return Request(
        method=method, host=host, port=80 if port is None else port, target=path, headers=headers, body_bytes=length
    )


def answered(raw: bytes) -> tuple[int, bytes]:
    """
    Read a response's head.

    Returns: its status, and the head to send to the client: for one exchange, without the proxy's own headers.
    Raises: NotForwarded.
    """
    line, headers = _parse(raw)
    status = line[9:12]
    if not line.startswith(("HTTP/1.1 ", "HTTP/1.0 ")) or not (status.isascii() and status.isdigit()):
        raise NotForwarded(502, "the host's answer is not understandable as HTTP")
    kept = [(name, value) for name, value in end_to_end(headers) if name.lower() != REASON_HEADER.lower()]
    return int(status), _head(f"HTTP/1.1 {line[9:]}", [*kept, ("Connection", "close")])


def refusal(error: NotForwarded) -> bytes:
    """The proxy's own answer."""
    reason = "".join(char if " " <= char <= "~" else "?" for char in error.reason)[:300]
    headers = [(REASON_HEADER, reason), ("Content-Length", "0"), ("Connection", "close"), ("Cache-Control", "no-store")]
    return _head(f"HTTP/1.1 {error.status} {_PHRASES.get(error.status, 'No')}", headers)


def end_to_end(headers: Headers) -> Headers:
    """Headers without those of one hop, also those that `Connection` names. Source: RFC 9110, 7.6.1."""
    named = {
        word.strip().lower() for name, value in headers if name.lower() == "connection" for word in value.split(",")
    }
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP | (named - _FRAMING)]


def _parse(raw: bytes) -> tuple[str, Headers]:
    line, *rest = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = []
    for field in rest:
        name, colon, value = field.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or any(char in value for char in "\r\n\0"):
            raise NotForwarded(400, "a header is not understandable")
        headers.append((name, value.strip(" \t")))
    if any(char in line for char in "\r\n\0"):
        raise NotForwarded(400, "not understandable as HTTP")
    return line, headers


def _body_bytes(headers: Headers) -> int:
    """Length of a request's body. Chunked bodies are not taken: browsers send none over HTTP/1.1."""
    if any(name.lower() == "transfer-encoding" for name, _ in headers):
        raise NotForwarded(411, "a body without a length")
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    if len(lengths) > 1 or not all(v.isascii() and v.isdigit() and len(v) < 16 for v in lengths):
        raise NotForwarded(400, "the body's length is not understandable")
    return int(lengths[0]) if lengths else 0


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _head(line: str, headers: Headers) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{line}\r\n{fields}\r\n".encode("latin-1")
