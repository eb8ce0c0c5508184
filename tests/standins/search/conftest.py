"""A search service of its own for each test module: the routes alone, without TLS and tokens."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from local.standins.faults import Fault, Faults
from local.standins.search import routes
from local.standins.search.state import SearchState

DEFINITION: dict[str, Any] = {
    "name": "books",
    "fields": [
        {"name": "id", "type": "Edm.String", "key": True, "searchable": False, "filterable": True},
        {"name": "title", "type": "Edm.String", "searchable": True, "filterable": False, "facetable": False},
        {"name": "text", "type": "Edm.String", "searchable": True, "filterable": False, "facetable": False},
        {"name": "kind", "type": "Edm.String", "searchable": False},
        {"name": "tags", "type": "Collection(Edm.String)", "searchable": False},
        {"name": "pages", "type": "Edm.Int32"},
        {"name": "price", "type": "Edm.Double"},
        {"name": "sold", "type": "Edm.Boolean"},
        {"name": "printed", "type": "Edm.DateTimeOffset"},
        {
            "name": "vec", "type": "Collection(Edm.Single)", "dimensions": 2, "vectorSearchProfile": "p",
            "searchable": True, "filterable": False, "facetable": False, "sortable": False, "retrievable": False,
        },
    ],
    "vectorSearch": {"algorithms": [{"name": "h", "kind": "hnsw"}], "profiles": [{"name": "p", "algorithm": "h"}]},
    "semantic": {
        "defaultConfiguration": "s",
        "configurations": [
            {
                "name": "s",
                "prioritizedFields": {
                    "titleField": {"fieldName": "title"},
                    "prioritizedContentFields": [{"fieldName": "text"}],
                },
            }
        ],
    },
}  # fmt: skip


class Service:
    """The stand-in and a short way to call it."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.faults = Faults()
        self.state: SearchState | None = None
        self.start()

    def start(self) -> None:
        """From what is in the folder, again too."""
        self.close()
        self.state = SearchState(self.folder, self.faults)
        self.http = TestClient(Starlette(routes=routes.routes(self.state)))

    def close(self) -> None:
        if self.state:
            self.state.close()

    def set_fault(self, kind: str, **options: Any) -> None:
        self.faults.set([Fault(service="search", kind=kind, **options)])

    def call(self, method: str, path: str, body: Any = None, **headers: str):
        return self.http.request(method, f"{path}?api-version=2026-04-01", json=body, headers=headers)

    def index(self, *documents: dict[str, Any], action: str = "upload"):
        value = [{"@search.action": action, **document} for document in documents]
        return self.call("POST", "/indexes('books')/docs/search.index", {"value": value})

    def search(self, **body: Any) -> dict[str, Any]:
        answer = self.call("POST", "/indexes('books')/docs/search.post.search", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, **body: Any) -> dict[str, Any]:
        answer = self.call("POST", "/indexes('books')/docs/search.post.search", body)
        assert answer.status_code == 400, answer.text
        return answer.json()["error"]

    def ids(self, **body: Any) -> list[str]:
        return [row["id"] for row in self.search(**body)["value"]]


@pytest.fixture
def service(tmp_path) -> Iterator[Service]:
    """With the index `books`, empty."""
    made = Service(tmp_path / "search")
    assert made.call("POST", "/indexes", DEFINITION).status_code == 201
    yield made
    made.close()


@pytest.fixture
def book() -> Callable[..., dict[str, Any]]:
    def make(name: str, text: str = "", **fields: Any) -> dict[str, Any]:
        return {"id": name, "title": f"Title {name}", "text": text, **fields}

    return make
