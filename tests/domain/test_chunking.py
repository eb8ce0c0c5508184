import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.chunking import Span, chunk
from lib.domain.cleaning import clean


def by_words(texts):
    return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]


def by_bytes(texts):
    return [len(text.encode()) for text in texts]


def more_than_its_parts(texts):
    """A tokenizer for which joining texts costs extra."""
    return [len(text) // 4 + text.count(" ") ** 2 // 40 + 1 for text in texts]


def texts(text: str, *, target: int = 30, most: int = 40, count=by_words) -> list[str]:
    return [text[s.start : s.end] for s in chunk(text, count_tokens=count, target_tokens=target, max_tokens=most)]


def sentence(words: int, name: str = "word") -> str:
    return " ".join([name.capitalize(), *[name] * (words - 2)]) + "."


PIECES = st.sampled_from(
    [
        "# A\n", "## B\n", "### C\n", "Some sentence here. ", "Another one! ", "- item\n", "| a | b |\n", "|---|---|\n",
        "```\n", "code line\n", "\n\n", "x" * 50 + " ", "word ", "é漢字🌍。", "\n",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=200)),
    st.sampled_from([by_words, by_bytes, more_than_its_parts]),
    st.integers(1, 40),
    st.integers(4, 40),
)
def test_nothing_is_lost_order_is_kept_and_every_span_fits(markdown, count, target, most):
    text = clean(markdown)
    ends = 0
    for span in chunk(text, count_tokens=count, target_tokens=target, max_tokens=most):
        assert ends <= span.start < span.end
        assert not text[ends : span.start].strip()
        body = text[span.start : span.end]
        assert body == body.strip()
        assert count([body])[0] <= most
        ends = span.end
    assert not text[ends:].strip()


def test_a_short_text_is_one_chunk():
    assert texts("Just this. And that.") == ["Just this. And that."]
    assert texts("") == []


def test_long_paragraphs_are_cut_between_sentences_into_even_parts():
    text = " ".join(sentence(10, f"w{n}") for n in range(12))

    found = texts(text)

    assert [by_words([part])[0] for part in found] == [30, 30, 30, 30]
    assert all(part.endswith(".") for part in found)


def test_cuts_prefer_paragraphs_to_sentences():
    first, second = " ".join([sentence(8)] * 3), " ".join([sentence(8)] * 3)

    assert texts(f"{first}\n\n{second}") == [first, second]


def test_a_heading_goes_with_what_follows():
    body = " ".join([sentence(9)] * 3)
    text = f"{body}\n\n## Next\n\n{body}"

    assert texts(text) == [body, f"## Next\n\n{body}"]


def test_small_neighbouring_sections_share_a_chunk_under_their_common_heading():
    text = "# Page\n\n## Fruit\n\n### Apples\n\nRed.\n\n### Pears\n\nGreen.\n\n## Stones\n\n" + sentence(30)

    found = chunk(text, count_tokens=by_words, target_tokens=30, max_tokens=40)

    assert [span.heading for span in found] == ["Fruit", "Stones"]
    assert text[found[0].start : found[0].end].endswith("Green.")


def test_no_chunk_runs_out_of_its_section_into_one_above():
    text = "# Page\n\n## A\n\n### Deep\n\nLittle.\n\n## B\n\nLittle too."

    found = chunk(text, count_tokens=by_words, target_tokens=500, max_tokens=600)
    parts = [text[span.start : span.end] for span in found]

    assert parts == [text]  # a chunk that begins at the top may hold all of it
    # ... but one that begins deep down ends where its section's parent ends.
    deep = "### Deep\n\n" + sentence(20) + "\n\n## B\n\n" + sentence(20)
    assert [s.heading for s in chunk(deep, count_tokens=by_words, target_tokens=60, max_tokens=60)] == ["Deep", "B"]


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# Page\n\nText.", [""]),
        ("# One\n\n" + "Text here. " * 30 + "\n\n# Two\n\n" + "Text here. " * 15, ["One", "One", "Two"]),
        ("## Only second\n\nText.", ["Only second"]),
        ("# Page\n\n## A\n\n#### Deep\n\nText.", ["A > Deep"]),
    ],
)
def test_headings_name_where_a_chunk_lies_without_the_pages_own(text, headings):
    found = chunk(text, count_tokens=by_words, target_tokens=50, max_tokens=60)

    assert [span.heading for span in found] == headings


