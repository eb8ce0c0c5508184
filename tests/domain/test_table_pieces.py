import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.cleaning import clean, snapshot_text
from lib.domain.table_pieces import PIECE_TOKENS, in_pieces
from lib.domain.tables import UNDERLINE, cells_of
from lib.domain.token_bound import bound

CELL = st.lists(st.sampled_from(["word", "Sentence ends.", "3.14", "x" * 90, "漢字", "a\\|b", "e-mail"]), max_size=40)
NAME = st.lists(st.sampled_from(["name", "size", "of", "漢字", "y" * 90]), max_size=8)


def table(names, *rows):
    lines = ["| " + " | ".join(row) + " |" for row in (names, *rows)]
    return "\n".join([lines[0], "|" + " --- |" * len(names), *lines[1:]])


def tables_of(text):
    return [part for part in text.split("\n\n") if part.startswith("|")]


@st.composite
def tables(draw):
    width = draw(st.integers(1, 30))
    names = ["Key", *(" ".join(draw(NAME)) for _ in range(width - 1))]
    rows = draw(st.lists(st.lists(CELL.map(" ".join), min_size=width, max_size=width), max_size=8))
    return table(names, *rows)


@settings(max_examples=100, deadline=None)
@given(tables())
def test_every_piece_fits_and_has_a_header_and_no_word_is_lost(markdown):
    text = clean(markdown)
    pieces = tables_of(in_pieces(text))

    for piece in pieces:
        head, _, *rows = piece.split("\n")
        assert bound(piece) <= PIECE_TOKENS
        assert UNDERLINE.match(piece, len(head))
        assert all(len(cells_of(row)) == len(cells_of(head)) for row in rows)
    shown = "".join("\n".join(pieces).split())
    assert all(word[:30] in shown for word in text.split() if "-" not in word)


@settings(max_examples=100, deadline=None)
@given(tables())
def test_pieces_stay_as_they_are(markdown):
    text = in_pieces(clean(markdown))

    assert in_pieces(text) == text


def test_tables_that_fit_and_text_around_them_stay_to_the_letter():
    small = "|a |  b|\n|:--|--:|\n| 1|2 |"
    long = table(["a", "b"], *[[str(n), "word"] for n in range(100)])
    text = f"Before.\n\n{small}\n\nBetween:\n{long}\n\n```\n{long}\n```\nAfter."

    found = in_pieces(text)

    assert found.startswith(f"Before.\n\n{small}\n\nBetween:\n| a | b |\n| --- | --- |\n| 0 | word |")
    assert found.endswith(f"| 99 | word |\n\n```\n{long}\n```\nAfter.")
    assert len(tables_of(found)) > 4


def test_a_table_that_names_no_columns_stays_whole():
    text = table(["", ""], *[[str(n), "word"] for n in range(100)])

    assert in_pieces(text) == text


def test_a_name_that_is_too_long_is_cut_short_and_stands_in_full_once():
    name = "what the customer said when we asked " * 12
    found = in_pieces(clean(table(["Id", name], *[[str(n), "fine"] for n in range(90)])))

    heads = {piece.split("\n")[0] for piece in tables_of(found)}
    assert len(heads) == 1
    assert heads.pop().endswith("… |")
    assert found.count("asked") >= 12


def test_a_long_cell_is_cut_between_sentences():
    answer = " ".join(f"This is what step {n} of the procedure says." for n in range(30))
    pieces = tables_of(in_pieces(table(["Question", "Answer"], ["How?", answer])))

    assert len(pieces) > 2
    assert all(cells_of(piece.split("\n")[2])[0] == "How?" for piece in pieces)
    assert all(piece.endswith(". |") for piece in pieces)
    assert " ".join(cells_of(piece.split("\n")[2])[1] for piece in pieces) == answer


def test_every_part_of_a_long_cell_is_kept_whatever_its_words_are_like():
    cell = "Yes. " + "one " + "x" * 300 + " two. No. " + "three " + "y" * 300 + " four"
    pieces = tables_of(in_pieces(table(["Question", "Answer"], ["How?", cell])))

    parts = [cells_of(row)[1] for piece in pieces for row in piece.split("\n")[2:]]
    assert "".join("".join(parts).split()) == "".join(cell.split())


def test_columns_apart_from_a_long_first_one_keep_its_beginning():
    names = ["Finding", *[f"column number {n}" for n in range(30)]]
    pieces = tables_of(in_pieces(table(names, ["Corrosion of the " + "lower left " * 30 + "beam", *["x"] * 30])))

    assert all(cells_of(piece.split("\n")[2])[0].startswith("Corrosion") for piece in pieces if "number 20" in piece)


def test_an_escaped_bar_is_never_cut_from_its_sign():
    text = in_pieces(table(["Key", "Value"], ["k", "\\|" * 1_000]))

    assert all(len(cells_of(line)) == 2 for line in text.split("\n") if line)


def test_rows_of_more_cells_than_the_header_keep_them():
    text = in_pieces(table(["Key", "Value"], ["k", *[f"cell{n}" for n in range(300)]], ["l", "last"]))

    assert all(f"cell{n} |" in text for n in range(300))
    assert "| l | last |" in text


@pytest.mark.parametrize(
    "text",
    [
        table(["Key", "Value"], ["k", "word " * 100_000]),
        table(["Key", "Value"], ["k", "x" * 500_000]),
        table([f"n{n}" for n in range(20_000)], *[["k"]] * 5_000),
        table(["Key"], ["a"] * 100_000, *[["k"]] * 20_000),
        "| a |\n| --- |\n" * 20_000,
        "| a |\n|" + " --- |" * 100_000,
    ],
)
def test_hostile_tables_take_no_longer_than_other_text(text):
    started = time.process_time()
    snapshot_text(text)

    assert time.process_time() - started < 5
