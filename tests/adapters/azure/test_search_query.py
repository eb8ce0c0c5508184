"""Neither a question nor a group's name can say more than it should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.adapters.azure.search_query import MOST_TERMS, one_of, pre_filter, query_text, with_keys
from lib.domain.words import content_words, words
from local.standins.search import filters, simple_query
from local.standins.search.filters import Both, Compare, Each, In
from local.standins.search.simple_query import Joined, Term
from tests.adapters.azure.search_loopback import index, search_clients
from tests.contracts.search_examples import DIMENSIONS, INDEX, direction, names, piece, question

__all__ = ["index", "search_clients"]

TEXT = st.text() | st.text(alphabet="ab '\"()|;~^,!#*\\/:+-.0_éß\u2019", max_size=20)
HOSTILE = [
    "x') or true or search.in(g, 'y", "'", "''", "a'b", "x|y", "x,y", "x y", ") or access/any(", "any", "null",
    "|;~^,!#*", "everyone'", "%27", "\\'", "\u2019", "x'; drop", "G", "g", "", " ", "every", "one", "everyone|staff",
]  # fmt: skip


def alternatives(node):
    """What the parts of a chain of `or` compare with."""
    if isinstance(node, Both):
        assert node.word == "or"
        return alternatives(node.left) + alternatives(node.right)
    if isinstance(node, In):
        return list(node.values)
    assert isinstance(node, Compare)
    assert node.operator == "eq"
    return [node.value]


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_a_list_of_values_is_read_back_as_it_was(values):
    read = alternatives(filters.parse(one_of("g", values)))

    assert set(read) == {value.encode("utf-8", "replace").decode() for value in values}


@given(st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1, max_size=4), st.lists(TEXT, min_size=1))
def test_a_filter_has_its_shape_whatever_the_names_are(groups, sources, keys):
    request = question("x", groups=tuple(groups), source_ids=tuple(sources))

    node = filters.parse(with_keys(pre_filter(request), keys))

    assert isinstance(node, Both)
    assert node.word == "and"
    assert isinstance(node.left, Both)
    assert node.left.word == "and"
    assert isinstance(node.left.left, Each)
    assert (node.left.left.name, node.left.left.word) == ("access", "any")
    assert alternatives(node.left.left.inner)
    assert alternatives(node.left.right)


def leaves(query):
    if isinstance(query, Joined):
        assert query.word == "or"
        return leaves(query.left) + leaves(query.right)
    assert isinstance(query, Term)
    assert query.kind == "word"
    return [query.text]


@given(TEXT)
def test_a_question_is_nothing_but_words_any_of_which_will_do(text):
    sent = query_text(text)
    read = simple_query.parse(sent, mode="any")

    found = set(words(" ".join(leaves(read)))) if read else set()
    assert set(content_words(text[:4_000])[:MOST_TERMS]) <= found
    sent.encode()


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("What is O'Brien's 7,000 km river?", r"o\'brien\'s 7,000 km river"),
        ('+x -y "lion cub" (ox) he* wolf|cow \\pig', "x y lion cub ox wolf cow pig"),
        ("to be or not to be", "to be or not"),
        ("Größe der naïven Cafés", "größe der naïven cafés"),
        ("???", ""),
        ("", ""),
        ("example.com/path_to?x=1", "example.com path_to x 1"),
    ],
)  # fmt: skip
def test_what_is_sent_for_a_question(text, sent):
    assert query_text(text) == sent


def test_a_long_question_is_cut_to_its_first_words():
    asked = " ".join(f"word{n}" for n in range(2_000))

    assert query_text(asked).split() == [f"word{n}" for n in range(MOST_TERMS)]


def test_hostile_names_of_groups_open_nothing(index):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    pieces = [piece(f"p{n}", "zebra", access=(name,)) for n, name in enumerate(HOSTILE)]
    index.upsert(INDEX, [*pieces, piece("open", "zebra"), piece("boss", "zebra", access=("boss",))])

    for n, name in enumerate(HOSTILE):
        for other in ((), ("stranger",), ("no|such", "no,such")):
            asked = question("zebra", direction(1), groups=(name, *other), limit=50)
            assert names(index.search(INDEX, asked)) == {f"p{n}"}
    everyone = question("zebra", direction(1), groups=("everyone", *HOSTILE), limit=50)
    assert names(index.search(INDEX, everyone)) == {"open", *(f"p{n}" for n in range(len(HOSTILE)))}


def test_hostile_names_of_sources_open_nothing(index):
    index.ensure(INDEX, dimensions=DIMENSIONS)
    index.upsert(INDEX, [piece(f"p{n}", "zebra", source_id=name) for n, name in enumerate(HOSTILE)])

    for n, name in enumerate(HOSTILE):
        asked = question("zebra", direction(1), source_ids=(name,), limit=50)
        assert names(index.search(INDEX, asked)) == {f"p{n}"}
