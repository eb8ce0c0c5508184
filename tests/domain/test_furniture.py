"""What changes while a page says the same, and what only looks like it: when in doubt it is a change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.fingerprints import fingerprint
from lib.domain.meaning import meaning
from tests.domain.furniture_pairs import CHANGED, SAME

PROSE = """The harbour keeper lists every week what the store of the northern hall has left and tells the office how
many boxes of nails, screws, hinges, locks, lamps and candles it must buy before the winter comes."""

places = st.integers(0, 3)


def page(line: str, place: int = 1) -> str:
    parts = [PROSE, "It has 7,000 boxes and 12 lamps.", "Every one of them is counted twice."]
    return "# Stores\n\n" + "\n\n".join([*parts[:place], line.strip(), *parts[place:]])


@pytest.mark.parametrize(("one", "other"), SAME)
def test_furniture_that_changes_is_no_change(one, other):
    assert meaning(page(one)) == meaning(page(other))


@pytest.mark.parametrize(("one", "other"), CHANGED)
def test_what_a_page_may_be_about_is_a_change(one, other):
    assert meaning(page(one)) != meaning(page(other))


@given(st.sampled_from(SAME), st.sampled_from(SAME), places, places)
def test_furniture_is_furniture_wherever_it_stands(first, second, here, there):
    one, other = (page(first[n], here) + "\n\n" + page(second[n], there) for n in (0, 1))

    assert meaning(one) == meaning(other)


@given(st.sampled_from(CHANGED), st.sampled_from([pair for pair in SAME if pair[0][0] not in "#|"]), places)
def test_furniture_beside_it_hides_no_change(changed, furniture, place):
    one, other = (page(changed[n], place) + "\n\n" + furniture[n] for n in (0, 1))

    assert meaning(one) != meaning(other)


LABELS = "Last updated,Viewed,Visitors today,Downloads,Hits,Build date,Price,Deadline,Version,Room,Opening hours".split(
    ","
)
VALUES = "12,1234,3 May 2024,2024,10:32,9 to 17,2.1.3,12 EUR".split(",")


@given(
    st.sampled_from(LABELS), st.sampled_from(VALUES), st.sampled_from(["", " for adults", " at the latest", " each"])
)
def test_words_of_its_own_keep_a_line(label, value, more):
    line = f"The {label.lower()} of the harbour: {value}{more}"

    assert line in meaning(page(line))


@given(st.sampled_from(SAME), st.sampled_from(["```", "~~~"]))
def test_in_code_everything_counts(pair, fence):
    one, other = (f"{fence}\n{line.strip()}\n{fence}" for line in pair)

    assert meaning(one) != meaning(other)


@pytest.mark.parametrize(
    "lead", ["In the first week alone, the film about the harbour had", "The counter of the old web site showed"]
)
def test_a_wrapped_sentence_keeps_its_numbers(lead):
    assert meaning(f"{lead}\n12 views\nAnd then it stopped.") != meaning(f"{lead}\n13 views\nAnd then it stopped.")
    assert meaning(f"{lead}\ndownloads: 12") != meaning(f"{lead}\ndownloads: 13")


def test_what_is_linked_behind_the_label_of_an_advertisement_goes_with_it():
    one = "Advertisement\n\n[Buy a boat](https://ads.example/1)\n\nThe end is here."
    other = "Advertisement\n[![Rent a crane](https://ads.example/2.png)](https://ads.example/2)\n\nThe end is here."

    assert meaning(one) == meaning(other) == "The end is here."


def test_text_behind_the_label_of_an_advertisement_stays():
    text = "Advertisement\n\nThe deadline is 3 May.\n\n[Price list](/p)"

    assert meaning(text) == "The deadline is 3 May.\n\n[Price list](/p)"


def test_headings_that_only_name_advertisements_stay():
    assert meaning("## Anzeige\n\n[Helligkeit](/h)") == "## Anzeige\n\n[Helligkeit](/h)"


LINES = st.sampled_from([line.strip() for pair in SAME + CHANGED for line in pair])


@given(st.lists(st.one_of(LINES, st.sampled_from(["", "", PROSE, "Last updated:", "3 May 2024", "```"])), max_size=12))
def test_the_meaning_of_a_meaning_is_itself(lines):
    once = meaning("\n".join(lines))

    assert meaning(once) == once


BAD = """
](
[a](
![](
https://a?&
[a](b?sid=0a1b2c3d4e5f60718293a4b5&
views 3
Viewed 3 times,
© 2024
copyright
by Jane
12 views 3 comments 5 likes 6 shares\\n
by jane of the old harbour · 12 views\\n
this documentation was last updated on\\non monday, 3 may 2024 at 10:32:11\\n
Advertisement\\n[a](b)\\n
""".strip().split("\n")


@pytest.mark.parametrize("bad", BAD)
def test_hostile_text_takes_no_longer_than_its_length(bad):
    text = bad.replace("\\n", "\n") * (300_000 // len(bad))

    assert len(fingerprint(bad * 100, meaning(text), address="https://acme.example/")) in (0, 32)
