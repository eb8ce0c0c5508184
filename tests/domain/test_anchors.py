import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.anchors import fragment_at, is_place, places, with_fragment
from lib.domain.cleaning import clean
from lib.domain.documents import Anchor

HEADER = "# Annual report of the company about its lanterns and harbours\n\n"
WHOLE = st.sampled_from(
    [
        "Plain words", "one", "7", "end.", "# Head", "## Part ##", "- item", "1. first\n2. second", "Title\n=====",
        "| a | b |\n|---|---|", "**bold** words", "*a* and *b*", "[a link](https://example.com/a-b?c=d)",
        "![image](image.png)", "(in brackets)", "“quoted”", "`code [a](b)`", "```\n<b>x</b>\n  y\n```", "<!-- gone -->",
        "line<br>line", "é\u200bü", "漢字。", "---", "***", "", HEADER.strip(),
    ]
)  # fmt: skip
PAGE = st.lists(WHOLE, max_size=5).map("\n\n".join)
SIGNS = st.lists(st.sampled_from(list("ab[](*`<!->#|~ \n1é\u0301\u200b")), max_size=60).map("".join)


def paginated(pages, joint="\n\n", kind="page"):
    """A text made of pages, and its anchors, numbered from 1."""
    anchors, offset = [], 0
    for number, page in enumerate(pages, start=1):
        anchors.append(Anchor(offset=offset, fragment=f"{kind}={number}"))
        offset += len(page) + len(joint)
    return joint.join(pages), anchors


def cut(text, anchors):
    """The cleaned text of each page."""
    cleaned = clean(text)
    found = places(text, anchors, cleaned=cleaned)
    ends = [*(anchor.offset for anchor in found[1:]), len(cleaned)]
    return {a.fragment: cleaned[a.offset : end].strip() for a, end in zip(found, ends, strict=True)}


@settings(max_examples=300, deadline=None)
@given(st.lists(PAGE, min_size=1, max_size=8))
@example(["(in brackets)", "*a* and *b*", "(in brackets)", "**bold** words"])
def test_every_page_keeps_what_it_is_cleaned_to(pages):
    text, anchors = paginated(pages)

    found = cut(text, anchors)

    assert [*found] == [anchor.fragment for anchor in anchors]
    for anchor, page in zip(anchors, pages, strict=True):
        if re.search(r"[^\W_]", clean(page)):  # signs alone go with the page before
            assert found[anchor.fragment].startswith(clean(page))
            assert not re.search(r"[^\W_]", found[anchor.fragment].removeprefix(clean(page)))


@settings(max_examples=300, deadline=None)
@given(SIGNS, st.lists(st.integers(-5, 70), max_size=6))
def test_any_text_cut_anywhere_gives_places_in_order_within_it(text, offsets):
    cleaned = clean(text)
    anchors = [Anchor(offset=offset, fragment=f"page={n}") for n, offset in enumerate(offsets)]

    found = places(text, anchors, cleaned=cleaned)

    assert [place.offset for place in found] == sorted(place.offset for place in found)
    assert all(0 <= place.offset <= len(cleaned) for place in found)
    assert {place.fragment for place in found} <= {anchor.fragment for anchor in anchors}


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=80), st.integers(0, 80))
def test_words_before_a_boundary_stay_before_it(text, offset):
    cleaned = clean(text)

    [place] = places(text, [Anchor(offset=offset, fragment="page=2")], cleaned=cleaned)

    assert "".join(cleaned[: place.offset].split()) == "".join(clean(text[:offset]).split())


def test_pages_that_begin_alike_are_told_apart():
    pages = [HEADER + f"Page {n} has words of its own: {'w' * n}." for n in range(1, 30)]
    text, anchors = paginated(pages)

    found = cut(text, anchors)

    assert [*found.values()] == [page.strip() for page in pages]


