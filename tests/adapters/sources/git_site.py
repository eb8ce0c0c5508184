"""Repositories for tests, and a server on loopback that serves them as forges do: smart HTTP, by `git http-backend`."""

import contextlib
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

_WHO = {"NAME": "Ada", "EMAIL": "ada@example.com", "DATE": "2026-11-22T10:00:00Z"}


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run git, without anybody's configuration."""
    environment = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in _WHO.items()}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=stdin,
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **environment},
    )
    return done.stdout.decode().strip()


class Work:
    """A repository with its files checked out."""

    def __init__(self, folder: Path, files: dict[str, str | bytes]) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        git(folder, "init", "-q", "-b", "main")
        self.commit(files)

    def commit(self, files: dict[str, str | bytes | None], message: str = "change") -> str:
        """Write files, or delete those that are None; returns the commit's id."""
        for name, body in files.items():
            path = self.folder / name
            if body is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body.encode() if isinstance(body, str) else body)
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", message)
        return git(self.folder, "rev-parse", "HEAD")

    def raw_tree(self, entries: list[tuple[str, str, str]]) -> str:
        """Make the tree of a new commit by hand, with names that no file system takes: (mode, name, id)."""
        data = b"".join(
            f"{mode} ".encode() + name.encode("utf-8", "surrogateescape") + b"\0" + bytes.fromhex(found)
            for mode, name, found in entries
        )
        return git(self.folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=data)

    def blob(self, body: bytes) -> str:
        return git(self.folder, "hash-object", "-w", "--stdin", stdin=body)

    def commit_tree(self, tree: str) -> str:
        commit = git(self.folder, "commit-tree", tree, "-m", "by hand")
        git(self.folder, "update-ref", "refs/heads/main", commit)
        return commit


class GitSite:
    """Serves the repositories below a folder; remembers requests, and can answer otherwise."""

    def __init__(self, root: Path) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """Method, path and headers, in order."""
        self.sent_bytes = 0
        self.redirects: dict[str, str] = {}
        """From the start of a path to the start of an address."""
        self.status = 200
        """Another one is all that it answers."""
        self.body: bytes | None = None
        """With `media_type`, instead of what git says."""
        self.media_type = "application/x-git-upload-pack-advertisement"
        self.headers: dict[str, str] = {}
        """More of them, with a status."""
        self.drips = False
        """Its answer goes on for ever, a byte at a time."""
        self._ended = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site._answer(self, root)

            def do_POST(self) -> None:
                site._answer(self, root)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Be quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def fetches(self) -> int:
        """How often something may have been fetched: listing branches does not count."""
        return sum(method == "POST" and "upload-pack" in path for method, path, _ in self.requests)

    def _answer(self, handler: BaseHTTPRequestHandler, root: Path) -> None:
        path, _, query = handler.path.partition("?")
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.requests.append((handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()}))
        for start, target in self.redirects.items():
            if path.startswith(start):
                handler.send_response(301)
                handler.send_header("Location", target + handler.path[len(start) :])
                handler.send_header("Content-Length", "0")
                handler.end_headers()
                return
        if self.drips:
            handler.send_response(200)
            handler.end_headers()
            with contextlib.suppress(OSError):
                while not self._ended.wait(0.02):
                    handler.wfile.write(b"x")
            return
        if self.status != 200 or self.body is not None:
            handler.send_response(self.status)
            for name, value in {"Content-Type": self.media_type, **self.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(self.body or b"")
            return
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=True,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_NOSYSTEM": "1",
                "REQUEST_METHOD": handler.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
                "REMOTE_ADDR": "127.0.0.1",
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        handler.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        self.sent_bytes += len(content)
        handler.wfile.write(content)
