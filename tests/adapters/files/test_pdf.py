import pytest

from lib.adapters.files.parsing import parse_file
from lib.errors import BadInput
from tests.adapters.files.pdf_files import Words, lines, pdf

FOX = ("The quick brown fox jumps over the lazy dog and goes on to the", "other side of the wide river in the evening.")


def read(body, name="report.pdf"):
    return parse_file(body, name=name, url=f"https://example.com/{name}")


def text_of(page, number):
    """What stands between the anchor of a page and the next one."""
    starts = {anchor.fragment: anchor.offset for anchor in page.anchors}
    later = [offset for offset in starts.values() if offset > starts[f"page={number}"]]
    return page.text[starts[f"page={number}"] : min(later, default=None)].strip()


def test_each_page_has_an_anchor_where_its_text_begins():
    page = read(pdf([Words("Alpha one.")], [Words("Beta ﬁne.".replace("ﬁ", "fi"))], [Words("Gamma three.")]))

    assert [a.fragment for a in page.anchors] == ["page=1", "page=2", "page=3"]
    assert [text_of(page, n) for n in (1, 2, 3)] == ["Alpha one.", "Beta fine.", "Gamma three."]


def test_pages_without_text_keep_the_numbers_of_the_others_right():
    page = read(pdf([Words("Alpha.")], [], [Words("Gamma.")], images=(1,)))

    assert [a.fragment for a in page.anchors] == ["page=1", "page=3"]
    assert text_of(page, 3) == "Gamma."


def test_lines_become_paragraphs():
    page = read(pdf([*lines(*FOX), *lines("A new one begins here.", y=640)]))

    assert page.text == f"{' '.join(FOX)}\n\nA new one begins here."


def test_lines_that_were_ended_on_purpose_stay_lines():
    page = read(pdf(lines("Flour 200 g", "Sugar 100 g", FOX[0])))

    assert page.text.startswith("Flour 200 g\nSugar 100 g\n")


def test_words_divided_at_line_ends_are_put_together():
    page = read(pdf(lines("Whoever has a question asks at the desk for infor-", "mation about it.")))

    assert page.text == "Whoever has a question asks at the desk for information about it."


def test_hyphens_that_belong_to_a_word_stay():
    first = lines("The well-known rule is the one that everybody keeps, and so it is well-", "known to us.")

    assert "and so it is well-known to us" in read(pdf(first)).text


def test_a_sentence_that_runs_over_the_end_of_a_page_stays_on_both():
    page = read(pdf([Words(FOX[0], y=60)], [Words(FOX[1])]))

    assert (text_of(page, 1), text_of(page, 2)) == FOX


def test_larger_words_are_headings_by_size():
    page = read(pdf([Words("Staff handbook", size=24), Words("Holidays", y=680, size=16), *lines(*FOX, y=650)]))

    assert page.text == f"# Staff handbook\n\n## Holidays\n\n{' '.join(FOX)}"
    assert page.title == "Staff handbook"


def test_bold_lines_alone_are_headings():
    page = read(pdf([Words("Holidays", y=720, is_bold=True), *lines(*FOX, y=690)]))

    assert page.text == f"# Holidays\n\n{' '.join(FOX)}"


def test_running_headers_footers_and_page_numbers_go():
    bodies = ("Alpha is the first of all the letters.", "Beta follows.", "Gamma is third.", "Delta ends it.")
    pages = [
        [Words("ACME handbook", y=760), *lines(body, *FOX), Words(f"Page {n} of 4", y=30), Words("Confidential", y=50)]
        for n, body in enumerate(bodies, start=1)
    ]

    page = read(pdf(*pages))

    assert [text_of(page, n).split("\n")[0] for n in range(1, 5)] == list(bodies)
    assert not [word for word in ("ACME", "Page", "Confidential") if word in page.text]


def test_page_numbers_on_alternating_sides_and_in_roman_numerals_go():
    pages = [
        [*lines(f"Body {'abcdef'[n]}.", *FOX), Words(numeral, x=500 if n % 2 else 72, y=30)]
        for n, numeral in enumerate(("iv", "v", "vi", "vii"))
    ]

    assert "vi" not in read(pdf(*pages)).text.split()


def test_repeated_lines_close_to_the_text_stay():
    pages = [lines("Name Price", f"Item{'abc'[n]} {n * 7}", "More 5", y=760) for n in range(3)]

    assert read(pdf(*pages)).text.count("Name Price") == 3


def test_pages_of_one_line_each_are_not_taken_for_headers():
    page = read(pdf(*([Words(f"Hello page {n}")] for n in (1, 2, 3))))

    assert [text_of(page, n) for n in (1, 2, 3)] == ["Hello page 1", "Hello page 2", "Hello page 3"]


def test_bullets_become_list_items():
    page = read(pdf(lines("What to bring to the first day at work in our office and lab:", "• a pen", "• a book")))

    assert page.text.endswith(":\n- a pen\n- a book")


def test_dots_before_page_numbers_are_shortened_and_entries_stay_lines():
    page = read(pdf(lines(f"1 Scope {'. ' * 40}3", f"2 Terms {'. ' * 40}5")))

    assert page.text == "1 Scope ... 3\n2 Terms ... 5"