@pytest.mark.parametrize("joint", ["\n\n", "\n", " "])
def test_a_sentence_may_run_over_a_boundary(joint):
    pages = [
        "The lantern of the harbour is lit by",
        "(as the statutes say) the master alone. He",
        "[may](x) delegate it.",
    ]
    text, anchors = paginated(pages, joint)

    assert [*cut(text, anchors).values()] == [clean(page) for page in pages]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("see [the long", "story](https://example.com/a/long/way/to/go?page=12) of it"),
        ("a *note that", "ends* here"),
        ("before <!-- hidden", "words --> after"),
        ("```\n[a](b)", "[c](d)\n```\nafter"),
        ("<a href='x'\n", " class='y'>word</a> after"),
        ("![alt text", "of it](image-of-something.png) after"),
    ],
)
def test_syntax_that_runs_over_a_boundary_moves_no_later_one(left, right):
    filler = [f"Page {n} speaks of subject {n} in words that no other page has, number {n * 7919}." for n in range(8)]
    filler[3] += f"\n\n{left}"
    filler[4] = f"{right}\n\n{filler[4]}"
    text, anchors = paginated(filler)

    found = cut(text, anchors)

    for number in (1, 2, 3, 6, 7, 8):
        assert f"Page {number - 1} speaks" in found[f"page={number}"]
    assert "Page 4 speaks" in found.get("page=5", found["page=4"])


@pytest.mark.parametrize("length", [1, 200])
def test_pages_that_were_taken_away_whole_have_no_text_and_later_ones_are_found(length):
    pages = [
        f"Page {n} speaks of subject {n} in words that no other page has: {f'{n * 7919} ' * length}" for n in range(9)
    ]
    pages[2] += "<!--"
    pages[5] = "--> " + pages[5]
    text, anchors = paginated(pages)

    found = cut(text, anchors)

    assert {name: words[:6] for name, words in found.items() if words} == {
        f"page={n + 1}": f"Page {n}" for n in (0, 1, 2, 5, 6, 7, 8)
    }


def test_an_empty_page_shares_the_offset_of_the_next_text():
    text, anchors = paginated(["one", "", "![scan](scan.png)", "four", ""])
    cleaned = clean(text)

    found = places(text, anchors, cleaned=cleaned)

    assert [(place.fragment, cleaned[place.offset :]) for place in found] == [
        ("page=1", "one\n\nfour"),
        ("page=2", "four"),
        ("page=3", "four"),
        ("page=4", "four"),
        ("page=5", ""),
    ]
    assert fragment_at(found, found[3].offset) == "page=4"


def test_only_pages_and_slides_are_places():
    text, slides = paginated(["# One", "# Two"], kind="slide")
    headings = [
        Anchor(offset=0, fragment="one"),
        Anchor(offset=7, fragment="page-2"),
        Anchor(offset=7, fragment="Page=2"),
    ]

    assert [p.fragment for p in places(text, [*headings, *slides], cleaned=text)] == ["slide=1", "slide=2"]
    assert places(text, headings, cleaned=text) == ()
    assert not any(map(is_place, ["", "page=", "page", "page=1&x=y", "page=3 ", "page=3\n", "mypage=3", "page=٣"]))


def test_a_place_reaches_to_the_next():
    found = (Anchor(offset=5, fragment="page=1"), Anchor(offset=9, fragment="page=2"))

    assert [fragment_at(found, n) for n in (0, 4, 5, 8, 9, 100)] == ["", "", "page=1", "page=1", "page=2", "page=2"]
    assert fragment_at((), 3) == ""


@pytest.mark.parametrize(
    ("url", "fragment", "expected"),
    [
        ("https://example.com/a.pdf", "page=3", "https://example.com/a.pdf#page=3"),
        ("https://example.com/a.pdf?x=1#page=1", "page=3", "https://example.com/a.pdf?x=1#page=3"),
        ("https://example.com/a#top", "", "https://example.com/a#top"),
        ("", "page=3", ""),
    ],
)
def test_a_url_points_at_its_place(url, fragment, expected):
    assert with_fragment(url, fragment) == expected
