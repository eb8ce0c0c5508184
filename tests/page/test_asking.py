"""Asking: with the keyboard alone, as words come, refused, failed, gone on with."""

import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.api.made_up import ANSWER, DELETES, DENIAL, TEXTS, TOMBSTONE
from tests.page.conftest import QUESTION, until

pytestmark = pytest.mark.browser


def test_a_question_is_asked_and_its_citation_read_with_the_keyboard_alone(page):
    page.open()
    page.ask(QUESTION)
    page.find(".cards")

    assert page.text(".question") == QUESTION
    assert page.all(".words .prose p")[0].text.startswith(TOMBSTONE)
    assert [n.text for n in page.all(".marker")] == ["1", "2"]
    assert page.focused().get_attribute("id") == "question"

    page.tab_to(".card[data-marker='2'] h3 a", back=True)
    page.keys(Keys.ENTER)
    mark = page.find("mark")

    assert mark.get_attribute("textContent") == DENIAL
    assert "before anything else" in mark.text
    assert "**" not in mark.text
    assert page.js("return document.activeElement.tagName") == "MARK"
    top, bottom = page.js("const r = document.querySelector('mark').getBoundingClientRect(); return [r.top, r.bottom]")
    assert 0 <= top < bottom <= page.js("return innerHeight")

    page.driver.back()
    page.find(".cards")

    assert page.js("return document.activeElement.matches(\".card[data-marker='2'] h3 a\")")


def test_shift_enter_starts_a_line_and_nothing_is_asked_without_words(page):
    page.open()
    page.find("#question")
    page.keys(Keys.ENTER, "  ", Keys.ENTER)
    page.keys("one", Keys.SHIFT + Keys.ENTER)
    page.keys("two")

    assert page.js("return document.getElementById('question').value").split() == ["one", "two"]
    assert page.site.state.asked == []


def test_the_answer_streams_in_and_can_be_stopped(page):
    page.site.state.pause_s = 0.05
    page.open()
    page.ask(QUESTION)
    words = page.find(".words .streaming")
    first = until(lambda: words.text)

    assert page.js("return document.querySelector('.words').getAttribute('aria-busy')") == "true"
    assert page.js("return document.querySelector('.words').getAttribute('aria-live')") == "polite"
    assert len(first) < len(ANSWER.text)
    until(lambda: len(words.text) > len(first))
    page.click(".send[aria-label='Stop']")

    assert "has not been checked" in page.text(".note")
    assert not page.all(".cards")
    assert page.find(".send[aria-label='Ask']")


def test_the_answer_says_what_it_is_and_where_each_quote_is_from(page):
    page.open()
    page.ask(QUESTION)
    page.find(".cards")

    assert page.text(".note") == ANSWER.note
    card = page.all(".card")[0]
    assert card.find_element(By.TAG_NAME, "blockquote").text == TOMBSTONE
    assert "How changes travel" in card.text
    assert "Deletes" in card.text
    assert "localhost:7071" in card.text
    assert re.search(r"fetched \d+ min ago", card.text)
    live = card.find_element(By.CSS_SELECTOR, "a[target=_blank]")
    assert live.get_attribute("href") == TEXTS[DELETES][1]
    assert "noreferrer" in live.get_attribute("rel")


def test_a_follow_up_stays_in_the_conversation_and_a_new_one_does_not(page):
    page.open()
    page.ask("one")
    until(lambda: len(page.all(".cards")) == 1)
    page.ask("two")
    until(lambda: len(page.all(".cards")) == 2)
    page.click(".fresh")

    assert not page.all(".turn")
    page.ask("three")
    page.find(".cards")
    first, second, third = (asked["conversation_id"] for asked in page.site.state.asked)
    assert first == second != third


def test_a_question_can_be_put_to_one_source(page):
    page.open()
    page.find("#scope").send_keys("handbook")
    page.click("#question")
    page.ask("one")
    page.find(".cards")

    assert page.site.state.asked[0]["source_ids"] == ("handbook",)


def test_a_refusal_looks_like_one_and_helps_on(page):
    page.open()
    page.ask("How far is the moon?")

    assert "Not in these documents" in page.text(".refusal")
    assert not page.all(".card")
    page.click(".refusal a")
    page.find(".hits .card")
    assert page.find("#query").get_attribute("value") == "How far is the moon?"


def test_an_error_says_what_to_do_and_trying_again_works(page):
    page.expects(503)
    page.site.state.busy = 1
    page.open()
    page.ask(QUESTION)

    assert "try again in 7 s" in page.text(".trouble")
    page.click(".trouble button")
    page.find(".cards")
    assert not page.all(".trouble")


def test_an_error_on_the_way_is_shown_with_its_trace(page):
    page.open()
    page.ask("broken")

    assert "Something went wrong here" in page.text(".trouble h3")
    assert "secret" not in page.text(".trouble")
    assert page.text(".trace").startswith("Trace ")


def test_a_server_that_is_gone_is_explained(page):
    page.open()
    page.find(".example")
    page.js("window.fetch = () => Promise.reject(new TypeError('gone'))")
    page.ask(QUESTION)

    assert "Plumbline does not answer" in page.text(".trouble")
    assert "dev.py up" in page.text(".trouble")


def test_a_stream_that_breaks_off_is_no_answer(page):
    page.open()
    page.find(".example")
    page.js('window.fetch = async () => new Response(\'event: delta\\ndata: {"text": "half"}\\n\\n\')')
    page.ask(QUESTION)

    assert "The connection broke" in page.text(".trouble")


def test_an_empty_page_offers_questions_and_says_what_it_reads(page):
    page.open()
    page.click(".example")
    page.find(".cards")

    assert page.site.state.asked[0]["question"] == "What is Plumbline?"


def test_the_line_below_says_what_is_read(page):
    page.open()

    assert page.until_text(".reading", "132 documents") == (
        "Reading 132 documents from 3 sources, a change is searchable in about 2.1 s. 1 source could not be read."
    )


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ({"documents": 12, "queued": 34}, "Still reading your sources: 12 documents, 34 queued"),
        ({"documents": 0, "queued": 0, "sources": []}, "There is nothing to read yet"),
    ],
)
def test_an_index_that_is_not_ready_says_so(page, status, wanted):
    page.site.state.status |= status
    page.open()

    assert wanted in page.until_text(".reading.busy", wanted)
    page.site.state.status |= {"documents": 40, "queued": 0}
    page.until_text(".reading", "Reading 40 documents")


def test_hostile_markdown_stays_text(page):
    hostile = '<img src=x onerror="document.title=1"> [x](javascript:document.title=1) ![b](https://evil.example/p.png)'
    answer = ANSWER.__class__(**{name: getattr(ANSWER, name) for name in ANSWER.__slots__} | {"text": hostile})
    page.site.begin(ask=lambda *_, **__: iter([hostile, answer]))
    page.open()
    page.ask(QUESTION)
    page.find(".cards")

    assert not page.all(".words img")
    assert page.driver.title == "Plumbline"
    assert '<img src=x onerror="document.title=1">' in page.text(".words")


def test_feedback_is_kept_with_its_reason(page):
    page.open()
    page.ask(QUESTION)
    page.click(".thumb[data-feedback=up]")
    page.until_text(".said", "Thank you.")
    page.click(".thumb[data-feedback=down]")
    page.find(".comment input").send_keys("too short", Keys.ENTER)
    page.until_text(".said", "Thank you.")

    assert [(f, c) for _, f, c, _ in page.site.state.feedback] == [("up", ""), ("down", ""), ("down", "too short")]
    assert page.find(".thumb[data-feedback=down]").get_attribute("aria-pressed") == "true"
