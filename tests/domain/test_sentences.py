import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.blocks import blocks
from lib.domain.sentences import sentences

PIECES = st.sampled_from(
    [
        *("# H\n", "Mr. X went. ", "He ran! ", "- item\n", "1. one\n", "| a |\n", "```\n", "~~~\n", "\n\n", "\n"),
        *("  ", "---\n", "。", "é"),
    ]
)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith met J. R. R. Tolkien, i.e. him.", ["Dr. Smith met J. R. R. Tolkien, i.e. him."]),
        ("The U.S. Army. In the U.S. The law holds.", ["The U.S. Army.", "In the U.S.", "The law holds."]),
        ("See No. 5 and c. 1500. No. I will not.", ["See No. 5 and c. 1500.", "No.", "I will not."]),
        ('"Is it?" she said. (It is.) Yes.', ['"Is it?" she said.', "(It is.)", "Yes."]),
        ("World War I. The end... Then 3.5 million.", ["World War I.", "The end...", "Then 3.5 million."]),
        ("今日は。明日は。終わり", ["今日は。", "明日は。", "終わり"]),
        ("broken\nacross lines. Next", ["broken\nacross lines.", "Next"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_prose_is_cut_at_the_ends_of_sentences(text, expected):
    assert split(text) == expected


def test_lines_that_carry_structure_are_sentences_of_their_own():
    text = "# Head\nIntro here. More.\n\n- item. Goes on\n  here\n- two\n\n| a. B | c |\n|---|---|\n"
    text += "\n```py\nx. Y\n\nz\n```\nEnd"

    assert split(text) == [
        "# Head", "Intro here.", "More.", "- item.", "Goes on\n  here", "- two", "| a. B | c |", "|---|---|",
        "```py", "x. Y", "z", "```", "End",
    ]  # fmt: skip


def test_blocks_are_told_apart():
    text = "## H\npara\n\n* item\n\n| row |\n\n~~~\ncode\n\n~~~\n\n***\n#hashtag"

    assert [(b.kind, text[b.start : b.end], b.level) for b in blocks(text)] == [
        ("heading", "## H", 2), ("paragraph", "para", 0), ("item", "* item", 0), ("row", "| row |", 0),
        ("code", "~~~\ncode\n\n~~~", 0), ("paragraph", "***", 0), ("paragraph", "#hashtag", 0),
    ]  # fmt: skip


@given(st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=80)))
def test_sentences_and_blocks_hold_every_character_once_and_in_order(text):
    for spans in ([(b.start, b.end) for b in blocks(text)], sentences(text)):
        ends = 0
        for start, end in spans:
            assert ends <= start < end
            assert not text[ends:start].strip()
            assert text[start:end] == text[start:end].strip()
            ends = end
        assert not text[ends:].strip()
