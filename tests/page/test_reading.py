"""Searching, and reading the stored version at its quote."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.api.made_up import DELETES, GONE, TEXTS, TOMBSTONE, VERSION

pytestmark = pytest.mark.browser


def test_a_search_is_in_the_address_and_its_hits_open_at_the_passage(page):
    page.open("/#/search")
    page.find("#query").send_keys("deleted", Keys.ENTER)
    page.until_text("#search .outcome", "3 passages")

    assert page.driver.current_url.endswith("#/search?q=deleted")
    page.all(".hits h2 a")[0].click()
    assert page.find("mark").text == TOMBSTONE
    page.driver.back()
    assert page.find(".hits .card")


def test_a_search_without_hits_says_so(page):
    page.open("/#/search?q=nothing")

    assert page.until_text("#search .outcome", "Nothing fits")


def test_the_reading_view_shows_the_version_and_the_way_to_the_live_page(page):
    page.open(f"/#/documents/{DELETES}?version={VERSION}")
    text = page.text(".document")

    assert text.startswith("How changes travel")
    assert "#" not in text
    assert "the old version" in text
    assert "20" in page.text("#documents time")
    assert page.find("#documents .meta a").get_attribute("href") == TEXTS[DELETES][1]
    assert page.js("return document.querySelector('.document').textContent").count("Paragraph") == 40


def test_offsets_count_code_points_beyond_the_train(page):
    """An emoji before the quote is one code point and two code units."""
    start = TEXTS[DELETES][2].index("Deletes")
    page.open(f"/#/documents/{DELETES}?version={VERSION}&start={start}&end={start + 7}")

    assert page.find("mark").text == "Deletes"


def test_a_quote_over_several_blocks_is_marked_in_each(page):
    text = TEXTS[DELETES][2]
    start, end = text.index("Then they"), text.index("the new version") + len("the new version")
    page.open(f"/#/documents/{DELETES}?version={VERSION}&start={start}&end={end}")
    page.find("mark")

    marks = [mark.text for mark in page.all("mark")]
    assert marks[0] == "Then they are indexed."
    assert marks[-1].strip() == "the new version"
    assert "Replacing" not in " ".join(marks)


def test_a_document_that_is_not_there_is_explained(page):
    page.expects(404, 410)
    page.open("/#/search")
    for path, wanted in (
        (f"#/documents/{GONE}", "was deleted"),
        ("#/documents/d0", "no such document"),
        (f"#/documents/{DELETES}?version=5", "no such document"),
    ):
        page.go(path)

        assert wanted in page.text(".trouble h3")


def test_broken_offsets_show_the_text_unmarked(page):
    page.open("/#/search")
    for query in ("start=-1&end=5", "start=x&end=y", "start=9&end=3", "start=99999&end=99999999", "start=5"):
        page.go(f"#/documents/{DELETES}?version={VERSION}&{query}")

        assert "tombstone" in page.text(".document")
        assert not page.all("mark")
