from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from lib.api.app import create_app
from tests.api.in_memory import InMemory, make_api

BASE_URL = "http://localhost:7071"


@pytest.fixture
def state() -> InMemory:
    return InMemory()


@pytest.fixture
def client(state) -> Iterator[TestClient]:
    with connect(make_api(state)) as client:  # one event loop for all requests of a test
        yield client


_apps: dict[tuple[str, str, bool], FastAPI] = {}
"""Building an app takes a while, and all that it keeps is what its gate needs to know: one for each way in."""


def connect(api) -> TestClient:
    """A client of an app over this Api; errors of the app come back as responses, as from a server."""
    way_in = (api.settings.auth, api.settings.base_url, api.platform_auth)
    app = _apps[way_in] = _apps.get(way_in) or create_app(api)
    app.state.api = api
    return TestClient(app, base_url=BASE_URL, raise_server_exceptions=False, follow_redirects=False)


def problem(response) -> dict:
    """The problem document of a response, which must be one."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["trace_id"] == response.headers["x-request-id"]
    assert body["type"].startswith("/api/docs#problem-")
    return {**body, "slug": body["type"].removeprefix("/api/docs#problem-")}


def server_sent(text: str) -> list[tuple[str, str]]:
    """The events of a stream as name and data; comments under the name `:`."""
    events = []
    for block in text.split("\n\n"):
        if block.startswith(":"):
            events.append((":", block[1:].strip()))
        elif block:
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            events.append((fields["event"], fields["data"]))
    return events
