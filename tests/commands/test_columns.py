"""Texts side by side on a terminal."""

from local.columns import cut, side_by_side, text_lines


def test_all_words_of_a_page_are_there_a_line_for_each_block():
    html = "<title>T</title><script>no()</script><nav><a>One</a> <a>Two</a></nav><p>Some <b>bold</b>\nwords<p>More"

    assert text_lines(html) == ["T", "One Two", "Some bold words", "More"]


def test_broken_html_gives_what_words_there_are():
    assert text_lines("<p>one<div <b>two</style></p>three") == ["one", "two", "three"]


def test_columns_fit_whatever_the_script():
    left, right = ["漢字" * 30, "e\u0301" * 50], ["word " * 40, "x" * 200]

    lines = list(side_by_side(left, right, width=60, most=20))

    assert all(line[28:].count("|") <= 1 for line in lines)
    assert "".join(line.partition(" | ")[0].strip() for line in lines).startswith("漢字" * 14)
    assert sum(line.count("x") for line in lines) == 200


def test_what_is_left_out_is_counted():
    assert cut([str(n) for n in range(10)], 20, 4) == ["0", "1", "2", "... 7 more lines"]
    assert cut(["one", ""], 20, 4) == ["one", ""]
