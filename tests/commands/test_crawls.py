"""`crawls` at the terminal: one line for each, with all that it counted."""

import json
import re

import pytest

from local import cli
from tests.end_to_end.running import free_port
from tests.site import Reply, Site, page
from tests.workbench import Workbench, website

WORDS = "The canteen of the north building opens at seven in the morning and serves soup and bread until two. "


@pytest.fixture
def crawled(tmp_path, capsys):
    """A data folder after three crawls, and the command over it."""
    robots = Reply("User-agent: *\nDisallow: /secret", headers={"Content-Type": "text/plain"})
    pages = {"/robots.txt": robots, "/": page("Canteen", WORDS, "/print", "/gone", "/secret", "/bad")}
    with Site({**pages, "/print": page("Canteen", WORDS), "/gone": page("Menu", WORDS * 2)}) as site:
        site.pages["/bad"] = Reply("", 500)
        sources = website(site.url)
        (tmp_path / "sources.yaml").write_text(sources, encoding="utf-8")
        bench = Workbench(tmp_path, sources)
        bench.crawl("site")
        site.pages["/gone"] = Reply("", 404)
        bench.crawl("site")
        bench.close()

    def run(*arguments):
        given = ["--sources", str(tmp_path / "sources.yaml"), "--data", str(tmp_path / "data")]
        assert cli.main(["crawls", "site", *arguments, *given, "--port", str(free_port())]) == 0
        return capsys.readouterr().out

    return run


def test_a_line_says_all_that_a_crawl_counted(crawled):
    lines = crawled().splitlines()
    newest, first = (line for line in lines if not line.startswith(" "))

    assert [line for line in lines if "/secret: " in line or ": HTTP 5" in line]
    assert re.search(r"complete +\d+\.\d s  5 found, 3 fetched, ", first)
    assert ", 1 refused (robots), " in first
    assert re.search(r", 1 failed, .*\d+ requests, \d+ kB, \d+ tokens$", first)
    assert re.search(r" unchanged, 1 gone, ", newest)


def test_json_has_every_number(crawled):
    counts = json.loads(crawled("--json"))[1]["counts"]

    assert set(counts) == {
        *("found", "fetched", "avoided", "unchanged", "changed", "new", "gone", "duplicates", "failed"),
        *("requests", "bytes", "tokens", "held", "refused"),
    }
