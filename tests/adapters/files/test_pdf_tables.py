import pytest

from lib.adapters.files.parsing import parse_file
from lib.errors import BadInput
from tests.adapters.files.pdf_files import Words, lines, pdf

FOX = ("The quick brown fox jumps over the lazy dog and goes on to the", "other side of the wide river in the evening.")
COLUMNS = (72, 300, 400)


def read(*pages):
    return parse_file(pdf(*pages), name="report.pdf", url="https://example.com/report.pdf").text


def row(*cells, y, columns=COLUMNS):
    return [Words(cell, x=x, y=y) for cell, x in zip(cells, columns, strict=False) if cell]


def test_rows_of_a_table_are_paragraphs_of_their_own():
    table = [
        *row("", "2022", "2023", y=700),
        *row("Net sales", "1,250", "1,310", y=686),
        *row("Cost of sales", "900", "(950)", y=672),
    ]

    assert read(table).split("\n\n") == ["2022 2023", "Net sales 1,250 1,310", "Cost of sales 900 (950)"]


def test_names_of_the_rows_below_stay_in_the_table():
    table = [*row("Cash", "10", "12", y=700), *row("Buildings", y=686), *row("At home", "20", "20", y=672)]

    assert read(table).split("\n\n") == ["Cash 10 12", "Buildings", "At home 20 20"]


def test_text_before_and_behind_a_table_stays_text():
    page = [*lines(*FOX, y=740), *row("Cash", "10", "12", y=700), *row("Land", "20", "20", y=686), *lines(*FOX, y=640)]

    assert read(page).split("\n\n") == [" ".join(FOX), "Cash 10 12", "Land 20 20", " ".join(FOX)]


def test_a_term_beside_an_explanation_of_several_lines_is_no_row():
    page = [
        Words("noclobber", x=72, y=700),
        Words("Files that exist are not written over by output", x=200, y=700),
        Words("that is sent to them.", x=200, y=686.8),
        Words("noexec", x=72, y=673.6),
        Words("Commands are read and checked for errors, but", x=200, y=673.6),
        Words("they are not run.", x=200, y=660.4),
    ]

    assert "output that is sent" in read(page)
    assert "but they are not run." in read(page)


@pytest.mark.parametrize("first", ["1.", "(a)", "2.3"])
def test_items_of_lists_with_wide_gaps_are_no_rows(first):
    page = [*row(first, "Bring a pen", y=700, columns=(72, 110)), *row(first, "Bring a book", y=686, columns=(72, 110))]

    assert "\n\n" not in read(page)


def test_two_columns_of_running_text_are_no_table():
    page = [Words(text, x=x, y=y) for y, text in ((700, FOX[0]), (686, FOX[1])) for x in (20, 350)]

    assert "\n\n" not in read(page)


def test_body_text_is_not_a_heading_where_more_is_set_smaller():
    code = [f"value_{n} = compute(value_{n}, another_value_{n})" for n in range(12)]

    text = read([*lines(*FOX, "And this is the third line of it.", y=700), *lines(*code, y=600, size=8, leading=10)])

    assert "#" not in text


def test_a_text_far_too_long_is_refused_and_never_cut(monkeypatch):
    monkeypatch.setattr("lib.adapters.files.pdf.MAX_TEXT_CHARS", 100)
    headers = [[Words("A running header of the book", y=760), *lines(f"Page {letter}", y=600)] for letter in "abcd"]

    assert read(*headers).split("\n\n") == [f"Page {letter}" for letter in "abcd"]
    with pytest.raises(BadInput, match=r"'report\.pdf' holds more than 100 characters: split it"):
        read(*([lines(*FOX)] * 2))
