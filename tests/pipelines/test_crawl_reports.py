"""What each crawl did, from the ledger."""

import pytest

from lib.domain.sources import Sources
from lib.errors import NotFound
from lib.pipelines.crawl_reports import list_crawls
from lib.ports.ledger import Fact
from tests.site import Reply, Site, page
from tests.workbench import Workbench

FOXES = "Foxes are small to medium-sized omnivorous mammals that belong to several genera of the family Canidae."


def test_a_report_says_what_each_crawl_did_newest_first(bench: Workbench, site: Site) -> None:
    site.pages = {
        "/robots.txt": Reply("User-agent: *\nDisallow: /secret", headers={"Content-Type": "text/plain"}),
        "/": page("Home", FOXES, "/wall", "/secret"),
        "/wall": page("Just a moment...", "Verify you are human."),
    }
    first_run = bench.crawl("site")
    bench.crawl("site")

    newest, first = list_crawls("site", bench.sources, limit=10, ledger=bench.adapters.ledger)

    assert (first["crawl_id"], first["outcome"], first["error"]) == (first_run.crawl_id, "complete", "")
    assert (first["started_at"], first["ended_at"]) == (first_run.started_at, first_run.ended_at)
    assert 0 <= first["seconds"] < 60
    counts = first["counts"]
    assert (counts["new"], counts["held"], counts["refused"]) == (1, {"captcha": 1}, {"robots": 1})
    assert (newest["counts"]["new"], newest["counts"]["unchanged"]) == (0, 1)
    assert list_crawls("site", bench.sources, limit=1, ledger=bench.adapters.ledger) == [newest]


def test_other_facts_about_a_source_hide_no_crawl(bench: Workbench) -> None:
    def fact(n: int, kind: str) -> Fact:
        return Fact(id=f"f{n}", subject_id="source:site", kind=kind, at=f"2026-11-22T10:00:{n:02d}.000Z")

    bench.adapters.ledger.append([fact(1, "crawled"), *(fact(n, "administered") for n in range(2, 30))])

    [report] = list_crawls("site", bench.sources, limit=2, ledger=bench.adapters.ledger)

    assert (report["crawl_id"], report["seconds"], report["started_at"]) == ("f1", None, "")


def test_a_source_without_crawls_has_no_reports_and_an_unknown_one_is_not_found(bench: Workbench) -> None:
    assert list_crawls("site", bench.sources, limit=5, ledger=bench.adapters.ledger) == []
    with pytest.raises(NotFound, match="nope"):
        list_crawls("nope", Sources(), limit=5, ledger=bench.adapters.ledger)
