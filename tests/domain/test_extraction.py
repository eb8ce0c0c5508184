"""The sentences that answer a question, or none."""

import pytest

from lib.domain.extraction import Source, extract
from lib.domain.words import terms


def source(text: str, context: str = "", *, score: float = 0.6) -> Source:
    return Source(context=context, text=text, score=score)


PASSAGES = [
    source(
        "Every parent may take 16 weeks of paid leave. A manager signs the request within five days.",
        "Leave > Parents",
    ),
    source("| Day | Dish |\n| --- | --- |\n| Monday | Lentil soup |\n| Friday | Fish |", "Canteen"),
]


def by_words(question: str, texts: list[str]) -> list[float]:
    """Similarity as the share of the question's words: enough to order these texts."""
    asked = set(terms(question))
    return [len(asked & set(terms(text))) / len(asked) for text in texts]


def test_the_sentence_that_answers_is_quoted_alone() -> None:
    [found] = extract("How many weeks of leave may a parent take?", PASSAGES, cosines=by_words)

    assert (found.passage, found.text) == (0, "Every parent may take 16 weeks of paid leave.")


def test_a_question_about_something_else_finds_nothing() -> None:
    assert extract("What is the boiling point of tungsten?", PASSAGES, cosines=by_words) == []


def test_a_row_of_a_table_answers_with_the_names_of_its_columns() -> None:
    [found] = extract("Which soup is on Monday in the canteen?", PASSAGES, cosines=by_words)

    assert found.text == "Day: Monday; Dish: Lentil soup"


def test_a_row_without_its_header_is_quoted_as_it_stands() -> None:
    [found] = extract("Which soup is on Monday?", [source("| Monday | Lentil soup |")], cosines=by_words)

    assert found.text == "Monday | Lentil soup"


def test_headings_and_rules_are_never_quoted() -> None:
    text = "# Paid leave of a parent\n\n---\n\nEvery parent may take paid leave."

    [found] = extract("Which paid leave may a parent take?", [source(text)], cosines=by_words)

    assert found.text == "Every parent may take paid leave."


def test_repetitions_are_quoted_once() -> None:
    twice = [PASSAGES[0], source(PASSAGES[0].text, "Copy")]

    assert len(extract("How many weeks of leave may a parent take?", twice, cosines=by_words)) == 1


def test_nothing_in_gives_nothing_out() -> None:
    assert extract("Anything?", [], cosines=by_words) == []
    assert extract("?", PASSAGES, cosines=by_words) == []


def test_a_row_of_a_table_without_names_is_its_cells() -> None:
    table = "|  |  |\n| --- | --- |\n| Manager | Ines Morvay |\n| Mechanic | Tobias Renk |"

    [found] = extract("Who is the mechanic?", [source(table, "Staff")], cosines=by_words)

    assert found.text == "Mechanic; Tobias Renk"


def test_what_the_ranking_takes_for_support_answers_sooner() -> None:
    text, question = "The season of repairs ends in April.", "When does the season for boats end?"

    assert extract(question, [source(text, score=0.2)], cosines=by_words) == []
    assert [found.text for found in extract(question, [source(text, score=0.8)], cosines=by_words)] == [text]


@pytest.mark.parametrize("question", ["How many weeks does grade 99 get?", "How many weeks does Osprey-2 get?"])
def test_a_number_that_no_passage_holds_is_not_answered_with_another_one(question: str) -> None:
    grades = [source(f"Grade {n} gets {10 + n} weeks.", "Weeks", score=0.55) for n in (9, 10)]

    assert extract(question, grades, cosines=by_words) == []
    assert extract(question.replace("99", "9").replace("Osprey-2", "grade 9"), grades, cosines=by_words)


def test_of_passages_that_are_alike_the_one_with_the_name_is_quoted() -> None:
    cities = [
        source(f"The hotel limit in {name} is {n} a night.", score=0.6) for name, n in (("Oslo", 9), ("Bergen", 7))
    ]

    [found] = extract("What is the hotel limit in Bergen?", cities, cosines=by_words)

    assert found.text == "The hotel limit in Bergen is 7 a night."
