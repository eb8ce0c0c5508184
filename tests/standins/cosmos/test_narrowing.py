"""What SQLite leaves out beforehand would not have been found anyway."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.standins.cosmos.items import Operation, Transaction
from local.standins.cosmos.query import Request, execute
from local.standins.cosmos.state import ContainerSpec, CosmosState
from local.standins.faults import Faults

SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 1.5, -1, 2**60, "", "a", "ab", "b", "1", "é", "\0", "a\0", "%_"])
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.sampled_from("xy"), SCALARS, max_size=2))
ITEMS = st.lists(st.dictionaries(st.sampled_from(["v", "w", "a b"]), VALUES, max_size=3), min_size=1, max_size=8)
PATHS = st.sampled_from(["c.v", "c.w", "c.v.x", 'c["a b"]', "c.id", "c.missing", "c.v[0]"])
LITERALS = st.one_of(SCALARS.map(json.dumps), st.sampled_from(['"i0"', '"i3"']))
COMPARISONS = st.builds(
    lambda left, sign, right, turned: f"{right} {sign} {left}" if turned else f"{left} {sign} {right}",
    PATHS,
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    st.one_of(LITERALS, PATHS),
    st.booleans(),
)
OTHERS = st.one_of(
    st.builds("{} IN ({})".format, PATHS, st.lists(LITERALS, min_size=1, max_size=3).map(", ".join)),
    st.builds("{} BETWEEN {} AND {}".format, PATHS, LITERALS, LITERALS),
    st.builds("STARTSWITH({}, {})".format, PATHS, LITERALS),
    st.builds("IS_DEFINED({})".format, PATHS),
)
CONDITIONS = st.recursive(
    st.one_of(COMPARISONS, OTHERS),
    lambda inner: st.one_of(
        st.builds("({})".format, st.lists(inner, min_size=2, max_size=3).map(" AND ".join)),
        st.builds("({})".format, st.lists(inner, min_size=2, max_size=3).map(" OR ".join)),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    made = CosmosState(tmp_path_factory.mktemp("state"), Faults())
    yield made
    made.storage.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=ITEMS, condition=CONDITIONS)
def test_a_narrowed_query_finds_what_a_whole_scan_finds(state, items, condition):
    state.ensure("d", [ContainerSpec(id="c", partition_key="/pk")])
    container = state.container("d", "c")
    with state.storage.write():
        for number, item in enumerate(items):
            body = {**item, "id": f"i{number}", "pk": "p"}
            Transaction(state, container).apply(Operation(kind="Create", key=["p"], body=body))
    query = f"SELECT VALUE c.id FROM c WHERE {condition}"

    narrowed = execute(state, container, Request(text=query)).results
    scanned = execute(state, container, Request(text=query, lag_s=0.0)).results  # a replica's answer is never narrowed

    state.delete_container(container)
    assert narrowed == scanned