@pytest.mark.parametrize(
    ("stated", "title"),
    [("Staff handbook", "Staff handbook"), ("Microsoft Word - Rules", "Rules"), ("draft7.docx", "a b.pdf")],
)
def test_the_title_is_what_the_file_states_unless_it_says_nothing(stated, title):
    assert read(pdf([Words("Body text.")], title=stated), name="folder/a b.pdf").title == title


def test_the_language_is_that_of_the_catalog():
    assert read(pdf([Words("Guten Tag.")], language="de-DE")).language == "de-DE"


def test_what_markdown_takes_for_marks_is_escaped():
    assert read(pdf(lines("# no heading", "| no row", leading=30))).text == "\\# no heading\n\n\\| no row"


def test_a_scan_without_text_is_refused_with_its_number_of_pages():
    with pytest.raises(BadInput, match=r"'scan.pdf' is a scan without text \(2 of its 3 pages are pictures\): run OCR"):
        read(pdf([], [], [], images=(0, 2)), name="scan.pdf")


def test_a_page_with_text_is_enough_not_to_be_a_scan():
    assert read(pdf([], [Words("Some words.")], images=(0, 1))).text == "Some words."


def test_a_pdf_with_neither_text_nor_pictures_has_no_text():
    page = read(pdf([]))

    assert (page.text, page.title, page.anchors) == ("", "report.pdf", ())


def test_a_locked_pdf_is_refused():
    with pytest.raises(BadInput, match=r"'report\.pdf' is encrypted: remove its password"):
        read(pdf([Words("Secret.")], encrypt=True))


def test_a_mark_after_lines_of_a_mail_system_is_found():
    assert read(b"X-Junk: yes\r\n\r\n" + pdf([Words("Body.")]), name="noname").media_type == "application/pdf"


def test_a_damaged_page_costs_its_own_text_alone():
    body = pdf([Words("Alpha.")], [Words("Beta.")], [Words("Gamma.")]).replace(b"[8 0 R 10 0 R", b"[8 0 R 99 0 R")

    page = read(body)

    assert [(a.fragment, text_of(page, int(a.fragment[5:]))) for a in page.anchors] == [
        ("page=1", "Alpha."),
        ("page=3", "Gamma."),
    ]


def test_a_pdf_whose_pages_are_all_damaged_is_refused():
    with pytest.raises(BadInput, match=r"'report\.pdf' cannot be read as PDF: damaged"):
        read(pdf([Words("Alpha.")]).replace(b"[8 0 R]", b"[7 0 R]"))


def test_words_are_parted_where_the_blank_is_a_gap_between_two_letters():
    drawn = [Words("no"), Words("ww", x=84.2, spacing=2.4), Words("e", x=102.5)]  # as groff draws "now we"

    assert read(pdf(drawn)).text == "now we"


def test_letters_of_a_title_that_are_set_apart_stay_one_word():
    assert read(pdf([Words("Manual", spacing=2.4)])).text == "Manual"


def test_accents_drawn_before_their_letters_are_put_on_them():
    page = read(pdf(lines("The r\u00b4esum\u00b4e of Schr\u00a8oder, voil`a, is in \u02dc/docs and 2\u02c6n.")))

    assert page.text == "The résumé of Schröder, voilà, is in \u02dc/docs and 2\u02c6n."


def test_letters_of_formulas_beyond_the_basic_plane_move_no_size_to_other_lines():
    page = read(pdf([Words("xxxxxxxx", y=720), *lines(*FOX), Words("Results", y=650, size=16)], math="x"))

    assert "\U0001d465" * 8 in page.text
    assert page.text.endswith("# Results")


def test_a_row_printed_in_the_margin_of_every_page_is_kept_if_it_is_too_long_for_a_header():
    rows = [f"{number + 4} " + " ".join(f"{name} {number}" for name in ["value"] * 40) for number in range(4)]

    page = read(pdf(*([Words(row, y=760, size=4), *lines(*FOX, y=600)] for row in rows)))

    assert "value 3 value 3" in page.text


def test_what_was_filled_into_a_form_is_text_of_its_page():
    page = read(pdf([Words("Name of the applicant:")], field="Ada Lovelace"))

    assert "Ada Lovelace" in text_of(page, 1)


def numbered(rows, x=40, first=46):
    heights = [700 - 13.2 * number for number in range(len(rows))]
    pairs = zip(heights, rows, strict=True)
    return [w for n, (y, row) in enumerate(pairs) for w in (Words(str(first + n), x=x, y=y), Words(row, y=y))]


def test_numbers_of_lines_in_the_margin_go():
    page = read(pdf(numbered([f"This is line {word} of a text that goes on and on and" for word in "abcdefghijkl"])))

    assert page.text.startswith("This is line a of a text that goes on and on and This is line b of a text")
    assert "46" not in page.text
    assert "57" not in page.text


def test_a_first_column_of_numbers_in_a_table_stays():
    page = read(pdf(numbered([f"Town {word}" for word in "abcdefghijkl"])))

    assert "46 Town a" in page.text
    assert "57 Town l" in page.text


def test_lines_of_a_manuscript_set_wide_are_one_paragraph():
    text = [f"This is line {word} of a text that goes on and on and" for word in "abcdefgh"]

    page = read(pdf([*lines(*text, leading=26), *lines("Another paragraph.", y=440)]))

    assert page.text == " ".join(text) + "\n\nAnother paragraph."
