"""The OpenAPI document is true: schemathesis tries to prove the opposite."""

import html
import json

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig

from lib.api.app import create_app
from tests.api.conftest import connect
from tests.api.in_memory import InMemory, make_api
from tests.api.made_up import ANSWER, DELETES

CONFIG = SchemathesisConfig.from_dict({"seed": 7})


def app():
    return create_app(make_api(InMemory()))


schema = schemathesis.openapi.from_dict(app().openapi(), config=CONFIG)
schema.app = app()
schema.location = "http://localhost:7071/api/openapi.json"


@schema.parametrize()
@settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_its_promises(case):
    case.call_and_validate(headers={"host": "localhost:7071"})


def document(client) -> dict:
    return client.get("/api/openapi.json").json()


def operations(client):
    for path, item in document(client)["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def test_every_route_of_the_design_is_there(client):
    paths = {(method.upper(), path) for method, path, _ in operations(client)}

    assert paths >= {
        ("POST", "/api/search"),
        ("POST", "/api/ask"),
        ("GET", "/api/status"),
        ("GET", "/api/documents/{document_id}"),
        ("POST", "/api/answers/{answer_id}/feedback"),
        ("GET", "/api/answers/{answer_id}"),
        ("PUT", "/api/admin/sources/{source_id}/documents/{key}"),
        ("DELETE", "/api/admin/sources/{source_id}/documents/{key}"),
        ("GET", "/api/health/live"),
        ("GET", "/api/health/ready"),
    }


def test_every_operation_is_described_and_declares_its_problems(client):
    for method, path, operation in operations(client):
        assert operation["description"], (method, path)
        assert operation["operationId"].isidentifier()
        assert {"401", "403", "421", "500", "503"} <= set(operation["responses"]), (method, path)
        assert ("requestBody" in operation) == ({"400", "413", "415"} <= set(operation["responses"])), (method, path)
        for status, response in operation["responses"].items():
            kinds = set(response.get("content", {}))
            if status >= "4":
                assert "application/problem+json" in kinds, (method, path, status)


def test_operation_ids_are_unique(client):
    ids = [operation["operationId"] for _, _, operation in operations(client)]

    assert len(ids) == len(set(ids))


def test_every_field_that_is_sent_has_a_description(client):
    schemas = document(client)["components"]["schemas"]

    for name in ("SearchBody", "AskBody", "FeedbackBody", "PushBody", "ReplayBody", "DiscardBody"):
        assert [field for field, s in schemas[name]["properties"].items() if not s.get("description")] == []


def test_no_trace_of_the_frameworks_own_errors(client):
    assert "HTTPValidationError" not in json.dumps(document(client))


def test_the_reference_shows_every_operation_and_field(client):
    page = client.get("/api/docs").text

    for _, path, operation in operations(client):
        assert f'id="{operation["operationId"]}"' in page
        assert f"<code>{path}</code>" in page
    for name in document(client)["components"]["schemas"]["AnswerOut"]["properties"]:
        assert f"<code>{name}</code>" in page
    assert "citations[].quote" in page


@pytest.mark.parametrize("operation_id", ["search", "ask", "read_document", "publish", "give_feedback"])
def test_the_commands_of_the_reference_work(client, operation_id):
    page = client.get("/api/docs").text
    section = page[page.index(f'id="{operation_id}"') :]
    command = section[section.index("<pre><code>curl") :].split("</code></pre>")[0]

    assert "curl -s" in command
    if "-d " in command:
        body = json.loads(html.unescape(command).partition("-d '")[2].removesuffix("'"))
        paths = {
            "search": "/api/search",
            "ask": "/api/ask",
            "publish": "/api/admin/sources/intranet/documents/policies/leave",
            "give_feedback": f"/api/answers/{ANSWER.answer_id}/feedback",
        }
        method = "PUT" if operation_id == "publish" else "POST"
        assert client.request(method, paths[operation_id], json=body).status_code < 300


def test_examples_of_the_document_are_valid_requests(state):
    client = connect(make_api(state))

    assert client.post("/api/search", json={"query": "how fast is a change searchable"}).status_code == 200
    assert client.get(f"/api/documents/{DELETES}").status_code == 200
