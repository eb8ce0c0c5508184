"""`held` and `crawls` on the command line: over the data folder, and through the running app."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import ROOT, App
from tests.site import Site, page
from tests.workbench import Workbench, website

HOURS = (
    "The counter in the town hall is open from nine to noon on weekdays, and on Thursdays in the evening as well. "
    "Bring your identity card, and the form that the registry office sent you by post. Parking is free for an hour."
)
WALL = "Please log in to continue \x9b31m now. Enter your username and password. Forgot your password?"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A data folder with a page that turned into a login wall, and one that did so from the start; not started."""
    with Site() as site:
        site.pages = {"/": page("Home", HOURS, "/hours"), "/hours": page("Opening hours", HOURS + " Bring a coin.")}
        sources = website(site.url, schedule='"0 0 0 1 1 *"')
        bench = Workbench(tmp_path, sources)
        bench.crawl("site")
        site.pages["/hours"] = page("Sign in", WALL)
        bench.crawl("site")
        bench.close()
        yield App(tmp_path, sources)


@pytest.fixture
def run(app: App) -> Run:
    def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
        given = ["--sources", str(app.sources), "--data", str(app.data), "--port", str(app.port)]
        line = [sys.executable, "-m", "local", *arguments, *given]
        return subprocess.run(line, cwd=ROOT, capture_output=True, timeout=60, check=False, encoding="utf-8")

    return command


def test_a_held_page_is_listed_shown_and_released_from_the_data_folder(run: Run) -> None:
    listed = run("held", "--source", "site")
    head, row = listed.stdout.splitlines()
    assert head.split() == ["ID", "SOURCE", "RULE", "TIMES", "SINCE", "URL"]
    name, source, rule, times, _, url = row.split()
    assert (source, rule, times, url.endswith("/hours")) == ("site", "login", "1", True)

    shown = run("held", "show", name).stdout
    assert "login: " in shown
    assert f"\n-{HOURS} Bring a coin.\n" in shown
    assert "\n+Please log in to continue" in shown
    assert "\x9b" not in shown

    released = run("held", "release", "--all", "--source", "site")
    assert released.stdout == "released 1\n", released.stderr
    after = run("held")
    assert (after.returncode, after.stdout, after.stderr) == (0, "", "nothing is held back\n")


def test_crawls_are_one_line_each(run: Run) -> None:
    newest, first = run("crawls", "site").stdout.splitlines()

    assert "complete" in first
    assert "2 new" in first
    assert "1 held (login)" in newest
    assert [c["outcome"] for c in json.loads(run("crawls", "site", "--json").stdout)] == ["complete", "complete"]


def test_the_commands_go_through_the_running_app(app: App, run: Run) -> None:
    with app:
        assert [source["held"] for source in app.get("/api/status")["sources"]] == [1]
        [item] = json.loads(run("held", "--json").stdout)
        assert json.loads(run("held", "show", item["id"], "--json").stdout)["item"] == item
        assert json.loads(run("held", "discard", item["id"], "--json").stdout) == {"count": 1}

        assert app.get("/api/admin/held") == {"held": [], "next": None}
        assert len(run("crawls", "site").stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("held", "release"), "name what to release"),
        (("held", "discard"), "name what to discard"),
        (("held", "show"), "name one held item"),
        (("held", "show", "nope"), "there is no held item 'nope'"),
        (("held", "release", "nope"), "there is no held item 'nope'"),
        (("held", "release", "--all"), "held release --all --source ID"),
        (("held", "discard", "--all", "--source", "site"), "held release --all --source ID"),
        (("crawls", "nope"), "there is no source 'nope'"),
    ],
)
def test_a_wrong_command_is_one_line_with_the_fix(run: Run, arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
