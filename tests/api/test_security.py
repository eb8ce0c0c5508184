import pytest

from lib.settings import Settings
from tests.api.conftest import connect, problem
from tests.api.in_memory import make_api


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9", "127.0.0.1:7071", "[::1]:7071", "LOCALHOST:7071", "my.box:81"]
)
def test_own_names_are_served(state, host):
    client = connect(make_api(state, settings=Settings(auth="loopback", base_url="http://my.box:81/")))

    assert client.get("/api/health/live", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "localhost.evil.example", "evil.example:7071", "127.0.0.1.nip.io", "my.box"),
        *("localhost@evil.example", "0.0.0.0:7071", "[::2]:7071", "[", ""),
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/status", "/manual/", "/web/app.js"])
def test_foreign_names_are_refused_whatever_the_path(state, host, path):
    client = connect(make_api(state, settings=Settings(auth="loopback", base_url="http://my.box:81")))
    found = problem(client.get(path, headers={"host": host}))

    assert (found["status"], found["slug"]) == (421, "foreign-host")


def test_an_empty_base_url_opens_no_door(state):
    client = connect(make_api(state, settings=Settings(auth="loopback", base_url="")))

    assert problem(client.get("/", headers={"host": ""}))["slug"] == "foreign-host"
    assert problem(client.post("/api/search", json={"query": "x"}, headers={"origin": "null"}))["slug"] == "cross-site"


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:3000"},
    {"origin": "http://["},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/ask"), ("POST", "/api/search"), ("POST", "/api/admin/sources/manual/crawl"),
     ("PUT", "/api/admin/sources/intranet/documents/x"), ("DELETE", "/api/admin/documents/x"), ("PATCH", "/")],
)  # fmt: skip
def test_another_sites_page_can_change_nothing_and_ask_nothing(client, state, method, path, headers):
    found = problem(client.request(method, path, headers=headers))

    assert (found["status"], found["slug"]) == (403, "cross-site")
    assert state.crawled == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://localhost:7071"}, {"origin": "http://localhost:7071", "sec-fetch-site": "same-origin"}],
)
def test_the_own_page_and_programs_may_ask(client, headers):
    assert client.post("/api/search", json={"query": "x"}, headers=headers).status_code == 200


def test_preflights_get_no_permission(client):
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    response = client.options("/api/ask", headers=headers)

    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/web/app.js", "/manual/", "/api/docs", "/api/status", "/api/nope"])
def test_every_response_has_the_security_headers(client, path):
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_api_answers_are_not_kept_and_files_are_checked_again(client):
    assert client.get("/api/status").headers["cache-control"] == "no-store"
    assert client.get("/api/nope").headers["cache-control"] == "no-store"
    assert client.get("/web/app.js").headers["cache-control"] == "no-cache"


def test_pages_have_no_inline_script_or_style(client):
    for path in ("/", "/manual/", "/api/docs"):
        page = client.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert page.count("<script") == page.count('<script type="module" src="/web/')
        assert not [word for word in (" onclick", " onload", "javascript:") if word in page]
