"""What crawls hold back is shown, released and discarded; a kill at any line costs nothing."""

from dataclasses import replace

import pytest

from lib import composition
from lib.domain.held import HeldItem, held_id
from lib.domain.messages import parse_crawl
from lib.errors import BadInput, Conflict, NotFound, Unreachable
from lib.pipelines.crawl import continue_crawl
from lib.pipelines.crawl_reports import list_crawls
from lib.pipelines.held import Custodian, discard_held, list_held, release_held, show_held
from lib.ports.crawl_state import CrawlRun, UrlState
from tests.doubles import failing
from tests.site import Site, page
from tests.workbench import READER, Workbench, website

HOURS = (
    "The counter in the town hall is open from nine to noon on weekdays, and on Thursdays in the evening as well. "
    "Bring your identity card, and the form that the registry office sent you by post. Parking is free for an hour."
)
WALL = "Please log in to continue. Enter your username and password. Forgot your password?"
FOXES = "Foxes are small to medium-sized omnivorous mammals that belong to several genera of the family Canidae."


def custodian(bench: Workbench) -> Custodian:
    a = bench.adapters
    return Custodian(
        held=a.held,
        state=a.state,
        publisher=composition.publisher(),
        queue=a.queue,
        queue_name="crawl",
        ledger=a.ledger,
        clock=a.clock,
    )


def release(bench: Workbench, *ids: str, ports: Custodian | None = None) -> int:
    return release_held(ids, bench.sources, caller=READER, custodian=ports or custodian(bench))


def discard(bench: Workbench, *ids: str) -> int:
    return discard_held(ids, caller=READER, custodian=custodian(bench))


def waiting(bench: Workbench) -> list[HeldItem]:
    return list_held(None, after="", limit=100, custodian=custodian(bench))


def texts(bench: Workbench) -> dict[str, str]:
    """Text by path of all live documents."""
    ids = [change.document_id for change in bench.adapters.documents.scan().changes if not change.deleted]
    return {"/" + d.url.split("/", 3)[3]: d.text for d in bench.adapters.documents.get(ids).values()}


def url_state(bench: Workbench, url: str) -> UrlState:
    return bench.adapters.state.read("site", [url])[url]


def go_on(bench: Workbench) -> CrawlRun:
    """Run what waits in the crawl queue to its end."""
    while messages := bench.adapters.queue.receive("crawl", limit=8, visibility_s=300):
        for message in messages:
            continue_crawl(parse_crawl(message.body), bench.sources, crawler=composition.crawler())
            bench.adapters.queue.complete(message)
    run = bench.adapters.state.load_run("site")
    assert run
    return run


@pytest.fixture
def item(bench: Workbench, site: Site) -> HeldItem:
    """A page that turned into a login wall."""
    site.pages = {"/": page("Home", FOXES, "/hours"), "/hours": page("Opening hours", HOURS)}
    bench.crawl("site")
    site.pages["/hours"] = page("Sign in", WALL)
    bench.crawl("site")
    [held] = waiting(bench)
    return held


def test_a_login_wall_is_listed_and_shown_beside_what_still_answers(bench: Workbench, item: HeldItem) -> None:
    view = show_held(item.id, custodian=custodian(bench))

    assert (item.rule, item.source_id, item.draft) == ("login", "site", None)
    assert HOURS in view.text
    assert "Forgot your password" in view.held_text
    assert view.diff.splitlines()[:2] == ["--- answers now", "+++ held back"]
    assert {f"-{HOURS}", f"+{WALL}"} <= set(view.diff.splitlines())
    assert not view.diff_cut


def test_a_released_version_answers_and_is_not_held_again(bench: Workbench, site: Site, item: HeldItem) -> None:
    assert release(bench, item.id) == 1

    assert "Forgot your password" in texts(bench)["/hours"]
    assert waiting(bench) == []
    run = bench.crawl("site")
    assert "held" not in run.counts
    assert waiting(bench) == []
    [fact] = [f for f in bench.adapters.ledger.read("administration") if f.facts.get("id") == item.id]
    assert (fact.facts["act"], fact.facts["by"], fact.facts["rule"]) == ("released held item", "tester", "login")


