"""The page, in real headless Chromium, against the real app."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.api.in_memory import raising
from tests.api.made_up import ANSWER, DELETES, DENIAL, GONE, TEXTS, TOMBSTONE, VERSION
from tests.page.conftest import until

pytestmark = pytest.mark.browser

QUESTION = "What happens when a page is deleted?"


def contrast(page, selector: str) -> float:
    """The contrast of an element's text with what is behind it, as WCAG 2 defines it."""
    return page.js(
        """
        const parse = (c) => c.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
          .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
          .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
        const node = [...document.querySelectorAll(arguments[0])].find((n) => n.checkVisibility());
        let behind = node;
        while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
        const [a, b] = [getComputedStyle(node).color, getComputedStyle(behind ?? document.body).backgroundColor]
          .map((c) => light(parse(c))).sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05);
        """,
        selector,
    )


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
    assert "fetched 3 min ago" in card.text or "fetched 4 min ago" in card.text
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


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (f"/#/documents/{GONE}", "was deleted"),
        ("/#/documents/d0", "no such document"),
        (f"/#/documents/{DELETES}?version=5", "no such document"),
    ],
)
def test_a_document_that_is_not_there_is_explained(page, path, wanted):
    page.expects(404, 410)
    page.open(path)

    assert wanted in page.text(".trouble h3")


@pytest.mark.parametrize(
    "query", ["start=-1&end=5", "start=x&end=y", "start=9&end=3", "start=99999&end=99999999", "start=5"]
)
def test_broken_offsets_show_the_text_unmarked(page, query):
    page.open(f"/#/documents/{DELETES}?version={VERSION}&{query}")

    assert "tombstone" in page.text(".document")
    assert not page.all("mark")


def test_status_shows_the_numbers_the_sources_and_what_was_set_aside(page):
    page.open("/#/status")
    page.find(".letter")

    tiles = {tile.text.split("\n")[0]: tile.text.split("\n")[1] for tile in page.all(".tile")}
    assert tiles == {
        "Documents": "132", "Passages": "1,024", "Queued": "0", "Fresh after": "2.1 s", "Feed": "3.2 s", "Set aside": "1",
    }  # fmt: skip
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
    from lib.api.problems import ProblemError

    page.site.begin(status=raising(ProblemError("forbidden", "This needs the role 'Operator'.")))
    page.open()
    page.ask(QUESTION)
    page.find(".cards")
    page.open("/#/status")

    assert "needs the role 'Operator'" in page.text(".trouble")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read_in_both_schemes(page, dark):
    page.look(dark=dark)
    page.open()
    page.ask(QUESTION)
    page.find(".cards")
    background = page.js("return getComputedStyle(document.body).backgroundColor")

    assert (background == "rgb(20, 21, 25)") == dark
    for selector in (".question", ".words p", ".marker", ".note", ".card h3 a", ".card .heading", ".card blockquote",
                     ".card .meta", ".took", ".help", ".fresh", ".bar nav a"):  # fmt: skip
        assert contrast(page, selector) >= 4.5, selector
    page.open(f"/#/documents/{DELETES}?version={VERSION}&start=131&end=160")
    page.find("mark")
    assert contrast(page, "mark") >= 4.5
    page.open("/#/status")
    page.find(".letter")
    for selector in (".tile dt", ".tile dd span", ".badge.complete", ".badge.failed", ".source .reason", ".button"):
        assert contrast(page, selector) >= 4.5, selector


@pytest.mark.parametrize(
    "path", ["/", "/#/search?q=deleted", "/#/status", f"/#/documents/{DELETES}", "/manual/", "/api/docs"]
)
def test_nothing_is_cut_off_on_a_narrow_screen(page, path):
    page.look(width=360, height=740)
    page.open(path)
    page.find("main")
    until(lambda: page.js("return document.readyState") == "complete")
    if path == "/":
        page.ask(QUESTION)
        page.find(".cards")

    assert page.js("return document.documentElement.scrollWidth") <= 360
    assert [a.text for a in page.all(".bar nav a")] == ["Ask", "Search", "Status", "Manual", "API"]


def test_the_focus_can_be_seen_and_the_skip_link_works(page):
    page.open("/#/status")
    page.find(".tile")
    page.js("document.activeElement.blur()")
    page.tab_to(".skip")

    assert page.focused().is_displayed()
    assert page.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keys(Keys.ENTER)
    assert page.focused().get_attribute("id") == "main"


def test_nothing_jumps_when_the_answer_is_complete(page):
    """What is above the fold stays where it is from the question on (cumulative layout shift, without input)."""
    page.site.state.pause_s = 0.01
    page.open()
    page.find(".example")
    page.js(
        "window.shifted = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) "
        "if (!e.hadRecentInput) window.shifted += e.value; }).observe({ type: 'layout-shift', buffered: true })"
    )
    page.ask(QUESTION)
    page.find(".cards")

    assert page.js("return window.shifted") < 0.1


def test_movement_stops_for_those_who_ask_for_that(page):
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    page.site.begin(ask=raising(RuntimeError()))
    page.open()
    page.js("window.fetch = () => new Promise(() => {})")
    page.ask(QUESTION)
    page.find(".plumb")

    assert page.js("return getComputedStyle(document.querySelector('.plumb')).animationIterationCount") == "1"


def test_the_manual_and_the_reference_work_without_scripts(page):
    page.open("/manual/")
    assert "Plumbline" in page.text("main h1")
    page.open("/api/docs#ask")
    assert page.find("#ask").is_displayed()
    assert not page.driver.find_elements(By.TAG_NAME, "script")
