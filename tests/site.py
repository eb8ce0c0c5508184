"""A small website on loopback whose pages a test changes while it is being crawled."""

import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass
class Reply:
    """What the site answers for a path."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no error of the site."""


class Site:
    """
    Pages by path. Answers conditional requests by ETag; remembers every request.

    `with Site({"/": page("Home", "...")}) as site: ... site.url`
    """

    def __init__(self, pages: dict[str, Reply | str] | None = None) -> None:
        self.pages: dict[str, Reply | str] = dict(pages or {})
        self.requests: list[tuple[str, int]] = []
        """(path, status), in order."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Be quiet."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, path: str) -> list[int]:
        """Statuses given for a path, in order."""
        return [status for asked, status in self.requests if asked == path]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        found = self.pages.get(handler.path, Reply(status=404, body="not found"))
        reply = Reply(body=found) if isinstance(found, str) else found
        body = reply.body.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        status = reply.status
        if status == 200 and handler.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        self.requests.append((handler.path, status))
        handler.send_response(status)
        headers = {"Content-Type": "text/html; charset=utf-8", "ETag": etag, **reply.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def page(title: str, text: str, *links: str, head: str = "") -> str:
    """Write a page: a title, paragraphs (split at empty lines), links in its navigation."""
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    nav = "".join(f'<a href="{link}">{link}</a> ' for link in links)
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>{head}</head><body><nav>{nav}</nav>'
        f"<main><h1>{title}</h1>{paragraphs}</main><footer>Imprint</footer></body></html>"
    )
