"""The articles as a website with realistic clutter, served on loopback. Equal bytes every time."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from evals.articles import Article, articles
from evals.templates import TEMPLATES, Surroundings

_ROBOTS = "User-agent: *\nDisallow: /private/\n"
_PER_LIST = 8


def path_of(article: Article) -> str:
    """Where an article lies on the site."""
    return f"/wiki/{article.slug}.html"


def pages() -> dict[str, tuple[str, str]]:
    """Every page: path to media type and text. Each template has about as many articles."""
    every = articles()
    found = {
        path_of(article): ("text/html; charset=utf-8", TEMPLATES[place % len(TEMPLATES)](article, _around(place)))
        for place, article in enumerate(every)
    }
    lists = [every[start : start + _PER_LIST] for start in range(0, len(every), _PER_LIST)]
    for number, part in enumerate(lists, start=1):
        found[f"/list/{number}.html"] = ("text/html; charset=utf-8", _list(number, part))
    links = "".join(f'<li><a href="/list/{number}.html">Part {number}</a></li>' for number in range(1, len(lists) + 1))
    found["/"] = ("text/html; charset=utf-8", _plain("Loopbackica", f"<h1>Loopbackica</h1><ul>{links}</ul>"))
    found["/private/copy.html"] = ("text/html; charset=utf-8", TEMPLATES[0](every[0], _around(0)))
    found["/privacy"] = ("text/html; charset=utf-8", _plain("Privacy", "<h1>Privacy</h1><p>We store nothing.</p>"))
    found["/robots.txt"] = ("text/plain; charset=utf-8", _ROBOTS)
    return found


@contextmanager
def served() -> Iterator[str]:
    """Serve the site while the block runs. Yields its URL, without a final slash."""
    site = {path: (kind, text.encode()) for path, (kind, text) in pages().items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = site.get(self.path, ("text/plain", b"not found"))
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            status = 200 if self.path in site else 404
            if self.headers.get("If-None-Match") == etag:
                status, body = 304, b""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", etag)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the base class
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _around(place: int) -> Surroundings:
    every = articles()
    near = [every[(place + step) % len(every)] for step in range(1, len(every))]
    first = every[place].paragraphs[0]
    return Surroundings(
        links=tuple((path_of(other), other.title) for other in near[:18]),
        teasers=tuple(
            (path_of(other), other.title, " ".join(other.paragraphs[(place + 3) % len(other.paragraphs)].split()[:28]))
            for other in near[3:20:4]
        ),
        table=(
            ("Subject", every[place].title),
            ("Sections", str(len(every[place].sections))),
            ("Length", f"{sum(len(p.split()) for p in every[place].paragraphs):,} words"),
            ("First words", " ".join(first.split()[:6])),
        ),
    )


def _list(number: int, part: tuple[Article, ...]) -> str:
    rows = "".join(
        f'<li><a href="{path_of(article)}">{escape(article.title)}</a>: {escape(article.paragraphs[0][:120])} ...</li>'
        for article in part
    )
    hidden = '<p><a href="/private/copy.html">A copy that robots may not read</a></p>'
    return _plain(f"Articles, part {number}", f"<h1>Articles, part {number}</h1><ul>{rows}</ul>{hidden}")


def _plain(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f'<body><nav><a href="/">Home</a> <a href="/privacy">Privacy</a></nav><main>{body}</main></body></html>'
    )
