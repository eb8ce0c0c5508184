"""A crawl finds what a site has, writes what changed, and loses nothing."""

from dataclasses import replace

import pytest

from lib import composition
from lib.domain.documents import document_id
from lib.domain.messages import parse_crawl
from lib.errors import NotFound
from lib.pipelines.crawl import continue_crawl, crawl_now
from tests.site import Reply, Site, page
from tests.workbench import Workbench, website

FOXES = "Foxes are small to medium-sized omnivorous mammals that belong to several genera of the family Canidae."
OWLS = "Owls are birds from the order Strigiformes, which hunt mostly at night and turn their heads far around."


def documents(bench: Workbench) -> dict[str, str]:
    """Text by URL of all live documents."""
    ids = [change.document_id for change in bench.adapters.documents.scan().changes if not change.deleted]
    return {found.url: found.text for found in bench.adapters.documents.get(ids).values()}


def test_a_crawl_stores_every_page_that_links_lead_to(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS, "/b"), "/b": page("B", FOXES + OWLS)}

    run = bench.crawl("site")

    assert run.outcome == "complete"
    assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/a", f"{site.url}/b"}
    assert run.counts["new"] == 3


def test_a_second_crawl_of_an_unchanged_site_writes_nothing_and_fetches_no_body(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    bench.settle()
    before = bench.adapters.documents.scan().changes

    run = bench.crawl("site")

    assert bench.adapters.documents.scan().changes == before
    assert run.counts["unchanged"] == 2
    assert site.asked("/a") == [200, 304]
    assert bench.relay() == 0


def test_without_validators_an_unchanged_page_is_still_no_change(bench: Workbench, site: Site) -> None:
    site.pages = {"/": Reply(page("Home", FOXES), headers={"ETag": ""})}
    bench.crawl("site")
    before = bench.adapters.documents.scan().changes

    bench.crawl("site")

    assert site.asked("/") == [200, 200]
    assert bench.adapters.documents.scan().changes == before


def test_a_changed_page_gets_a_greater_version(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    bench.crawl("site")
    [before] = bench.adapters.documents.scan().changes

    site.pages = {"/": page("Home", OWLS)}
    bench.crawl("site")

    [after] = bench.adapters.documents.scan().changes
    assert after.version > before.version
    assert "Owls" in documents(bench)[f"{site.url}/"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_becomes_a_tombstone_and_returns_with_a_greater_version(
    bench: Workbench, site: Site, status: int
) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    site.pages["/a"] = Reply("gone", status=status)

    run = bench.crawl("site")

    name = document_id("site", f"{site.url}/a")
    tombstone = bench.adapters.documents.get([name])[name]
    assert (tombstone.deleted, tombstone.text) == (True, "")
    assert run.counts["gone"] == 1
    site.pages["/a"] = page("A", OWLS)
    bench.crawl("site")
    back = bench.adapters.documents.get([name])[name]
    assert not back.deleted
    assert back.version > tombstone.version


def test_a_page_no_link_leads_to_any_more_stays_while_it_answers_and_goes_when_it_does_not(
    bench: Workbench, site: Site
) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    site.pages["/"] = page("Home", FOXES + " No links here.")
    bench.crawl("site")
    assert f"{site.url}/a" in documents(bench)

    del site.pages["/a"]
    bench.crawl("site")

    assert f"{site.url}/a" not in documents(bench)


def test_a_site_that_is_down_deletes_nothing(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    site.pages = {path: Reply("oops", status=503) for path in ("/", "/a")}

    run = bench.crawl("site")

    assert (run.outcome, len(documents(bench))) == ("failed", 2)
    assert "503" in run.error


def test_a_site_we_may_not_ask_fails_and_deletes_nothing(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    bench.crawl("site")
    bench.use(website(site.url).replace("allow_private_network: true", "allow_private_network: false"))

    run = bench.crawl("site")

    assert (run.outcome, len(documents(bench))) == ("failed", 1)
    assert "allow_private_network" in run.error


def test_robots_txt_is_obeyed_and_takes_pages_back_when_it_changes(bench: Workbench, site: Site) -> None:
    site.pages = {
        "/robots.txt": Reply("User-agent: *\nDisallow: /secret", headers={"Content-Type": "text/plain"}),
        "/": page("Home", FOXES, "/secret", "/open"),
        "/secret": page("Secret", OWLS),
        "/open": page("Open", OWLS + FOXES),
    }

    bench.crawl("site")

    assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/open"}
    assert site.asked("/secret") == []


def test_a_redirect_stores_the_page_once_under_its_own_url(bench: Workbench, site: Site) -> None:
    site.pages = {
        "/": page("Home", FOXES, "/old", "/new"),
        "/old": Reply(status=301, headers={"Location": "/new"}),
        "/new": page("New", OWLS),
    }

    bench.crawl("site")

    assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/new"}


def test_a_page_that_moves_keeps_its_identity(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/old"), "/old": page("Page", OWLS)}
    bench.crawl("site")
    site.pages["/old"] = Reply(status=301, headers={"Location": "/new"})
    site.pages["/new"] = page("Page", OWLS)

    bench.crawl("site")

    name = document_id("site", f"{site.url}/old")
    moved = bench.adapters.documents.get([name])[name]
    assert (moved.deleted, moved.url, moved.aliases) == (False, f"{site.url}/new", (f"{site.url}/old",))
    assert len(documents(bench)) == 2


def test_a_canonical_url_stores_print_views_once(bench: Workbench, site: Site) -> None:
    head = '<link rel="canonical" href="/a">'
    site.pages = {
        "/": page("Home", FOXES, "/a?print=1", "/a"),
        "/a?print=1": page("A", OWLS, head=head),
        "/a": page("A", OWLS, head=head),
    }

    bench.crawl("site")

    assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/a"}


def test_a_canonical_url_that_is_not_there_does_not_lose_the_page(bench: Workbench, site: Site) -> None:
    site.pages = {
        "/": page("Home", FOXES, "/a"),
        "/a": page("A", OWLS, head='<link rel="canonical" href="/missing">'),
    }

    bench.crawl("site")

    assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/a"}


def test_canonical_urls_that_go_in_circles_do_not_lose_all_pages(bench: Workbench, site: Site) -> None:
    site.pages = {
        "/": page("Home", FOXES, "/a"),
        "/a": page("A", OWLS, head='<link rel="canonical" href="/b">'),
        "/b": page("B", OWLS, head='<link rel="canonical" href="/c">'),
        "/c": page("C", OWLS, head='<link rel="canonical" href="/a">'),
    }

    bench.crawl("site")

    assert len(documents(bench)) == 2


def test_noindex_keeps_a_page_out_and_takes_it_back(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    site.pages["/a"] = page("A", OWLS, head='<meta name="robots" content="noindex">')

    bench.crawl("site")

    assert set(documents(bench)) == {f"{site.url}/"}


def test_include_and_exclude_decide_what_is_in_scope(bench: Workbench, site: Site) -> None:
    include = f'["{site.url}/", "{site.url}/docs/**"]'
    bench.use(website(site.url, include=include, exclude=f'["{site.url}/docs/old/**"]'))
    site.pages = {"/": page("Home", FOXES, "/docs/a", "/docs/old/b", "/blog/c")}
    for path in ("/docs/a", "/docs/old/b", "/blog/c"):
        site.pages[path] = page(path, OWLS)

    bench.crawl("site")

    assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/docs/a"}


def test_narrower_access_reaches_every_page_though_none_changed(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    bench.crawl("site")
    bench.settle()
    assert bench.search("foxes")
    bench.use(website(site.url, access="[staff]"))

    bench.crawl("site")

    assert bench.search("foxes") == []
    bench.settle()
    assert bench.search("foxes") == []


def test_slices_find_the_same_pages_as_one_go(tmp_path: object, site: Site, bench: Workbench) -> None:
    site.pages = {"/": page("Home", FOXES, *[f"/p{n}" for n in range(25)])}
    for n in range(25):
        site.pages[f"/p{n}"] = page(f"Page {n}", f"{OWLS} Number {n}.", f"/p{(n * 7) % 25}", f"/q{n}")
        site.pages[f"/q{n}"] = page(f"Deep {n}", f"{FOXES} Number {n}.")
    crawler = replace(composition.crawler(), slice_pages=3)
    run = crawl_now("site", bench.sources, crawler=crawler)
    slices = 0
    while run.outcome == "running":
        [message] = bench.adapters.queue.receive("crawl", limit=8, visibility_s=300)
        continue_crawl(parse_crawl(message.body), bench.sources, crawler=crawler)
        bench.adapters.queue.complete(message)
        slices += 1
        loaded = bench.adapters.state.load_run("site")
        assert loaded
        run = loaded

    assert slices > 1
    assert len(documents(bench)) == 51


def test_crawling_an_unknown_source_names_the_known_ones(bench: Workbench) -> None:
    with pytest.raises(NotFound, match="site"):
        crawl_now("nope", bench.sources, crawler=composition.crawler())


def test_a_sitemap_source_takes_what_the_sitemap_lists_and_nothing_else(bench: Workbench, site: Site) -> None:
    sitemap = website(site.url).replace("kind: website", "kind: sitemap")
    bench.use(sitemap.replace(f"{site.url}/", f"{site.url}/sitemap.xml"))
    xml = f"<urlset><url><loc>{site.url}/a</loc></url><url><loc>{site.url}/b</loc></url></urlset>"
    site.pages = {
        "/sitemap.xml": Reply(xml, headers={"Content-Type": "application/xml"}),
        "/a": page("A", OWLS, "/c"),
        "/b": page("B", FOXES),
        "/c": page("C", FOXES + OWLS),
    }

    run = bench.crawl("site")

    assert run.outcome == "complete"
    assert set(documents(bench)) == {f"{site.url}/a", f"{site.url}/b"}


def test_a_document_keeps_where_it_came_from(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}

    run = bench.crawl("site")

    name = document_id("site", f"{site.url}/")
    found = bench.adapters.documents.get([name])[name].provenance
    assert (found.crawl_id, found.final_url, bool(found.raw_hash)) == (run.crawl_id, f"{site.url}/", True)
