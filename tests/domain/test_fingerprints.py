"""Near-duplicates have one name; pages that differ in a number, a name or a sentence have two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.fingerprints import fingerprint
from lib.domain.meaning import meaning
from lib.domain.variants import is_variant, plain_address
from tests.domain.furniture_pairs import CHANGED
from tests.domain.test_furniture import page
from tests.domain.test_meaning import FURNITURE, PROSE, WORDS


def named(title, text, address=""):
    return fingerprint(title, meaning(text), address=address)


@given(st.sampled_from(FURNITURE), st.sampled_from(FURNITURE), st.integers(0, 2))
def test_changed_furniture_changes_no_fingerprint(one, other, place):
    def page(line):
        parts = [PROSE, "It has 7,000 boxes and 12 lamps in all of its nine rooms, every one of them counted twice."]
        return "\n\n".join([*parts[:place], line, *parts[place:]])

    assert named("Stores", page(one)) == named("Stores", page(other)) != ""


@given(st.integers(0, len(WORDS) - 1), st.from_regex(r"\A[a-z0-9]{1,9}\Z"))
def test_a_changed_word_or_number_in_a_sentence_changes_the_fingerprints(place, word):
    changed = [*WORDS[:place], word, *WORDS[place + 1 :]]
    texts = [f"{' '.join(WORDS)} and two more. {PROSE}", f"{' '.join(changed)} and two more. {PROSE}"]

    is_same = changed == WORDS
    assert (named("", texts[0]) == named("", texts[1])) is is_same


@pytest.mark.parametrize(
    ("one", "other"), [("7,000", "70,00"), ("5 €", "5 $"), ("5 EUR", "6 EUR"), ("कि", "का"), ("10 %", "10 £")]
)
def test_a_changed_number_or_sign_of_money_or_vowel_changes_the_fingerprint(one, other):
    assert named("", f"{PROSE} {one}") != named("", f"{PROSE} {other}")


def test_case_and_punctuation_do_not_change_the_fingerprint():
    assert named("The Store", PROSE) == named("the store", PROSE.upper().replace(" ", ", "))


def test_the_title_counts_where_no_heading_says_what_a_page_is_about():
    assert named("Stores", f"# Stores\n\n{PROSE}") == named("Print: Stores", f"# Stores\n\n{PROSE}")
    assert named("", f"# Stores\n\n{PROSE}") != named("", f"# Harbours\n\n{PROSE}")
    assert named("Stores", PROSE) != named("Harbours", PROSE)


def test_a_short_text_has_no_fingerprint():
    assert named("A title", " ".join(WORDS[:24])) == ""
    assert len(named("A title", " ".join(WORDS[:25]))) == 32


def test_a_print_view_has_the_fingerprint_of_its_page():
    article = f"{PROSE}\n\n{PROSE.replace('week', 'month')}\n\nThe hall has 9 rooms of 40 m² each."
    page = f"Home\n\nShare this\n\n{article}\n\nRead more\n\nNext page"

    assert named("Stores", page) == named("Stores", f"Stores, print view\n\n{article}") != ""
    assert named("Stores", page) != named("Stores", page + "\n\nPrice: 5 EUR")


@given(st.sampled_from(CHANGED))
def test_pages_that_differ_in_what_they_say_have_other_fingerprints(pair):
    one, other = (fingerprint("Stores", meaning(page(line)), address="https://acme.example/stores") for line in pair)

    assert one != other


URL = "https://acme.example/guide"
ARTICLE = f"""{PROSE}

The hall has 9 rooms of 40 m² each, and -5 °C in winter.

- copper cans
- 36 steps

Ask Jane Doe.

