"""The sources view: what crawls did and held back, and what an operator does about it."""

from dataclasses import replace

import pytest
from selenium.webdriver.common.keys import Keys

from lib.api.problems import ProblemError
from tests.api.held_in_memory import CRAWLS, MASS, WALL
from tests.api.in_memory import make_api, raising
from tests.page.conftest import until
from tests.page.test_looks import contrast

pytestmark = pytest.mark.browser

FORBIDDEN = raising(ProblemError("forbidden", "This needs the role 'Admin'."))


def item(page, rule: str):
    """The card of a held item."""
    words = {"login": "A login wall", "mass-delete": "Too many deletions"}[rule]
    return until(lambda: next((card for card in page.all(".held-item") if words in card.text), None))


def press(page, rule: str, act: str) -> None:
    page.js("arguments[0].focus()", item(page, rule).find_element("css selector", f"[data-act={act}]"))
    page.keys(Keys.ENTER)


def without_admin(page, **changes) -> None:
    """A caller who may see the status, and what `changes` leave of the rest."""
    api = make_api(page.site.state)
    page.site.begin(admin=replace(api.admin, held=FORBIDDEN, show_held=FORBIDDEN, crawls=FORBIDDEN, **changes))


def test_each_source_shows_its_state_and_its_last_crawls(page):
    page.site.state.status["sources"][0]["held"] = 1
    page.open("/#/sources")

    assert "complete" in page.text(".crawled h2")
    assert "1 held back" in page.text(".crawled .meta")
    assert "did not answer within 30 s" in page.text(".crawled .reason")
    until(lambda: len(page.all(".crawled tbody tr:not(.why)")) == len(CRAWLS))
    assert page.text(".crawled tbody .why") == CRAWLS[1]["error"]
    assert len(page.all(".crawl-bar")) == len(CRAWLS)
    columns = [cell.text for cell in page.all(".crawled thead th")]
    first = page.all(".crawled tbody tr")[0].find_elements("css selector", "th, td")
    values = dict(zip(columns, [cell.text for cell in first], strict=True))
    assert (values["Outcome"], values["Held"], values["Refused"], values["Took"]) == ("complete", "1", "2", "12 s")
    assert first[columns.index("Refused")].get_attribute("title") == "robots 2"


