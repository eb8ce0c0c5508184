"""What turns into a wall is held back; what is good again is held no longer; counters are no change."""

from dataclasses import replace

import pytest

from tests.pipelines.test_crawl_duplicates import documents_of, saying
from tests.site import Reply, Site, page
from tests.workbench import Workbench

WALL = (
    "<html><head><title>Sign in</title></head><body><h1>Sign in</h1><form action=/login method=post>"
    "<label>User name <input name=user></label><label>Password <input type=password name=password></label>"
    "<button>Sign in</button></form><p>You need to sign in to continue.</p></body></html>"
)
AD = "<div><div>Advertisement</div><div><a href=/x>{}</a></div></div>"


def text_of(bench: Workbench, path: str) -> str:
    [found] = [d for d in documents_of(bench) if d.url.endswith(path)]
    return found.text


@pytest.fixture
def guide(bench: Workbench, site: Site) -> Site:
    site.pages = {"/": page("Home", saying(2), "/guide"), "/guide": page("Guide", saying(1), "/more")}
    site.pages["/more"] = page("More", saying(3))
    bench.crawl("site")
    return site


def test_a_page_that_turned_into_a_login_wall_is_held_while_the_last_version_answers(
    bench: Workbench, guide: Site
) -> None:
    guide.pages["/guide"] = WALL
    before = text_of(bench, "/guide")

    run = bench.crawl("site")

    [held] = bench.adapters.held.list()
    assert (held.rule, held.url) == ("login", f"{guide.url}/guide")
    assert text_of(bench, "/guide") == before
    assert (run.counts["held"], run.counts["held:login"]) == (1, 1)


def test_pages_behind_a_wall_are_not_lost(bench: Workbench, guide: Site) -> None:
    guide.pages["/guide"] = WALL

    bench.crawl("site")

    assert text_of(bench, "/more")


def test_a_page_that_lost_most_of_its_text_is_held(bench: Workbench, site: Site) -> None:
    long = saying(1) + saying(4) + saying(5)
    site.pages = {"/": page("Home", long)}
    bench.crawl("site")
    site.pages["/"] = page("Home", "Nothing here yet.")

    bench.crawl("site")

    assert [item.rule for item in bench.adapters.held.list()] == ["lost-text"]
    assert "Nothing here" not in text_of(bench, "/")


def test_a_page_that_became_empty_is_held(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", saying(1), "/a"), "/a": page("A", saying(2) + saying(3))}
    bench.crawl("site")
    site.pages["/a"] = "<html><body><div id=root></div><script>1</script></body></html>"

    bench.crawl("site")

    assert [item.rule for item in bench.adapters.held.list()] == ["lost-text"]
    assert len(text_of(bench, "/a")) > 100


def test_what_is_good_again_is_held_no_longer(bench: Workbench, guide: Site) -> None:
    good = guide.pages["/guide"]
    guide.pages["/guide"] = WALL
    bench.crawl("site")
    guide.pages["/guide"] = good

    bench.crawl("site")

    assert bench.adapters.held.list() == []


def test_the_same_wall_again_is_one_item_seen_twice(bench: Workbench, guide: Site) -> None:
    guide.pages["/guide"] = WALL

    bench.crawl("site")
    [first] = bench.adapters.held.list()
    bench.crawl("site")
    [second] = bench.adapters.held.list()

    assert (second.id, second.count, second.first_at) == (first.id, 2, first.first_at)
    assert second.last_at > first.last_at


def test_a_date_of_making_is_no_change(bench: Workbench, site: Site) -> None:
    site.pages = {"/": page("Home", saying(1) + "</p><p>Last updated: 1 May 2026")}
    bench.crawl("site")
    site.pages["/"] = page("Home", saying(1) + "</p><p>Last updated: 2 May 2026")

    run = bench.crawl("site")

    assert (run.counts["unchanged"], "changed" in run.counts) == (1, False)


@pytest.mark.parametrize(
    ("before", "after", "is_change"),
    [
        ("Viewed 12 times", "Viewed 13 times", False),
        ("<a href=/c>12 comments</a>", "<a href=/c>14 comments</a>", False),
        ("Last updated on 3 May 2024 by admin", "Last updated on 4 May 2024 by admin", False),
        (AD.format("Buy a boat"), AD.format("Rent a crane"), False),
        ("It opens at 9:00", "It opens at 10:00", True),
        ("Deadline: 3 May 2024", "Deadline: 4 May 2024", True),
    ],
)
def test_counters_are_no_change_and_facts_are(
    bench: Workbench, site: Site, before: str, after: str, *, is_change: bool
) -> None:
    site.pages = {"/": page("Home", f"{saying(1)}</p><p>{before}</p><p>{saying(2)}")}
    bench.crawl("site")
    site.pages["/"] = page("Home", f"{saying(1)}</p><p>{after}</p><p>{saying(2)}")

    run = bench.crawl("site")

    assert ("changed" in run.counts) is is_change


def moved(path: str) -> Reply:
    return Reply("", status=302, headers={"Location": path})


def test_a_redirect_leads_no_page_past_the_guards(bench: Workbench, guide: Site) -> None:
    guide.pages["/guide"] = page("Guide", saying(1) + saying(4) + saying(5), "/more")
    bench.crawl("site")
    before = text_of(bench, "/guide")
    guide.pages |= {"/guide": moved("/moved"), "/moved": page("Moved", "We have moved house.")}

    bench.crawl("site")

    assert [item.rule for item in bench.adapters.held.list()] == ["lost-text"]
    assert text_of(bench, "/guide") == before


@pytest.mark.parametrize("change", ["noindex", "redirect"])
def test_what_is_no_page_any_more_is_not_held_for_one(bench: Workbench, guide: Site, change: str) -> None:
    guide.pages["/guide"] = WALL
    bench.crawl("site")
    assert len(bench.adapters.held.list()) == 1
    noindex = page("Guide", saying(1)).replace("<head>", '<head><meta name="robots" content="noindex">')
    guide.pages["/guide"] = noindex if change == "noindex" else moved("/more")

    bench.crawl("site")

    assert bench.adapters.held.list() == []


@pytest.mark.parametrize("status", [202, 302, 405, 408, 425])
def test_an_odd_answer_costs_no_document_before_it_has_been_given_three_times(
    bench: Workbench, guide: Site, status: int
) -> None:
    guide.pages["/guide"] = Reply("Wait", status=status, headers={"Location": "https://sso.example/"})

    outcomes = [bench.crawl("site").outcome for _ in range(2)]

    assert outcomes == ["complete"] * 2
    assert text_of(bench, "/guide")
    bench.crawl("site")
    assert any(d.url.endswith("/guide") for d in documents_of(bench)) == (status in (408, 425))


def test_pages_that_an_older_version_looked_at_are_looked_at_again(bench: Workbench, guide: Site) -> None:
    run = bench.adapters.state.load_run("site")
    assert run
    older = run.settings_hash.rpartition("/")[0]
    bench.adapters.state.save_run(replace(run, settings_hash=older))

    bench.crawl("site")
    bench.crawl("site")

    assert guide.asked("/more") == [200, 200, 304]