def test_a_discarded_version_never_answers_and_is_listed_again_once_it_changes(
    bench: Workbench, site: Site, item: HeldItem
) -> None:
    assert discard(bench, item.id) == 1

    bench.crawl("site")
    assert (waiting(bench), HOURS in texts(bench)["/hours"]) == ([], True)
    site.pages["/hours"] = page("Sign in", WALL + " Sign in with your employee number instead.")
    bench.crawl("site")
    assert [held.id for held in waiting(bench)] == [item.id]


def test_a_good_version_takes_the_item_off_the_list(bench: Workbench, site: Site, item: HeldItem) -> None:
    site.pages["/hours"] = page("Opening hours", HOURS + " On Fridays it stays closed.")
    bench.crawl("site")

    assert waiting(bench) == []
    with pytest.raises(NotFound, match=item.id):
        release(bench, item.id)


def test_what_a_newer_good_version_replaced_is_not_released(bench: Workbench, item: HeldItem) -> None:
    state = url_state(bench, item.url)
    bench.adapters.state.save([replace(state, is_held=False)])

    with pytest.raises(Conflict, match="crawl the source again"):
        release(bench, item.id)

    assert HOURS in texts(bench)["/hours"]


@pytest.mark.parametrize("change", [{"gone": True}, {"canonical": "http://127.0.0.1/elsewhere"}])
def test_what_has_no_document_any_more_is_not_released(bench: Workbench, item: HeldItem, change: dict) -> None:
    bench.adapters.state.save([replace(url_state(bench, item.url), **change)])

    with pytest.raises(Conflict, match="discard the item"):
        release(bench, item.id)


def test_a_page_of_a_source_that_is_no_more_is_not_released_but_discarded(bench: Workbench, item: HeldItem) -> None:
    bench.use("sources: []")

    with pytest.raises(BadInput, match="not in the sources file"):
        release(bench, item.id)

    assert discard(bench, item.id) == 1


def test_who_may_read_a_released_version_is_what_the_source_says_now(
    bench: Workbench, site: Site, item: HeldItem
) -> None:
    bench.use(website(site.url, access="[board]"))

    release(bench, item.id)

    document = bench.adapters.documents.get([url_state(bench, item.url).document_id])  # type: ignore[list-item]
    assert [d.access for d in document.values()] == [("board",)]


def test_a_page_that_was_never_seen_before_becomes_a_document(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", FOXES, "/new"), "/new": page("Just a moment...", "Verify you are human.")}
    bench.crawl("site")
    [held] = waiting(bench)

    release(bench, held.id)

    assert "Verify you are human" in texts(bench)["/new"]
    assert (url_state(bench, held.url).reason, held.rule) == ("", "captcha")


def test_one_unknown_id_and_nothing_is_done(bench: Workbench, item: HeldItem) -> None:
    for act in (release, discard):
        with pytest.raises(NotFound, match="nope"):
            act(bench, item.id, "nope")
        with pytest.raises(BadInput):
            act(bench)

    assert [held.id for held in waiting(bench)] == [item.id]


def broken(ports: Custodian, port: str, method: str, *, after: bool) -> Custodian:
    """One call of one port fails, before its work or after it."""
    error = Unreachable("killed")
    if port == "documents":
        documents = failing(ports.publisher.documents, method, error=error, after=after)
        return replace(ports, publisher=replace(ports.publisher, documents=documents))
    return replace(ports, **{port: failing(getattr(ports, port), method, error=error, after=after)})


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("port", "method"), [("documents", "put"), ("state", "save"), ("ledger", "append"), ("held", "remove")]
)
def test_a_release_that_is_cut_short_is_done_when_it_is_asked_for_again(
    bench: Workbench, item: HeldItem, port: str, method: str, after: bool
) -> None:
    with pytest.raises(Unreachable):
        release(bench, item.id, ports=broken(custodian(bench), port, method, after=after))
    if waiting(bench):
        assert release(bench, item.id) == 1

    assert ("Forgot your password" in texts(bench)["/hours"], waiting(bench)) == (True, [])
    assert not url_state(bench, item.url).is_held


