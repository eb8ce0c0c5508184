import base64
import json

import pytest

from lib.settings import Settings
from tests.api.conftest import connect, problem
from tests.api.in_memory import make_api

OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
PLATFORM = Settings(auth="platform", base_url="https://plumbline.example")


def principal(*roles: str, groups: tuple[str, ...] = (), id: str = "somebody") -> dict[str, str]:
    claims = [{"typ": OID, "val": id}, {"typ": "name", "val": "Some Body"}]
    claims += [{"typ": "roles", "val": role} for role in roles] + [{"typ": "groups", "val": group} for group in groups]
    document = {"auth_typ": "aad", "name_typ": "name", "role_typ": "roles", "claims": claims}
    return {"x-ms-client-principal": base64.b64encode(json.dumps(document).encode()).decode()}


@pytest.fixture
def cloud(state):
    return connect(make_api(state, settings=PLATFORM, platform_auth=True))


@pytest.mark.parametrize(
    "path",
    ["/", "/web/app.js", "/manual/", "/api/docs", "/api/openapi.json", "/api/status", "/api/health/live", "/nope"],
)
def test_without_platform_authentication_everything_is_401(state, path):
    client = connect(make_api(state, settings=PLATFORM, platform_auth=False))
    found = problem(client.get(path, headers=principal("Admin")))

    assert (found["status"], found["slug"]) == (401, "unauthenticated")
    assert "Turn it on" in found["detail"]


def test_nobody_is_401_but_probes(cloud):
    assert problem(cloud.get("/"))["status"] == 401
    assert cloud.post("/api/search", json={"query": "x"}).headers["www-authenticate"] == "Bearer"
    assert cloud.get("/api/health/live").status_code == 200
    assert cloud.get("/api/health/ready").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "nonsense",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"claims": {}}').decode(),
        base64.b64encode(b'{"claims": [1, {"typ": 1}]}').decode(),
        base64.b64encode(b"[" * 40_000).decode(),
        "A" * 70_000,
    ],
)
def test_a_broken_principal_is_nobody(cloud, header):
    assert problem(cloud.get("/api/status", headers={"x-ms-client-principal": header}))["status"] == 401


@pytest.mark.parametrize(
    ("role", "path", "allowed"),
    [
        ("Reader", "/", True),
        ("Reader", "/api/documents/d0", True),
        ("Reader", "/api/status", False),
        ("Reader", "/api/admin/dead-letters", False),
        ("Operator", "/", True),
        ("Operator", "/api/status", True),
        ("Operator", "/api/admin/dead-letters", True),
        ("Operator", "/api/admin/registry/live", False),
        ("Admin", "/api/admin/registry/live", True),
        ("Admin", "/api/status", True),
        ("Guest", "/", False),
    ],
)
def test_roles(cloud, role, path, allowed):
    response = cloud.get(path, headers=principal(role))

    assert (response.status_code != 403) == allowed
    if not allowed:
        assert "role" in problem(response)["detail"]


def test_the_caller_is_who_the_platform_says(state):
    seen = []

    def retrieve(query, *, top, caller, source_ids):
        seen.append(caller)
        return []

    client = connect(make_api(state, settings=PLATFORM, platform_auth=True, retrieve=retrieve))
    client.post("/api/search", json={"query": "x"}, headers=principal("Reader", groups=("hr", "board"), id="oid-1"))

    assert (seen[0].id, seen[0].groups, seen[0].roles) == ("oid-1", ("board", "everyone", "hr"), {"Reader"})


def test_reasons_of_a_failing_port_are_for_operators(state):
    def fails():
        raise RuntimeError("db at /secret/path")

    client = connect(make_api(state, settings=PLATFORM, platform_auth=True, ready={"documents": fails}))
    anybody, operator = client.get("/api/health/ready"), client.get("/api/health/ready", headers=principal("Operator"))

    assert anybody.status_code == operator.status_code == 503
    assert anybody.json()["ports"] == {"documents": {"ok": False, "reason": "see the log"}}
    assert operator.json()["ports"]["documents"]["reason"] == "RuntimeError: db at /secret/path"


def test_on_a_laptop_the_header_means_nothing(client):
    assert client.get("/api/admin/registry/live", headers=principal("Guest")).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_signed_in_browser_cannot_be_used_by_another_site(cloud, site):
    headers = {**principal("Admin"), "sec-fetch-site": site, "origin": "https://evil.example"}

    assert problem(cloud.post("/api/search", json={"query": "x"}, headers=headers))["slug"] == "cross-site"


def test_behind_the_platforms_proxy_the_own_page_may_ask(cloud):
    headers = {
        **principal("Reader"),
        "host": "127.0.0.1:8080",
        "x-forwarded-host": "app.azurewebsites.net",
        "origin": "https://app.azurewebsites.net",
        "sec-fetch-site": "same-origin",
    }

    assert cloud.post("/api/search", json={"query": "x"}, headers=headers).status_code == 200
