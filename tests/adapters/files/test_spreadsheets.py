import datetime as dt

import pytest

from lib.adapters.files.parsing import parse_file
from tests.adapters.files.office_files import ods, xlsx


def read(body, name, media_type=""):
    return parse_file(body, name=name, url=f"https://example.com/{name}", media_type=media_type)


def rows_of(text):
    return [line for line in text.split("\n") if line.startswith("|")]


def test_each_sheet_has_a_heading_and_a_table():
    page = read(
        xlsx({"Staff": [["Name", "City"], ["Ann", "Rome"]], "Cars": [["Make", "Use"], ["Fiat", "town"]]}), "a.xlsx"
    )

    assert page.text == (
        "## Staff\n\n| Name | City |\n| --- | --- |\n| Ann | Rome |\n\n"
        "## Cars\n\n| Make | Use |\n| --- | --- |\n| Fiat | town |"
    )
    assert page.title == "a.xlsx"


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (12, "12"),
        (1234567.5, "1234567.5"),
        (0.1 + 0.2, "0.3"),
        (0.00001, "0.00001"),
        (1e20, "1e+20"),
        (True, "TRUE"),
        ((0.255, "0.0%"), "25.5%"),
        ((0.25, "0%"), "25%"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        ((dt.datetime(2026, 1, 2, 13, 30), "yyyy-mm-dd hh:mm"), "2026-01-02 13:30"),  # noqa: DTZ001 - sheets know no zones
        ((dt.time(9, 5), "hh:mm"), "09:05"),
        ((1.25, "[h]:mm"), "30:00"),
        ("a|b\nc", "a\\|b c"),
    ],
)
def test_values_are_shown_as_people_read_them(cell, shown):
    page = read(xlsx({"S": [["Name", "Value"], ["x", cell]]}, at=(3, 2)), "a.xlsx")

    assert page.text.endswith(f"| x | {shown} |")


def test_lines_above_the_header_stay_above_and_blank_rows_and_columns_go():
    rows = [["Budget 2026"], [], ["", "Name", "", "Cost"], ["", "Pens", "", 5], [], ["", "Ink", "", 7]]

    page = read(xlsx({"S": rows}), "a.xlsx")

    assert page.text == ("## S\n\nBudget 2026\n\n| Name | Cost |\n| --- | --- |\n| Pens | 5 |\n| Ink | 7 |")


def test_five_hundred_columns_are_kept():
    rows = [[f"c{n}" for n in range(500)], list(range(500))]

    assert rows_of(read(xlsx({"S": rows}), "a.xlsx").text)[2].endswith("| 498 | 499 |")


def test_a_table_of_numbers_alone_is_called_by_letters():
    assert rows_of(read(xlsx({"S": [[1, 2], [3, 4]]}), "a.xlsx").text)[0] == "| A | B |"


def test_rows_of_numbers_are_not_lines_above_a_header_though_words_follow():
    page = read(b"1,20,3\n2,21,4\nnone,none,5\n", "a.csv")

    assert page.text == "| A | B | C |\n| --- | --- | --- |\n| 1 | 20 | 3 |\n| 2 | 21 | 4 |\n| none | none | 5 |"


@pytest.mark.parametrize("corner", ["Region", ""])
def test_years_are_names_of_columns(corner):
    text = read(xlsx({"S": [["Sales by region"], [corner, 2024, 2025], ["North", 5, 6]]}), "a.xlsx").text

    assert text.split("\n\n")[2] == f"| {corner} | 2024 | 2025 |\n| --- | --- | --- |\n| North | 5 | 6 |"


def test_a_header_of_two_rows_becomes_one():
    rows = [["Region", "Sales", "", "Costs", ""], ["", "Q1", "Q2", "Q1", "Q2"], ["North", 1, 2, 3, 4]]

    assert rows_of(read(xlsx({"S": rows}), "a.xlsx").text) == [
        "| Region | Sales Q1 | Sales Q2 | Costs Q1 | Costs Q2 |",
        "| --- | --- | --- | --- | --- |",
        "| North | 1 | 2 | 3 | 4 |",
    ]


def test_a_first_row_of_words_is_no_second_header():
    rows = [["Name", "Colour", "", "Price"], ["Chair", "blue", "soft", "free"], ["Table", "red", "hard", 5]]

    assert rows_of(read(xlsx({"S": rows}), "a.xlsx").text)[2] == "| Chair | blue | soft | free |"


def test_a_single_column_becomes_lines():
    assert read(xlsx({"S": [["one"], ["two"]]}), "a.xlsx").text == "## S\n\none\ntwo"


def test_open_document_sheets_are_read():
    page = read(ods("Blatt", [["Name", "Ort"], ["Ann", "Rom"]]), "a.ods")

    assert page.text == "## Blatt\n\n| Name | Ort |\n| --- | --- |\n| Ann | Rom |"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(delimiter):
    rows = [["Name", "Says"], ["Ann", "one, two; three"], ["Bo", "four"]]
    body = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows).encode()

    assert rows_of(read(body, "a.csv").text)[2:] == ["| Ann | one, two; three |", "| Bo | four |"]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_charsets_of_tables_are_found_out(charset):
    page = read("Name;Preis\nMüßli;3,50 €\n".encode(charset), "a.csv")

    assert rows_of(page.text)[2] == "| Müßli | 3,50 € |"


def test_a_line_of_excel_that_names_the_delimiter_is_followed():
    page = read(b"sep=;\na,b;c\nd,e;f\n", "a.csv")

    assert rows_of(page.text)[0] == "| a,b | c |"


def test_tsv_says_its_media_type():
    assert read(b"a\tb\n1\t2\n", "a.tsv").media_type == "text/tab-separated-values"


def test_what_is_called_excel_and_is_html_or_csv_is_read_as_that():
    table = b"<table><tr><th>Name</th><th>City</th></tr><tr><td>Ann</td><td>Rome</td></tr></table>"
    html = b"<html><body>" + table + b"</body></html>"

    assert rows_of(read(html, "export.xls").text)[-1] == "| Ann | Rome |"
    assert rows_of(read(b"Name\tCity\nAnn\tRome\n", "export.xls").text)[-1] == "| Ann | Rome |"


def test_a_quote_that_is_never_closed_is_a_sign_like_others():
    body = b'Name,Size\nScreen,24"\n"Desk,wide\n' + b"Chair,tall\n" * 20_000

    assert rows_of(read(body, "a.csv").text)[3] == '| "Desk | wide |'
