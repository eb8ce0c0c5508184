"""Pages that move, stand for each other and come back keep one document each, and lose none."""

from lib.domain.documents import document_id
from tests.pipelines.test_crawl import FOXES, OWLS, documents
from tests.site import Reply, Site, page
from tests.workbench import Workbench


def test_a_page_that_moves_away_and_back_is_not_lost(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/old"), "/old": page("Page", OWLS)}
    bench.crawl("site")
    site.pages |= {"/old": Reply(status=301, headers={"Location": "/new"}), "/new": page("Page", OWLS)}
    bench.crawl("site")
    site.pages |= {"/new": Reply(status=301, headers={"Location": "/old"}), "/old": page("Page", OWLS)}
    for _ in range(3):
        bench.crawl("site")
        assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/old"}


def test_a_new_page_at_the_old_address_of_a_moved_one_gets_a_document_of_its_own(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/old"), "/old": page("Page", OWLS)}
    bench.crawl("site")
    site.pages |= {"/old": Reply(status=301, headers={"Location": "/new"}), "/new": page("Page", OWLS)}
    bench.crawl("site")
    site.pages |= {"/": page("Home", FOXES, "/old", "/new"), "/old": page("Other", OWLS + FOXES)}
    for _ in range(3):
        bench.crawl("site")
        assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/old", f"{site.url}/new"}


def test_a_known_page_that_names_a_missing_canonical_url_is_not_lost(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    site.pages["/a"] = page("A", OWLS, head='<link rel="canonical" href="/missing">')
    for _ in range(3):
        bench.crawl("site")
        assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/a"}


def test_a_known_page_that_names_an_empty_canonical_page_is_not_lost(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/a"), "/a": page("A", OWLS)}
    bench.crawl("site")
    site.pages["/a"] = page("A", OWLS, head='<link rel="canonical" href="/empty">')
    site.pages["/empty"] = "<html><body></body></html>"
    for _ in range(3):
        bench.crawl("site")
        assert set(documents(bench)) == {f"{site.url}/", f"{site.url}/a"}


def test_a_page_that_moves_within_one_batch_leaves_no_ghost(bench: Workbench, site: Site) -> None:
    names = [f"/p{n:02d}" for n in range(60)]
    site.pages = {"/": page("Home", FOXES, "/a", *names)}
    site.pages |= {name: page(name, f"{OWLS} {name}") for name in names}
    site.pages["/a"] = page("A", OWLS)
    bench.crawl("site")
    head = '<link rel="canonical" href="/z">'
    site.pages["/"] = page("Home", FOXES, "/a", *names, "/z")
    site.pages["/a"] = page("A", OWLS, head=head)
    site.pages["/z"] = page("A", OWLS, head=head)
    bench.crawl("site")
    name = document_id("site", f"{site.url}/a")
    [moved] = bench.adapters.documents.get([name]).values()
    assert (moved.url, moved.deleted) == (f"{site.url}/z", False)
    assert len(documents(bench)) == 62
    ids = [c.document_id for c in bench.adapters.documents.scan().changes if not c.deleted]
    assert len(ids) == 62
