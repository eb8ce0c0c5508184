"""`try-source` at the terminal."""

import json
import sys

import pytest

from local import cli
from tests.site import Reply, Site, page
from tests.workbench import website

WORDS = "The canteen of the north building opens at seven in the morning and serves soup. "


@pytest.fixture
def site():
    with Site({"/": page("Canteen", WORDS * 20, "/menu")}) as running:
        yield running


@pytest.fixture
def run(tmp_path):
    def attempt(sources: str, *arguments: str) -> int:
        file = tmp_path / "sources.yaml"
        file.write_text(sources, encoding="utf-8")
        return cli.main(["try-source", *arguments, "--sources", str(file), "--data", str(tmp_path / "data")])

    return attempt


def test_a_page_that_becomes_a_document_is_shown_above_its_text_and_nothing_is_stored(run, tmp_path, site, capsys):
    code = run(website(site.url), "site")

    shown = capsys.readouterr().out
    assert code == 0
    assert "becomes     a document" in shown
    assert shown.index("WORDS OF THE RAW PAGE") < shown.index("Imprint") < shown.index("WHAT IS STORED")
    assert "# Canteen" in shown
    assert not (tmp_path / "data").exists()


def test_on_a_wide_terminal_the_texts_stand_side_by_side(run, site, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "140")

    run(website(site.url), "site")

    lines = capsys.readouterr().out.splitlines()
    head = next(line for line in lines if "WORDS OF THE RAW PAGE" in line)
    assert head.endswith("| WHAT IS STORED")
    assert max(map(len, lines[lines.index(head) :])) <= 140


def test_the_raw_page_is_written_as_it_was_fetched(run, tmp_path, site):
    code = run(website(site.url), "site", f"{site.url}/", "--raw", str(tmp_path / "raw.html"))

    assert code == 0
    assert (tmp_path / "raw.html").read_text() == site.pages["/"]


def test_json_has_all_but_the_raw_bytes(run, site, capsys):
    code = run(website(site.url, select='"#x"'), "site", "--json")

    found = json.loads(capsys.readouterr().out)
    assert code == 2
    assert (found["verdict"], found["source"], found["raw_bytes"]) == ("empty", "site", len(site.pages["/"]))
    assert found["notes"] == ["`select` '#x' matches nothing"]


def test_a_page_cannot_command_the_terminal(run, site, capsys):
    site.pages["/"] = page("Canteen \x1b[2J \x07", f"{WORDS}\x1b]0;owned\x07 \u202e {WORDS}")

    run(website(site.url), "site")

    assert not {"\x1b", "\x07", "\u202e"} & set(capsys.readouterr().out)


def test_a_refusal_ends_with_2_and_the_fix(run, site, capsys):
    code = run(website(site.url).replace("true", "false"), "site")

    assert code == 2
    assert "allow_private_network: true" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sources", "message"),
    [
        (("sitte",), "", "did you mean 'site'?"),
        (("site",), "sources:\n  - id: site\n    kind: website\n    selct: x\n", "sources.yaml:4: unknown key 'selct'"),
        (("dead",), "", "cannot be read now"),
        (("pushed",), "", "fed by its API"),
    ],
)
def test_what_cannot_be_tried_is_one_line_with_the_fix(run, capsys, arguments, sources, message):
    known = website("http://127.0.0.1:9") + (
        '\n  - {id: dead, kind: sitemap, start: ["http://127.0.0.1:9/m.xml"], allow_private_network: true}'
        "\n  - {id: pushed, kind: push}"
    )

    code = run(sources or known, *arguments)

    error = capsys.readouterr().err.splitlines()[-1]
    assert code == 1
    assert error.startswith("error: ")
    assert message in error


def test_a_list_in_the_registry_asks_for_a_file(tmp_path, site, capsys, monkeypatch):
    monkeypatch.setenv("SOURCES_FILE", "registry")

    code = cli.main(["try-source", "site", "--data", str(tmp_path)])

    assert code == 1
    assert "--sources" in capsys.readouterr().err


def test_a_raw_page_that_cannot_be_written_says_so(run, tmp_path, site, capsys):
    code = run(website(site.url), "site", "--raw", str(tmp_path / "no" / "such" / "folder"))

    assert code == 1
    assert "cannot be written" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_not_shown(run, site, capsys):
    site.pages["/"] = Reply("\x00\x01", headers={"Content-Type": "text/plain"})

    code = run(website(site.url), "site")

    assert code == 2
    assert "\x00" not in capsys.readouterr().out