def test_tables_are_cut_between_rows_and_keep_their_head_together():
    table = "| name | size |\n|---|---|\n" + "\n".join(f"| row {n} | {n} |" for n in range(20))

    found = texts(table, target=40, most=50)

    assert len(found) > 1
    assert found[0].startswith("| name | size |\n|---|---|\n| row 0")
    assert all(line.startswith("|") and line.endswith("|") for part in found for line in part.split("\n"))


def test_code_is_whole_if_it_fits_and_cut_between_lines_if_not():
    short = "```\none two. Three\n\nfour\n```"
    assert any(short in part for part in texts(sentence(25) + f"\n\n{short}\n\n" + sentence(25)))

    long = "```\n" + "\n".join(f"line {n} = value" for n in range(30)) + "\n```"
    assert all(part.startswith(("```", "line")) for part in texts(long))


def test_a_sentence_that_does_not_fit_is_cut_between_words():
    long = " ".join(f"w{n}" for n in range(200))

    found = texts(long)

    assert " ".join(found) == long
    assert all(by_words([part])[0] <= 40 for part in found)


def test_a_giant_word_is_cut_anywhere():
    giant = "🌍x" * 500

    found = texts(giant, count=by_bytes)

    assert "".join(found) == giant
    assert all(by_bytes([part])[0] <= 40 for part in found)


def test_the_tokenizer_is_called_a_few_times_with_many_texts():
    calls = []

    def counting(batch):
        calls.append(len(batch))
        return by_words(batch)

    chunk(" ".join([sentence(12)] * 400), count_tokens=counting, target_tokens=30, max_tokens=40)

    assert len(calls) == 2


def test_limits_that_allow_nothing_are_refused():
    for target, most in ((0, 10), (10, 0), (-1, -1)):
        with pytest.raises(ValueError, match="must be positive"):
            chunk("text", count_tokens=by_words, target_tokens=target, max_tokens=most)


def test_equal_texts_give_equal_spans():
    assert chunk("A b.", count_tokens=by_words, target_tokens=9, max_tokens=9) == [Span(0, 4, "")]


def pages_of(text, breaks, *, target=30, most=40):
    found = chunk(text, count_tokens=by_words, target_tokens=target, max_tokens=most, breaks=breaks)
    return [text[span.start : span.end] for span in found]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=200)),
    st.sampled_from([by_words, by_bytes, more_than_its_parts]),
    st.integers(1, 40),
    st.integers(4, 40),
    st.lists(st.integers(-3, 300), max_size=6),
)
def test_no_span_runs_over_a_break_and_nothing_is_lost(markdown, count, target, most, breaks):
    text = clean(markdown)
    ends = 0
    for span in chunk(text, count_tokens=count, target_tokens=target, max_tokens=most, breaks=breaks):
        assert ends <= span.start < span.end
        assert not text[ends : span.start].strip()
        assert not any(span.start < edge < span.end for edge in breaks)
        body = text[span.start : span.end]
        assert body == body.strip()
        assert count([body])[0] <= most
        ends = span.end
    assert not text[ends:].strip()


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join), st.integers(1, 40), st.integers(4, 40))
def test_breaks_at_the_ends_of_the_text_and_outside_change_nothing(markdown, target, most):
    text = clean(markdown)

    def spans(breaks):
        return chunk(text, count_tokens=by_words, target_tokens=target, max_tokens=most, breaks=breaks)

    assert spans([-1, 0, len(text), len(text) + 9]) == spans(())


def test_a_break_cuts_a_sentence_a_table_and_code():
    for text, edge in (
        ("Half of it is here and half there.", 16),
        ("| a | b |\n|---|---|\n| 1 | 2 |", 20),
        ("```\none\ntwo\n```", 8),
        ("## A heading of two pages", 12),
    ):
        assert pages_of(text, [edge]) == [text[:edge].strip(), text[edge:].strip()]


def test_small_pages_do_not_share_a_chunk_but_their_heading():
    text = "# Report\n\n## Lights\n\nFirst page.\n\nSecond page."

    found = chunk(text, count_tokens=by_words, target_tokens=30, max_tokens=40, breaks=[text.index("Second")])

    assert [(text[span.start : span.end][-12:], span.heading) for span in found] == [
        ("\nFirst page.", "Lights"),
        ("Second page.", "Lights"),
    ]


def test_the_order_and_the_number_of_breaks_do_not_matter():
    text = " ".join(sentence(10, f"w{n}") for n in range(12))
    edges = [text.index("W3"), text.index("W7")]

    assert pages_of(text, edges) == pages_of(text, [*reversed(edges), *edges])
