"""What each crawl did, from the ledger."""

import logging

import pytest

from lib.domain.sources import Sources
from lib.errors import NotFound
from lib.pipelines.crawl_reports import list_crawls
from lib.ports.ledger import Fact
from tests.site import Reply, Site, page
from tests.workbench import Workbench, website

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


def test_a_signed_address_that_a_site_leads_to_is_in_no_reason_and_no_log(
    bench: Workbench, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="lib")
    signed = "https://store.example/a?X-Amz-Signature=SECRET&page=2"
    site.pages = {"/": Reply("", 302, headers={"Location": signed})}

    bench.crawl("site")

    states = bench.adapters.state.read("site", [site.url + "/"])
    reports = list_crawls("site", bench.sources, limit=1, ledger=bench.adapters.ledger)
    assert "to https://store.example/a?X-Amz-Signature=***&page=2" in states[site.url + "/"].reason
    assert "SECRET" not in f"{states}{reports}{caplog.text}"


def test_a_signed_address_that_fails_is_in_no_report_and_no_log(
    bench: Workbench, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="lib")
    listed = f"<urlset><url><loc>{site.url}/a?token=SECRET</loc></url></urlset>"
    site.pages = {"/": Reply(listed, headers={"Content-Type": "text/xml"}), "/a?token=SECRET": Reply("", 500)}
    bench.use(website(site.url).replace("website", "sitemap"))

    run = bench.crawl("site")

    [report] = list_crawls("site", bench.sources, limit=1, ledger=bench.adapters.ledger)
    assert (report["outcome"], report["error"]) == ("failed", run.error)
    assert f"{site.url}/a?token=***: HTTP 500" in run.error
    assert "SECRET" not in f"{report}{caplog.text}"


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


def test_a_report_names_what_became_no_document_and_not_every_dead_link(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/denied", "/dead", "/broken"), "/denied": Reply("", 403)}
    site.pages["/broken"] = Reply("", 500)

    bench.crawl("site")

    [report] = list_crawls("site", bench.sources, limit=1, ledger=bench.adapters.ledger)
    assert report["problems"] == [f"{site.url}/denied: HTTP 403", f"{site.url}/broken: HTTP 500"]


@pytest.mark.parametrize(
    ("extra", "reason"),
    [({}, "/: the server answered 404"), ({"select": "'#x'"}, "/: the page has no text where select '#x' looks")],
)
def test_a_source_that_yields_nothing_fails_and_says_why(
    bench: Workbench, site: Site, extra: dict, reason: str
) -> None:
    site.pages = {"/": page("Home", FOXES)} if extra else {}
    bench.use(website(site.url, **extra))

    run = bench.crawl("site")

    assert (run.outcome, run.error) == ("failed", f"it has no document: {site.url}{reason}")


def test_a_crawl_that_left_addresses_out_says_so(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a", "/b"), "/a": page("A", FOXES + " A."), "/b": page("B", FOXES + " B.")}
    bench.use(website(site.url, max_pages="2"))

    run = bench.crawl("site")

    assert (run.outcome, run.error) == ("complete", "max_pages is 2: further addresses were left out")