Do not climb."""
SCREEN = f"# The stores\n\n{ARTICLE}"
PRINTED = {
    "as it is": SCREEN,
    "a button": f"Print this page\n\n{SCREEN}",
    "one word": f"Print\n\n{SCREEN}\n\nClose window",
    "a list of buttons": f"- Print this page\n- Back to article\n\n{SCREEN}",
    "the way back": f"Back to article\n\n{SCREEN}\n\n[Return to the original page]({URL})",
    "a date": f"Printed on 3 May 2024\n\n{SCREEN}",
    "a date and a name": f"{SCREEN}\n\nPrinted by Jane Doe on 3 May 2024 at 10:12",
    "an address": f"{SCREEN}\n\nPrinted from {URL}",
    "another address": f"{SCREEN}\n\nPrinted from {URL}?print=1 on 3 May 2024",
    "its address": f"{SCREEN}\n\n{URL}",
    "its address in brackets": f"{SCREEN}\n\n<{URL}/>",
    "its address twice": f"{URL}\n\n{SCREEN}\n\nSource: {URL}?print=1",
    "a sentence with its address": f"{SCREEN}\n\nThis article can be found at {URL}.",
    "several lines": f"{SCREEN}\n\nPrinted on 3 May 2024\n{URL}\nPage 1 of 2",
    "a title for the heading": ARTICLE,
    "the title in a line": f"The stores, print view\n\n{ARTICLE}",
    "crumbs": f"Home > Guides > The stores\n\n{SCREEN}",
    "buttons for small screens": f"{SCREEN}\n\nView desktop site\n\nOpen in app",
    "an advertisement": f"Advertisement\n\n{SCREEN}",
    "German": f"Druckansicht\n\n{SCREEN}\n\nGedruckt am 3. Mai 2024\n\nZurück zum Artikel",
}


@pytest.mark.parametrize("text", PRINTED.values(), ids=PRINTED)
def test_what_is_only_on_paper_changes_no_fingerprint(text):
    of_screen = named("The stores", SCREEN, address=URL)

    assert of_screen == named("The stores", text, address=f"{URL}?print=1") != ""
    assert of_screen == named("Print view - The stores", text, address="https://acme.example/print/guide")


OTHERS = {
    "a name": ("Jane Doe", "John Roe"),
    "a short sentence": ("Do not climb.", "Do climb."),
    "a short sentence more": ("Do not climb.", "Do not climb.\n\nDo not run."),
    "a number": ("9 rooms", "8 rooms"),
    "a sign": ("-5 °C", "5 °C"),
    "a range": ("9 rooms", "9.5 rooms"),
    "an item": ("- copper cans", "- tin cans"),
    "an item less": ("- copper cans\n", ""),
    "a word of a list that buttons say too": ("- copper cans", "- search"),
    "the heading": ("# The stores", "# The cranes"),
    "an address that is not its own": ("Ask Jane Doe.", "Ask Jane Doe.\n\nhttps://acme.example/guide-2"),
    "an address of somebody else": ("Ask Jane Doe.", "Ask Jane Doe.\n\nhttps://other.example/guide"),
    "a deadline": ("Ask Jane Doe.", "Ask Jane Doe.\n\nPrinted copies until 3 May 2024"),
}


@pytest.mark.parametrize(("old", "new"), OTHERS.values(), ids=OTHERS)
def test_a_page_that_says_something_else_has_another_name(old, new):
    assert old in SCREEN
    assert named("T", SCREEN, address=URL) != named("T", SCREEN.replace(old, new), address=URL)


def test_a_range_is_no_fraction():
    assert named("T", f"{PROSE} It has 3-5 rooms.") != named("T", f"{PROSE} It has 3.5 rooms.")


@pytest.mark.parametrize(
    "variant",
    [
        "/print/guide",
        "/guide/print",
        "/guide?print=1",
        "/guide?format=print&a=1",
        "/guide/amp",
        "/guide?amp",
        "/m/../amp/guide",
    ],
)
def test_addresses_of_print_views_look_like_it(variant):
    assert is_variant(f"https://acme.example{variant}")


@pytest.mark.parametrize("host", ["m.acme.example", "mobile.acme.example", "amp.acme.example", "print.acme.example"])
def test_hosts_for_small_screens_and_paper_look_like_it(host):
    assert is_variant(f"https://{host}/guide")
    assert plain_address(f"https://{host}/guide") == plain_address("https://www.acme.example/guide/")


@pytest.mark.parametrize(
    "path", ["/printer", "/blueprint/guide", "/ampere", "/prints", "/guide?printer=3", "/mobility"]
)
def test_other_addresses_do_not(path):
    assert not is_variant(f"https://acme.example{path}")
    assert plain_address(f"https://acme.example{path}") != plain_address("https://acme.example/guide")
