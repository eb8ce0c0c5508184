"""The same API without a server: one request to the app in this process, over the data folder."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from lib import composition
from lib.api.wiring import app
from lib.errors import BadInput
from local.client import Refused
from local.process import load_settings


def offline_api(options: argparse.Namespace, method: str, path: str, body: Any = None) -> Any:
    """
    Answer a request from the data folder. Messages that it sends wait for the next `up`.

    Raises: BadInput if there is no data folder yet, Refused.
    """
    if not (Path(options.data) / "store.db").exists():
        raise BadInput(f"there is no data in {options.data!r} yet: start with `python3 dev.py up`")
    load_settings(options)
    try:
        status, content = asyncio.run(_request(method, path, b"" if body is None else json.dumps(body).encode()))
    finally:
        composition.adapters().close()
        app.cache_clear()  # it is bound to what was closed
    found = json.loads(content)
    if status >= 400:
        raise Refused(f"{found.get('title', status)}: {found.get('detail', '')}")
    return found


async def _request(method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """One ASGI exchange."""
    path, _, query = path.partition("?")
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"accept", b"application/json")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [*headers, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        "state": {},
    }
    status, parts, sent = 0, [], False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await app()(scope, receive, send)
    return status, b"".join(parts)
