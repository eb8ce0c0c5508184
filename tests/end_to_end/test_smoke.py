"""The smoke test proves a running app, and says what is wrong with one that is not as it should be."""

import argparse

import pytest

from local.commands import smoke
from tests.end_to_end.running import App, until

pytestmark = pytest.mark.e2e
SOURCES = "sources:\n  - id: smoke\n    kind: push\n"
STEPS = 9


def _smoke(app: App, *more: str) -> int:
    parser = argparse.ArgumentParser()
    smoke.add_arguments(parser)
    return smoke.run(parser.parse_args(["--url", f"http://localhost:{app.port}", "--patience", "60", *more]))


def test_the_smoke_test_passes_on_the_local_app_and_leaves_nothing(tmp_path, capsys):
    with App(tmp_path, SOURCES) as app:
        assert _smoke(app) == 0
        until(lambda: app.get("/api/status")["documents"] == 0, "the document of the smoke test to be gone")

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * STEPS


def test_the_smoke_test_names_the_failed_step_and_where_to_look(tmp_path, capsys):
    with App(tmp_path, SOURCES) as app:
        assert _smoke(app, "--source", "nope") == 1

    shown = capsys.readouterr().out
    assert "FAIL  takes a document" in shown
    assert "add a source with id 'nope' and kind push" in shown
    assert shown.splitlines()[-1].strip().startswith("look at: your role (Admin)")