def emptied(bench: Workbench, site: Site) -> HeldItem:
    """A site that lost most of its pages."""
    names = [f"/p{n}" for n in range(8)]
    site.pages = {"/": page("Home", FOXES, *names), **{name: page(name, f"{HOURS} Room {name}.") for name in names}}
    bench.crawl("site")
    site.pages = {"/": page("Home", FOXES + " They hunt.")}
    run = bench.crawl("site")
    assert (run.outcome, len(texts(bench))) == ("stopped", 9)
    [held] = waiting(bench)
    assert (held.rule, held.id) == ("mass-delete", held_id("site", ""))
    return held


def test_a_released_deletion_lets_the_crawl_go_on_and_delete(bench: Workbench, site: Site) -> None:
    held = emptied(bench, site)
    assert len(show_held(held.id, custodian=custodian(bench)).pages) == 8

    release(bench, held.id)
    run = go_on(bench)

    assert (run.crawl_id, run.outcome, run.counts["gone"]) == (held.crawl_id, "complete", 8)
    assert (set(texts(bench)), waiting(bench)) == ({"/"}, [])
    newest, first = list_crawls("site", bench.sources, limit=10, ledger=bench.adapters.ledger)
    assert (newest["outcome"], newest["counts"]["gone"], first["outcome"]) == ("complete", 8, "complete")


def test_a_crawl_that_ends_well_takes_the_question_of_an_earlier_one_back(bench: Workbench, site: Site) -> None:
    emptied(bench, site)
    names = [f"/p{n}" for n in range(8)]
    site.pages = {"/": page("Home", FOXES, *names), **{name: page(name, f"{HOURS} Room {name}.") for name in names}}

    assert (bench.crawl("site").outcome, waiting(bench)) == ("complete", [])


def test_a_discarded_deletion_deletes_nothing_and_the_next_crawl_asks_again(bench: Workbench, site: Site) -> None:
    held = emptied(bench, site)

    discard(bench, held.id)

    assert (len(texts(bench)), waiting(bench)) == (9, [])
    assert bench.crawl("site").outcome == "stopped"
    assert [again.id for again in waiting(bench)] == [held.id]


def test_a_deletion_of_an_older_crawl_is_not_released(bench: Workbench, site: Site) -> None:
    held = emptied(bench, site)
    run = bench.adapters.state.load_run("site")
    assert run
    bench.adapters.state.save_run(replace(run, crawl_id="20270101T000000-0a1b2c3d", outcome="complete"))

    with pytest.raises(Conflict, match="crawl source 'site' again"):
        release(bench, held.id)

    assert len(texts(bench)) == 9


def test_a_release_of_a_deletion_that_is_cut_short_is_done_when_it_is_asked_for_again(
    bench: Workbench, site: Site
) -> None:
    held = emptied(bench, site)
    ports = custodian(bench)
    with pytest.raises(Unreachable):
        release(bench, held.id, ports=broken(ports, "queue", "send", after=False))

    release(bench, held.id)

    assert (go_on(bench).outcome, set(texts(bench)), waiting(bench)) == ("complete", {"/"}, [])


def test_a_difference_has_a_bound(bench: Workbench, site: Site, item: HeldItem) -> None:
    before = bench.adapters.held.get([item.id])[item.id]
    assert before.draft
    long = "\n".join(f"line {n}" for n in range(5_000)) + "\ud83d"
    bench.adapters.held.put([replace(before, draft=replace(before.draft, text=long))])

    view = show_held(item.id, custodian=custodian(bench))

    assert (len(view.diff.splitlines()), view.diff_cut) == (2_000, True)
    assert view.held_text.endswith("line 4999?")
