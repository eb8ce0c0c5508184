"""The filter language: what it lets in, and that what it cannot read is refused with an empty code."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.standins.search.errors import Refused
from local.standins.search.filters import Both, Compare, Constant, Each, In, Not, Time, parse

BOOKS = [
    {
        "id": "a", "kind": "novel", "tags": ["x", "y"], "pages": 10, "price": 1.5, "sold": True,
        "printed": "2026-01-02T03:04:05Z",
    },
    {
        "id": "b", "kind": "it's", "tags": [], "pages": 20, "price": 2, "sold": False,
        "printed": "2026-01-02T04:04:05+01:00",
    },
    {"id": "c"},
    {"id": "d", "kind": "Novel", "tags": ["x y", "z,w"], "pages": -3, "price": -0.5},
]  # fmt: skip


@pytest.fixture
def library(service):
    assert service.index(*BOOKS).status_code == 200
    return service


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("kind eq 'novel'", "a"), ("kind ne 'novel'", "bcd"), ("kind eq 'it''s'", "b"), ("kind eq null", "c"),
        ("kind ne null", "abd"), ("null eq kind", "c"), ("'novel' eq kind", "a"), ("kind gt 'i'", "ab"),
        ("pages gt 10", "b"), ("pages ge 10", "ab"), ("10 le pages", "ab"), ("pages lt 10", "d"), ("pages le -3", "d"),
        ("price gt 1.5", "b"), ("price eq 1.5e0", "a"), ("price lt 0", "d"), ("sold", "a"), ("sold eq false", "b"),
        ("not sold", "bcd"), ("sold ne true", "bcd"), ("true", "abcd"), ("false", ""), ("not false", "abcd"),
        ("printed eq 2026-01-02T03:04:05Z", "ab"), ("printed lt 2026-01-02T03:04:05.001Z", "ab"),
        ("printed gt 2026-01-02T05:04:05+02:00", ""),
        ("tags/any()", "ad"), ("not tags/any()", "bc"), ("tags/any(t: t eq 'x')", "a"),
        ("tags/any(t: t eq 'x' or t eq 'z,w')", "ad"), ("tags/all(t: t ne 'x')", "bcd"),
        ("tags/any(t: search.in(t, 'y,q'))", "a"), ("tags/any(t: search.in(t, 'x y|q', '|'))", "d"),
        ("tags/any(t: search.in(t, 'z,w'))", ""), ("search.in(id, 'a b,d')", "abd"), ("search.in(id, '')", ""),
        ("search.in(id, 'a|b', '|') and not search.in(kind, 'novel')", "b"),
        ("id eq 'a' or id eq 'b' and kind eq 'novel'", "a"), ("(id eq 'a' or id eq 'b') and kind ne 'novel'", "b"),
        ("not (id eq 'a') and not (id eq 'b')", "cd"), (" id  eq\t'a' ", "a"),
    ],
)  # fmt: skip
def test_what_a_filter_lets_in(library, text, found):
    assert "".join(sorted(library.ids(filter=text))) == found


@pytest.mark.parametrize(
    "text",
    [
        "This is not a valid filter.", "kind eq", "kind = 'a'", "kind eq novel", "kind eq 'a", "(kind eq 'a'",
        "kind eq 'a')",
        "eq 'a'", "kind eq 'a' and", "and", "kind gt null", "kind eq 7", "pages eq '7'", "sold eq 'x'", "pages eq true",
        "unknown eq 'a'", "title eq 'a'", "vec eq 1", "tags eq 'x'", "kind/any(k: k eq 'a')",
        "tags/any(t: kind eq 'a')",
        "tags/some(t: t eq 'x')", "tags/any(t: t/any(u: u eq 'x'))", "tags/all()", "search.in(pages, '7')",
        "search.in(kind)", "search.in(kind, 'a', '')", "search.ismatch('a')", "geo.distance(kind, kind) lt 5",
        "startswith(kind, 'a')", "kind eq 'a' xor kind eq 'b'", "pages add 1 eq 2", "printed eq 2026-99-02T03:04:05Z",
        "not", "(" * 500 + "true" + ")" * 500, "not " * 500 + "true", "\x00", 'kind eq "a"',
        "pages eq 99999999999999999999",
        "kind", "7", "'a'", "null",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(library, text):
    error = library.refused(filter=text)

    assert error["code"] == ""
    assert error["message"].startswith("Invalid expression: ")
    assert error["message"].endswith("Parameter name: $filter")


def test_the_message_is_as_recorded():
    with pytest.raises(Refused) as caught:
        parse("This is not a valid filter.")

    assert caught.value.message == (
        "Invalid expression: Syntax error at position 7 in 'This is not a valid filter.'.\r\nParameter name: $filter"
    )


NAMES = st.sampled_from(["kind", "tags", "pages", "t", "a_1"])
LITERALS = st.one_of(
    st.text(max_size=8),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.none(),
    st.just(Time("2026-01-02T03:04:05Z")),
)
LEAVES = st.one_of(
    st.builds(Constant, st.booleans()),
    st.builds(Compare, NAMES, st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]), LITERALS),
    st.builds(In, NAMES, st.lists(st.text(min_size=1).filter(lambda v: "|" not in v), min_size=1).map(tuple)),
)
NODES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Both, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(Each, NAMES, st.sampled_from(["any", "all"]), NAMES, inner),
    ),
    max_leaves=12,
)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def written(node):
    """The filter that reads as this tree."""
    if isinstance(node, Constant):
        return "true" if node.value else "false"
    if isinstance(node, In):
        return f"search.in({node.name}, {quoted('|'.join(node.values))}, '|')"
    if isinstance(node, Compare):
        value = node.value
        literal = (
            value.text if isinstance(value, Time) else quoted(value) if isinstance(value, str) else json.dumps(value)
        )
        return f"{node.name} {node.operator} {literal}"
    if isinstance(node, Not):
        return f"not ({written(node.inner)})"
    if isinstance(node, Each):
        return f"{node.name}/{node.word}({node.variable}: {written(node.inner)})"
    return f"({written(node.left)}) {node.word} ({written(node.right)})"


@given(NODES)
def test_what_was_written_is_read(node):
    assert parse(written(node)) == node


@given(st.text() | st.text(alphabet="ab '\"()/:,.-019nottrueandsearch.in", max_size=40))
def test_any_text_is_read_or_refused(text):
    with suppress(Refused):
        parse(text)


@given(
    rows=st.lists(
        st.tuples(st.none() | st.sampled_from("xyz"), st.lists(st.sampled_from("xyz"), max_size=3)), max_size=5
    ),
    node=st.recursive(
        st.one_of(
            st.builds(Compare, st.just("kind"), st.sampled_from(["eq", "ne", "gt", "le"]), st.sampled_from("xyz")),
            st.builds(In, st.just("kind"), st.lists(st.sampled_from("xyz"), min_size=1).map(tuple)),
            st.builds(
                Each,
                st.just("tags"),
                st.sampled_from(["any", "all"]),
                st.just("t"),
                st.builds(Compare, st.just("t"), st.sampled_from(["eq", "ne", "gt"]), st.sampled_from("xyz")),
            ),
        ),
        lambda inner: st.one_of(st.builds(Not, inner), st.builds(Both, st.sampled_from(["and", "or"]), inner, inner)),
        max_leaves=5,
    ),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_lets_in_what_a_plain_reading_would(service, rows, node):
    books = [{"id": str(n), "kind": kind, "tags": tags} for n, (kind, tags) in enumerate(rows)]
    service.index(*({"id": str(n)} for n in range(5)), action="delete")
    if books:
        service.index(*books)

    assert service.ids(filter=written(node)) == [book["id"] for book in books if holds(node, book)]


def holds(node, values):
    if isinstance(node, Not):
        return not holds(node.inner, values)
    if isinstance(node, Both):
        join = all if node.word == "and" else any
        return join([holds(node.left, values), holds(node.right, values)])
    if isinstance(node, Each):
        join = any if node.word == "any" else all
        return join([holds(node.inner, {node.variable: value}) for value in values[node.name]])
    value = values[node.name]
    if isinstance(node, In):
        return value in node.values
    compare = {
        "eq": value == node.value,
        "ne": value != node.value,
        "gt": value is not None and value > node.value,
        "le": value is not None and value <= node.value,
    }
    return compare[node.operator]


def test_numbers_keep_their_kind():
    assert parse("pages eq 7") == Compare("pages", "eq", 7)
    assert parse("price eq -7.5e-1") == Compare("price", "eq", -0.75)
    assert math.isclose(parse("price lt 1e3").value, 1_000)
