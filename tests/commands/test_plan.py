"""`plan` at the terminal: over the data folder, and through a running app."""

import json
from dataclasses import asdict

import pytest

from lib.adapters.local.folder_lock import FolderLock
from local import cli
from tests.api.plan_in_memory import PLAN
from tests.end_to_end.running import free_port
from tests.site import Reply, Site, page
from tests.workbench import Workbench, website

WORDS = "The canteen of the north building opens at seven in the morning and serves soup. "
DEAD = '\n  - {id: dead, kind: sitemap, start: ["http://127.0.0.1:9/m.xml"], allow_private_network: true}'


@pytest.fixture
def site():
    with Site({"/": page("Canteen", WORDS, "/menu"), "/menu": page("Menu", WORDS * 2)}) as running:
        yield running


@pytest.fixture
def run(tmp_path):
    def plan(sources: str, *arguments: str, port: int = 0) -> int:
        (tmp_path / "sources.yaml").write_text(sources, encoding="utf-8")
        given = ["--sources", str(tmp_path / "sources.yaml"), "--data", str(tmp_path / "data")]
        return cli.main(["plan", *arguments, *given, "--port", str(port or free_port())])

    return plan


def test_without_a_data_folder_everything_is_new_and_no_folder_is_made(run, tmp_path, site, capsys):
    code = run(website(site.url))

    shown = capsys.readouterr().out
    assert code == 0
    assert "new       2 (measured)" in shown
    assert "free (embedded model)" in shown
    assert not (tmp_path / "data").exists()


def test_over_a_data_folder_what_was_crawled_is_known(run, tmp_path, site, capsys):
    bench = Workbench(tmp_path, website(site.url))
    bench.crawl("site")
    bench.close()

    code = run(website(site.url), "site", "--json")

    report = json.loads(capsys.readouterr().out)
    assert (code, report["failed"]) == (0, {})
    assert (report["plans"][0]["known"]["value"], report["plans"][0]["new"]["value"]) == (2, 0)


def test_an_error_in_one_source_does_not_stop_the_others(run, site, capsys):
    code = run(website(site.url) + DEAD, "dead", "site", "nope")

    shown = capsys.readouterr().out
    assert code == 1
    assert "dead: NO PLAN: sitemap 'http://127.0.0.1:9/m.xml' of source 'dead' cannot be read now" in shown
    assert "nope: NO PLAN: there is no source 'nope'" in shown
    assert "site (website)" in shown


def test_push_sources_are_left_out_and_several_plans_are_added_up(run, site, capsys):
    run(
        website(site.url)
        + "\n  - {id: pushed, kind: push}\n"
        + website(site.url).split("\n", 1)[1].replace("site", "two", 1)
    )

    shown = capsys.readouterr().out
    assert "pushed" not in shown
    assert "in all: 4 new pages" in shown


def test_an_endpoint_without_a_price_says_which_setting_is_missing(run, site, capsys, monkeypatch):
    monkeypatch.setenv("EMBEDDING_ENDPOINT", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("EMBEDDING_MODEL", "m")
    run(website(site.url))
    unpriced = capsys.readouterr().out
    monkeypatch.setenv("EMBEDDING_PRICE", "2")
    run(website(site.url))

    assert "no price set: EMBEDDING_PRICE" in unpriced
    assert "at 2 a million tokens" in capsys.readouterr().out


def test_a_folder_that_another_one_works_on_is_left_alone(run, tmp_path, site, capsys):
    bench = Workbench(tmp_path, website(site.url))
    bench.close()

    with FolderLock(tmp_path / "data"):
        code = run(website(site.url))

    assert code == 1
    assert "another Plumbline" in capsys.readouterr().err


def test_a_running_app_plans_its_own_sources(run, site, capsys):
    sources = [{"id": "handbook", "kind": "sitemap"}, {"id": "intranet", "kind": "push"}]
    with Site() as app:
        kind = {"Content-Type": "application/json"}
        app.pages["/api/admin/sources"] = Reply(json.dumps({"sources": sources}), headers=kind)
        app.pages["/api/admin/sources/handbook/plan?sample=7"] = Reply(json.dumps(asdict(PLAN)), headers=kind)

        code = run(website(site.url), "--sample", "7", port=app.port)

    shown = capsys.readouterr()
    assert code == 0
    assert "1,000 (listed)" in shown.out
    assert "its own list of sources is planned" in shown.err


@pytest.mark.parametrize(
    ("sources", "arguments", "message"),
    [
        ("sources:\n  - id: site\n    kind: webseit\n", (), "sources.yaml:3: unknown kind 'webseit'"),
        ("sources: []", ("--sample", "101"), "use 0 to 100"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_fix(run, capsys, sources, arguments, message):
    code = run(sources, *arguments)

    assert code == 1
    assert message in capsys.readouterr().err.splitlines()[-1]
