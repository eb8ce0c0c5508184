"""Where keys lie among all keys: the same place as the client computes."""

import pytest
from azure.cosmos import PartitionKey
from hypothesis import given
from hypothesis import strategies as st

from local.standins.cosmos.partition_keys import effective, steps, text
from local.standins.cosmos.values import UNDEFINED

COMPONENTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)


@given(COMPONENTS)
def test_one_level_hashes_as_the_client_hashes(value):
    found = PartitionKey("/pk")._get_epk_range_for_partition_key(value)

    assert effective([value], "Hash") == found.min


@given(st.lists(COMPONENTS, min_size=2, max_size=3))
def test_levels_hash_as_the_client_hashes(values):
    key = PartitionKey([f"/level{number}" for number in range(len(values))])

    assert effective(values, "MultiHash") == key._get_epk_range_for_partition_key(values).min


def test_undefined_hashes_as_the_client_hashes():
    found = PartitionKey("/pk")._get_epk_range_for_partition_key({})

    assert effective([UNDEFINED], "Hash") == found.min


@given(COMPONENTS, COMPONENTS)
def test_keys_have_one_text_if_they_are_equal(one, other):
    same = one == other and isinstance(one, bool) == isinstance(other, bool)

    assert (text([one]) == text([other])) == same


@pytest.mark.parametrize(
    ("path", "names"), [("/a", ["a"]), ("/a/b", ["a", "b"]), ('/"a b/c"/d', ["a b/c", "d"]), ("/*", ["*"]), ("/", [])]
)
def test_paths_are_names(path, names):
    assert steps(path) == names
