"""The status view, and what an operator does there."""

import pytest

from lib.api.problems import ProblemError
from tests.api.in_memory import raising
from tests.page.conftest import QUESTION, until

pytestmark = pytest.mark.browser


def test_status_shows_the_numbers_the_sources_and_what_was_set_aside(page):
    page.open("/#/status")
    page.find(".letter")

    tiles = {tile.text.split("\n")[0]: tile.text.split("\n")[1] for tile in page.all(".tile")}
    assert tiles == {
        "Documents": "132",
        "Passages": "1,024",
        "Queued": "0",
        "Fresh after": "2.1 s",
        "Feed": "3.2 s",
        "Set aside": "1",
    }
    assert "DimensionMismatch" in page.text(".letter .reason")
    assert "did not answer within 30 s" in page.text(".source .reason")


def test_a_dead_letter_is_replayed_and_a_source_crawled_from_the_page(page):
    page.open("/#/status")
    page.find(".letter")
    page.click(".letter button")
    until(lambda: page.site.state.letters == {})
    page.site.state.status |= {"dead_letters": 0}
    until(lambda: not page.all(".letter"))
    page.click("[aria-label='Crawl manual now']")

    until(lambda: page.site.state.crawled == ["manual"])


def test_an_act_that_fails_is_explained_beside_it(page):
    page.expects(409)
    page.site.state.crawled = ["manual"]
    page.open("/#/status")
    page.click("[aria-label='Crawl manual now']")

    assert "being crawled already" in page.text(".source-list .trouble")


def test_a_reader_without_the_operators_role_asks_all_the_same(page):
    page.expects(403)
    page.site.begin(status=raising(ProblemError("forbidden", "This needs the role 'Operator'.")))
    page.open()
    page.ask(QUESTION)
    page.find(".cards")
    page.open("/#/status")

    assert "needs the role 'Operator'" in page.text(".trouble")
