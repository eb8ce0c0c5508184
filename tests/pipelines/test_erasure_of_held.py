"""What crawls held back is text of documents: it is erased with them."""

from dataclasses import asdict, replace

import pytest

from lib import composition
from lib.domain.documents import document_id
from lib.domain.held import HeldItem, held_id
from lib.errors import NotFound, Unreachable
from lib.pipelines.admin import Administrator, erase, forget_source
from lib.pipelines.crawl_book import group_of
from lib.ports.crawl_state import UrlState
from tests.doubles import failing
from tests.pipelines.test_held import FOXES, HOURS, WALL
from tests.site import Reply, Site, page
from tests.workbench import READER, Workbench


def admin(bench: Workbench) -> Administrator:
    return Administrator(builder=composition.builder(), publisher=composition.publisher(), held=bench.adapters.held)


def waiting(bench: Workbench) -> set[str]:
    """Paths of what is held back."""
    return {"/" + item.url.split("/", 3)[3] for item in bench.adapters.held.list()}


def erase_page(bench: Workbench, site: Site, path: str, administrator: Administrator | None = None) -> None:
    name = document_id("site", f"{site.url}{path}")
    erase(name, caller=READER, administrator=administrator or admin(bench))


def forget(bench: Workbench, administrator: Administrator | None = None) -> dict[str, object]:
    return forget_source("site", bench.use("sources: []"), caller=READER, administrator=administrator or admin(bench))


@pytest.fixture
def walls(bench: Workbench, site: Site) -> list[HeldItem]:
    """Two pages that turned into login walls, and one that always was one."""
    site.pages = {"/": page("Home", FOXES, "/hours", "/rooms", "/new")}
    for path in ("/hours", "/rooms"):
        site.pages[path] = page(path, f"{HOURS} This is {path}.")
    bench.crawl("site")
    for path in ("/hours", "/rooms", "/new"):
        site.pages[path] = page("Sign in", f"{WALL} This is {path}.")
    bench.crawl("site")
    assert waiting(bench) == {"/hours", "/rooms", "/new"}
    return bench.adapters.held.list()


@pytest.mark.usefixtures("walls")
def test_an_erased_document_takes_what_was_held_back_of_it_along_and_nothing_else(bench: Workbench, site: Site) -> None:
    erase_page(bench, site, "/hours")

    assert waiting(bench) == {"/rooms", "/new"}
    assert bench.adapters.held.get([held_id("site", f"{site.url}/hours")]) == {}


def test_what_was_held_back_under_an_alias_of_a_document_goes_with_it(bench: Workbench, site: Site) -> None:
    old = f"{site.url}/old"
    site.pages = {"/": page("Home", FOXES, "/old"), "/hours": page("Hours", HOURS)}
    site.pages["/old"] = Reply("", status=301, headers={"Location": "/hours"})
    bench.crawl("site")
    [item] = _held(bench, old)

    erase_page(bench, site, "/hours")

    assert bench.adapters.held.get([item.id]) == {}


def test_what_was_held_back_where_a_document_had_moved_to_goes_with_it(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/hours"), "/hours": page("Hours", HOURS)}
    bench.crawl("site")
    site.pages["/hours"] = Reply("", status=301, headers={"Location": "/moved"})
    site.pages["/moved"] = page("Sign in", WALL)
    bench.crawl("site")
    assert waiting(bench) == {"/moved"}

    erase_page(bench, site, "/hours")

    assert waiting(bench) == set()


@pytest.mark.usefixtures("walls")
def test_an_erasure_that_was_cut_short_is_finished_when_it_is_asked_for_again(bench: Workbench, site: Site) -> None:
    broken = failing(bench.adapters.held, "remove", error=Unreachable("killed"))
    with pytest.raises(Unreachable):
        erase_page(bench, site, "/hours", replace(admin(bench), held=broken))
    assert "/hours" in waiting(bench)

    erase_page(bench, site, "/hours")

    assert "/hours" not in waiting(bench)


def test_a_pushed_document_without_a_url_takes_no_held_deletion_along(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES)}
    bench.crawl("site")
    name = document_id("site", f"{site.url}/")
    [stored] = bench.adapters.documents.get([name]).values()
    nameless = replace(stored, url="", version=stored.version + 1)
    bench.adapters.documents.put([nameless], expected={name: stored.version})
    [item] = _held(bench, "")

    erase_page(bench, site, "/")

    assert bench.adapters.held.get([item.id]) == {item.id: item}


@pytest.mark.usefixtures("walls")
def test_a_forgotten_source_leaves_nothing_that_was_held_back(bench: Workbench) -> None:
    _held(bench, "")
    _held(bench, "https://example.com/", source_id="other")
    for n in range(150):
        _held(bench, f"https://example.com/{n}")

    forget(bench)

    assert bench.adapters.held.count() == {"other": 1}


def test_a_source_of_which_all_was_held_back_can_be_forgotten(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Sign in", WALL)}
    bench.crawl("site")
    assert waiting(bench) == {"/"}

    receipt = forget(bench)

    assert (receipt["documents"], waiting(bench)) == (0, set())
    with pytest.raises(NotFound):
        forget(bench)


@pytest.mark.usefixtures("walls")
def test_a_source_that_was_forgotten_half_is_forgotten_whole_when_it_is_asked_for_again(bench: Workbench) -> None:
    broken = failing(bench.adapters.held, "remove", error=Unreachable("killed"))
    with pytest.raises(Unreachable):
        forget(bench, replace(admin(bench), held=broken))

    forget(bench)

    assert waiting(bench) == set()


@pytest.mark.usefixtures("walls")
def test_what_crawls_remember_of_pages_and_of_groups_of_pages_holds_no_text_of_them(
    bench: Workbench, site: Site
) -> None:
    site.pages["/"] = page("Home", FOXES, "/hours", "/copy", "/same")
    site.pages["/copy"] = site.pages["/same"] = page("Foxes again", f"{FOXES} {HOURS}")
    bench.crawl("site")
    urls = [f"{site.url}{path}" for path in ("/", "/hours", "/rooms", "/new", "/copy", "/same")]
    states = bench.adapters.state.read("site", urls)
    groups = bench.adapters.state.read("site", [group_of(state.fingerprint) for state in states.values()])

    assert any(len(group.aliases) == 2 for group in groups.values())
    for state in [*states.values(), *groups.values()]:
        assert not _words(state) & _words(f"{FOXES} {HOURS} {WALL}")
        assert max(map(len, _texts(state))) < len(FOXES)


def _held(bench: Workbench, url: str, source_id: str = "site") -> list[HeldItem]:
    item = HeldItem(
        id=held_id(source_id, url),
        source_id=source_id,
        url=url,
        rule="login" if url else "mass-delete",
        reason="held",
        crawl_id="c1",
        first_at="2026-11-22T10:00:00.000Z",
        last_at="2026-11-22T10:00:00.000Z",
        fingerprint="f",
    )
    bench.adapters.held.put([item])
    return [item]


def _texts(state: UrlState) -> list[str]:
    values = [value for value in asdict(state).values() if value]
    return [str(part) for value in values for part in (value if isinstance(value, tuple) else [value])]


def _words(found: UrlState | str) -> set[str]:
    texts = [found] if isinstance(found, str) else _texts(found)
    return {word for text in texts for word in text.casefold().split() if len(word) > 6}
