"""How the page looks: schemes, narrow screens, focus, movement."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.api.in_memory import raising
from tests.api.made_up import DELETES, VERSION
from tests.page.conftest import QUESTION, until

pytestmark = pytest.mark.browser


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
    "path", ["/", "/#/search?q=deleted", "/#/sources", "/#/status", f"/#/documents/{DELETES}", "/manual/", "/api/docs"]
)
def test_nothing_is_cut_off_on_a_narrow_screen(page, path):
    page.look(width=360, height=740)
    page.open(path)
    page.find("main")
    until(lambda: page.js("return document.readyState") == "complete")
    if path == "/":
        page.ask(QUESTION)
        page.find(".cards")

    for width in (360, 400):
        page.look(width=width, height=740)
        assert page.js("return document.documentElement.scrollWidth") <= width
    assert [a.text for a in page.all(".bar nav a")] == ["Ask", "Search", "Sources", "Status", "Manual", "API"]


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