def opened(page) -> dict[str, str]:
    """What the open row of a crawl says, by name."""
    until(lambda: page.all(".numbers > div"))
    names, values = ([node.text for node in page.all(f".numbers {tag}")] for tag in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


def counted(page) -> None:
    """A crawl that has a number for everything."""
    counts = page.site.state.held.reports["manual"][0]["counts"]
    counts |= dict(zip(("found", "fetched", "unchanged", "avoided", "duplicates"), (1234, 9, 7, 1200, 2), strict=True))
    counts |= {"failed": 1, "gone": 4, "requests": 31, "bytes": 1_234_567, "tokens": 4321}
    counts["held"] = {"login": 1, "lost-text": 2}


def test_a_crawl_is_opened_with_the_keyboard_and_says_all_that_it_counted(page):
    counted(page)
    page.open("/#/sources")
    page.tab_to(".crawled tbody button")
    assert page.focused().get_attribute("aria-expanded") == "false"
    page.keys(Keys.ENTER)

    assert list(opened(page).items()) == [
        *(("Found", "1,234"), ("Fetched", "9"), ("Unchanged", "7"), ("Avoided", "1,200"), ("Duplicates", "2")),
        *(("New", "3"), ("Changed", "3"), ("Gone", "4")),
        *(("Held", "3\nlogin 1, lost-text 2"), ("Refused", "2\nrobots 2"), ("Failed", "1")),
        *(("Requests", "31"), ("Bytes", "1.2 MB"), ("Tokens", "4,321")),
    ]
    assert page.focused().get_attribute("aria-expanded") == "true"
    assert page.all(f"#{page.focused().get_attribute('aria-controls')}")
    page.keys(Keys.SPACE)
    until(lambda: not page.all(".numbers"))


def test_an_open_crawl_stays_open_and_focused_when_the_next_one_has_ended(page):
    counted(page)
    state = page.site.state
    newest, *older = state.held.reports["manual"]
    state.held.reports["manual"] = older
    page.open("/#/sources")
    page.tab_to(".crawled tbody button")
    page.keys(Keys.ENTER)
    assert opened(page)["Found"] == "12"
    state.held.reports["manual"] = [newest, *older]
    state.status["sources"][0]["last_crawl"] = "2026-11-22T11:00:12.300Z"

    until(lambda: len(page.all(".crawled tbody button")) == len(CRAWLS))
    assert opened(page)["Found"] == "12"
    assert page.focused().get_attribute("aria-expanded") == "true"


def test_an_open_crawl_fits_a_narrow_screen(page):
    counted(page)
    page.look(width=400, height=800)
    page.open("/#/sources")
    page.click(".crawled tbody button")

    assert len(opened(page)) == 14
    edges = "return [...document.querySelectorAll('.numbers > div')].map((n) => n.getBoundingClientRect())"
    assert all(box["left"] >= 0 and box["right"] <= 400 for box in page.js(f"{edges}.map((b) => b.toJSON())"))
    assert page.js("return document.documentElement.scrollWidth") <= 400


def test_a_running_crawl_shows_how_far_it_is_and_its_end(page):
    source = page.site.state.status["sources"][0]
    source |= {"outcome": "running", "counts": {"found": 40, "fetched": 3}}
    page.open("/#/sources")
    assert "3 fetched" in page.until_text(".so-far", "40 found")

    source["counts"] = {"found": 41, "fetched": 17}
    page.until_text(".so-far", "17 fetched")
    page.site.state.held.reports["manual"] = [CRAWLS[0]]
    source |= {"outcome": "complete", "last_crawl": "2026-11-22T10:00:12.300Z"}

    until(lambda: not page.all(".so-far"))
    until(lambda: len(page.all(".crawled tbody tr")) == 1)


def test_a_crawl_is_started_from_the_page(page):
    page.open("/#/sources")
    page.click("[aria-label='Crawl manual now']")

    until(lambda: page.site.state.crawled == ["manual"])
    page.expects(409)
    page.click("[aria-label='Crawl manual now']")
    assert "being crawled already" in page.text(".crawled .trouble")


def test_a_difference_is_text_with_signs_and_never_html(page):
    page.open("/#/sources")
    card = item(page, "login")
    card.find_element("css selector", "summary").click()

    assert "<script>alert(1)</script>" in page.until_text(".diff ins:last-child", "+")
    assert [line.text for line in page.all(".diff del")] == ["-# How changes travel", "-- Deletes travel."]
    assert "<img src=x onerror=alert(1)>" in card.text
    assert page.js("return document.querySelectorAll('.held img, .held script').length") == 0
    assert page.text(".held-item .view-of .meta") == "masked email 2"
    for selector in (".diff ins", ".diff del", ".diff .place", ".held-item .reason"):
        assert contrast(page, selector) >= 4.5, selector


def test_a_held_page_is_released_with_the_keyboard_after_a_question(page):
    page.open("/#/sources")
    press(page, "login", "release")
    assert "Let this text answer?" in item(page, "login").text
    page.keys(Keys.ESCAPE)
    assert page.focused().get_attribute("data-act") == "release"
    assert page.site.state.held.released == []

    page.keys(Keys.ENTER)
    until(lambda: page.focused().text == "Yes, release")
    page.keys(Keys.ENTER)

    until(lambda: page.site.state.held.released == [WALL.id])
    until(lambda: len(page.all(".held-item")) == 1)
    assert page.focused().text == "Held back"


def test_a_deletion_names_its_pages_and_is_discarded(page):
    page.open("/#/sources")
    item(page, "mass-delete").find_element("css selector", "summary").click()
    assert page.text(".pages a") == "https://x.example/a"
    press(page, "mass-delete", "discard")
    until(lambda: page.focused().text == "Yes, discard")
    page.keys(Keys.ENTER)

    until(lambda: page.site.state.held.discarded == [MASS.id])


def test_what_cannot_be_released_says_why(page):
    page.expects(409)
    page.site.state.held.moved_on = {WALL.id}
    page.open("/#/sources")
    press(page, "login", "release")
    until(lambda: page.focused().text == "Yes, release")
    page.keys(Keys.ENTER)

    assert "crawl the source again" in page.text(".held-item .trouble")


def test_a_source_leads_to_what_it_held_back(page):
    page.site.state.status["sources"][1]["held"] = 1
    page.open("/#/sources")
    page.click(".waits a")

    until(lambda: [card.text.startswith("Too many deletions") for card in page.all(".held-item")] == [True])
    assert "Only of handbook" in page.text(".held")
    until(lambda: page.focused().text == "Held back")


def test_what_is_open_and_focused_stays_while_the_page_looks_again(page):
    page.open("/#/sources")
    card = item(page, "login")
    card.find_element("css selector", "summary").click()
    page.find(".diff")
    page.site.state.status["sources"][0]["documents"] = 13
    page.until_text(".crawled .meta", "13 documents")

    assert page.all(".diff")
    assert page.focused().tag_name == "summary"


def test_an_operator_sees_sources_but_neither_crawls_nor_held_text(page):
    page.expects(403)
    without_admin(page)
    page.open("/#/sources")
    page.click("[aria-label='Crawl manual now']")

    assert page.all(".held, .timeline, .crawled summary") == []
    assert not page.all(".trouble")


def test_a_reader_is_told_which_role_is_missing(page):
    page.expects(403)
    page.site.begin(status=raising(ProblemError("forbidden", "This needs the role 'Operator'.")))
    page.open("/#/sources")

    assert "needs the role 'Operator'" in page.text(".trouble")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_view_can_be_read_in_both_schemes(page, dark):
    page.look(dark=dark)
    page.site.state.status["sources"][0]["held"] = 1
    page.open("/#/sources")
    page.find(".wide td")
    page.click(".crawled tbody button")
    opened(page)
    shown = [".waits a", ".wide td", ".wide thead th", ".badge.stopped, .badge.failed", ".held-item .heading"]
    opens = [".wide button", ".numbers dt", ".numbers dd", ".numbers .rules", ".numbers .none", ".all .meta"]
    for selector in (*shown, *opens):
        assert contrast(page, selector) >= 4.5, selector
