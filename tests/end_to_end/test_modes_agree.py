"""The same site gives the same hits, whatever the services are made of."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.articles import articles, questions
from evals.site import path_of, served
from tests.end_to_end.running import App
from tests.workbench import website

pytestmark = pytest.mark.e2e

READ = articles()[:5]
ASKED = [found.question for found in questions() if found.title in {article.title for article in READ}][::3]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as found:
        yield found


def _hits(folder: Path, url: str, mode: str) -> list[list[tuple[str, str]]]:
    """URL and text of the first five hits for each question."""
    folder.mkdir()
    paths = ["/", "/list/1.html", *(path_of(article) for article in READ)]
    include = json.dumps([url + path for path in paths])
    with App(folder, website(url, schedule='"0 0 0 1 1 *"', include=include), mode=mode) as app:
        app.settle()
        return [[(hit["url"], hit["text"]) for hit in app.search(question)] for question in ASKED]


@pytest.mark.timeout(600)
def test_stand_ins_of_azure_give_the_hits_of_the_embedded_default(tmp_path: Path, url: str) -> None:
    embedded = _hits(tmp_path / "embedded", url, "embedded")
    azure = _hits(tmp_path / "azure", url, "azure")

    first = [ours[0] == theirs[0] for ours, theirs in zip(embedded, azure, strict=True)]
    shared = [len(set(ours) & set(theirs)) / len(ours) for ours, theirs in zip(embedded, azure, strict=True)]

    assert all(len(hits) == 5 for hits in embedded)
    assert sum(first) >= 0.98 * len(first)  # vectors keep 16 bits in one place, 32 in the other: equals may swap
    assert sum(shared) >= 0.98 * len(shared)
