import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.cleaning import clean

_SIGNS = """[ ] ( ) ![ ]( * ** ` ``` ~~~ a b é # ## == -- --- === <br> <!-- --> <b> </b> | \\ _ <http://x> http://x"""
_BLANKS = ["\n", "\n\n", " ", "  ", "    ", "\t", "- ", "1. "]
_ODD = ["e\u0301", "\u200b", "\u200d", "\x00", "\ud800", "\u212a", "\u0301"]
PIECES = st.sampled_from([*_SIGNS.split(), *_BLANKS, *_ODD])


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ('see [the page](https://x.org/a_(b) "t") now', "see the page now"),
        ("an ![image](a.png) and [![badge](b.svg)](https://x)", "an and"),
        ("<https://x.org/y> and [ref][1]", "https://x.org/y and [ref][1]"),
        ("**bold**, *it*, ***both*** but 2 * 3 * 4", "bold, it, both but 2 * 3 * 4"),
        ("a*b*c and \\*x\\*", "a*b*c and \\*x\\*"),
        ("`[a](b) **c**` and __init__", "`[a](b) **c**` and __init__"),
        ("a\u00a0b\u200bc\ufeff d\u00ade", "a bc de"),
        ("Cafe\u0301\r\nline\u2028next", "Café\nline\nnext"),
        ("x <!-- hidden\n\nstill --> y<br>z <b>w</b> a < b > c", "x y z w a < b > c"),
        ("Title\n=====\n\nPart\n----\n\ntext", "# Title\n\n## Part\n\ntext"),
        ("## Part ##\n\n\n\n\ntext  \n", "## Part\n\ntext"),
        ("#hashtag and C#", "#hashtag and C#"),
        ("- a\n    - b  c\n1. d", "- a\n    - b c\n1. d"),
        ("| a  |  b |\n|---|---|\n| 1 | [x](y) |", "| a | b |\n|---|---|\n| 1 | x |"),
        ("---\n\ntext", "---\n\ntext"),
        ("\u0645\u06cc\u200c\u062e 👩\u200d💻", "\u0645\u06cc\u200c\u062e 👩\u200d💻"),
        ("", ""),
        (" \n\t\n ", ""),
    ],
)  # fmt: skip
def test_what_a_renderer_needs_goes_and_what_readers_need_stays(markdown, expected):
    assert clean(markdown) == expected


def test_code_keeps_its_blanks_and_signs():
    code = "```html\n<b>x</b>   [a](b) <!-- c -->\n\n\n\n  **kwargs\n```"

    assert clean(f"before  it\n{code}\nafter") == f"before it\n{code}\nafter"


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=60)))
@example("[" * 50 + "x" + "](y)" * 50)
@example("[![*a](b)*](c)")
def test_cleaning_twice_changes_nothing(markdown):
    cleaned = clean(markdown)

    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=200))
def test_no_word_is_lost(text):
    """Letters and numbers, whatever is around them."""
    kept = unicodedata.normalize("NFC", "".join(text.split()))
    assert "".join(clean(text).split()) == kept


@pytest.mark.parametrize(
    "bad", ["[", "[a](", "![", "*a", "`", "<", "**a** ", "<b ", "(", "# ", "- ", "a\n=\n", "<!--", "~~~\n"]
)
def test_hostile_text_takes_no_longer_than_other_text(bad):
    started = time.perf_counter()
    clean(bad * (100_000 // len(bad)))

    assert time.perf_counter() - started < 5
