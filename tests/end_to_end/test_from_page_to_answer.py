"""From a changed page to a changed answer, and from a deleted page to a refusal, through the running product."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import MODES, ROOT, App, until
from tests.site import Reply, Site, page
from tests.workbench import website

pytestmark = pytest.mark.e2e

OLD = "The canteen of the north building opens at seven in the morning and serves soup."
NEW = "The canteen of the north building opens at nine in the morning and serves soup."
OTHER = "Bicycles are parked in the cellar of the south building, which needs a key card."
QUESTION = "When does the canteen of the north building open?"


@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def site(mode: str) -> Iterator[Site]:
    with Site() as running:
        running.pages = {
            "/": page("Handbook", "This handbook tells how the buildings work.", "/canteen", "/bicycles", "/forbidden"),
            "/canteen": page("Canteen", OLD),
            "/bicycles": page("Bicycles", OTHER),
            "/forbidden": page("Forbidden", "The safe holds a purple elephant."),
            "/robots.txt": Reply("User-agent: *\nDisallow: /forbidden", headers={"Content-Type": "text/plain"}),
        }
        yield running


@pytest.fixture(scope="module")
def app(mode: str, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("a folder with spaces")
    with App(folder, website(site.url, schedule='"* * * * * *"'), mode=mode) as running:
        until(lambda: running.search(QUESTION), "the first hit")
        yield running


def test_a_changed_page_changes_the_answer(app: App, site: Site) -> None:
    until(lambda: "seven" in app.ask(QUESTION)["answer"], "the first answer")
    first = app.ask(QUESTION)

    site.pages["/canteen"] = page("Canteen", NEW)

    until(lambda: "nine" in app.ask(QUESTION)["answer"], "the changed answer")
    [citation, *_] = first["citations"]
    version, name = citation["document_version"], citation["document_id"]
    stored = app.get(f"/api/documents/{name}?version={version}")
    assert stored["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_a_deleted_page_leads_to_a_refusal(app: App, site: Site) -> None:
    question = "Where are bicycles parked?"
    until(lambda: "cellar" in app.ask(question)["answer"], "the answer")

    site.pages["/bicycles"] = Reply("gone", status=410)

    until(lambda: app.ask(question)["refused"], "the refusal")
    assert not [hit for hit in app.search(question) if hit["url"].endswith("/bicycles")]


def test_what_robots_txt_forbids_never_appears(app: App) -> None:
    assert not [hit for hit in app.search("purple elephant safe", top=50) if "forbidden" in hit["url"]]


def test_status_settles_and_the_command_line_sees_the_same(app: App) -> None:
    until(lambda: app.get("/api/status")["queued"] == 0, "the queues to drain")

    done = subprocess.run(
        [sys.executable, "-m", "local", "status", "--port", str(app.port)], cwd=ROOT, capture_output=True, check=True
    )

    report = json.loads(done.stdout)
    assert report["dead_letters"] == 0
    assert report["sources"][0]["id"] == "site"


def test_a_second_up_on_the_same_folder_is_refused_with_the_fix(app: App) -> None:
    done = subprocess.run(
        [*app.command()[:-1], str(app.port + 1)], cwd=ROOT, capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 1
    assert done.stderr.decode().count("\n") == 1
    assert "--data" in done.stderr.decode()


def test_a_taken_port_is_refused_with_the_fix(app: App, tmp_path: Path) -> None:
    other = App(tmp_path, "sources: []")
    other.port = app.port

    done = subprocess.run(other.command(), cwd=ROOT, capture_output=True, timeout=60, check=False)

    assert done.returncode == 1
    assert "--port" in done.stderr.decode()


def test_wrong_sources_are_refused_before_anything_starts(tmp_path: Path) -> None:
    app = App(tmp_path, "sources:\n  - id: x\n    kind: website\n    shedule: y\n")

    done = subprocess.run(app.command(), cwd=ROOT, capture_output=True, timeout=60, check=False)

    assert done.returncode == 1
    assert "sources.yaml:4" in done.stderr.decode()
    assert "schedule" in done.stderr.decode()


def test_ctrl_c_ends_it_in_order(tmp_path: Path) -> None:
    app = App(tmp_path, "sources: []").start()

    assert app.stop() == 0
    assert "Traceback" not in app.log.read_text()
