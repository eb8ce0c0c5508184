"""What queries find, in what order, and page by page."""

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError

from tests.standins.cosmos.server import fill

VALUES = [1, 2.5, -3, "a", "b", True, False, None, [1, "a"], {"x": 1}, ...]
"""One item each, `i0` to `i10`; the last one has no value."""


@pytest.fixture
def values(container):
    fill(container, *[{} if value is ... else {"v": value} for value in VALUES])

    def find(condition, *given, partition_key="p"):
        found = container.query_items(
            f"SELECT VALUE c.id FROM c WHERE {condition}",
            parameters=[{"name": f"@p{number}", "value": value} for number, value in enumerate(given)],
            partition_key=partition_key,
        )
        return [int(id_[1:]) for id_ in found]

    return find


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("true", range(11)),
        ("false", []),
        ("c.v = 1", [0]),
        ("1 = c.v", [0]),
        ("c.v = 'a'", [3]),
        ('c["v"] = "a"', [3]),
        ("c.v = true", [5]),
        ("c.v = null", [7]),
        ("c.v = undefined", []),
        ("c.v = [1, 'a']", [8]),
        ("c.v = {x: 1}", [9]),
        ('c.v = {"x": 1, "y": c.missing}', [9]),
        ("c.v != 1", range(1, 10)),
        ("c.v <> 1", range(1, 10)),
        ("c.v != null", [0, 1, 2, 3, 4, 5, 6, 8, 9]),
        ("NOT (c.v = 1)", range(1, 10)),
        ("c.v > 1", [1]),
        ("c.v >= 1", [0, 1]),
        ("c.v < 0", [2]),
        ("NOT c.v < 0", [0, 1]),
        ("c.v > 'a'", [4]),
        ("c.v >= false", [5, 6]),
        ("c.v BETWEEN -3 AND 1", [0, 2]),
        ("c.v NOT BETWEEN -3 AND 1", [1]),
        ("c.v IN (1, 'a', null, true)", [0, 3, 5, 7]),
        ("c.v NOT IN (1, 'a', null, true)", [1, 2, 4, 6, 8, 9]),
        ("c.v IN (c.missing)", []),
        ("IS_DEFINED(c.v)", range(10)),
        ("NOT IS_DEFINED(c.v)", [10]),
        ("IS_DEFINED(c.v) = false", [10]),
        ("IS_NULL(c.v)", [7]),
        ("IS_NUMBER(c.v) OR IS_STRING(c.v)", range(5)),
        ("IS_BOOL(c.v)", [5, 6]),
        ("IS_ARRAY(c.v)", [8]),
        ("IS_OBJECT(c.v)", [9]),
        ("c.v", [5]),
        ("NOT c.v", [6]),
        ("c.v OR true", range(11)),
        ("c.v AND true", [5]),
        ("c.v AND c.missing", []),
        ("c.v.x = 1", [9]),
        ("c.v[1] = 'a'", [8]),
        ("c.v[7] = 'a' OR c.v[0] = 1", [8]),
        ("ARRAY_CONTAINS(c.v, 'a')", [8]),
        ("ARRAY_CONTAINS([1, null, {x: 1, y: 2}], c.v)", [0, 7]),
        ("ARRAY_CONTAINS([{x: 1, y: 2}], c.v, true)", [9]),
        ("ARRAY_CONTAINS([c.v], {x: 1}, true)", [9]),
        ("ARRAY_LENGTH(c.v) = 2", [8]),
        ("STARTSWITH(c.v, 'a')", [3]),
        ("NOT STARTSWITH(c.v, 'a')", [4]),
        ("ENDSWITH(c.v, 'b')", [4]),
        ("CONTAINS(c.v, '')", [3, 4]),
        ("c.v + 1 = 2", [0]),
        ("c.v * 2 - 1 = 4", [1]),
        ("-c.v = 3 OR c.v % 2 = 1", [0, 2]),
        ("(c.v ?? 'none') = 'none'", [10]),
        ("c.id = 'i4' OR c.v = 1 AND c.id = 'i1'", [4]),
        ("(c.id = 'i4' OR c.v = 1) AND c.id = 'i0'", [0]),
        ("c.pk = 'p' AND c.id IN ('i1', 'i2')", [1, 2]),
        ("c.v = 'it''s'", None),
        ("c.v = 'it\\'s \\u0061 \\\"'", []),
    ],
)
def test_conditions_find_what_the_service_finds(values, condition, found):
    if found is None:
        with pytest.raises(CosmosHttpResponseError):
            values(condition)
    else:
        assert values(condition) == list(found)


def test_parameters_hold_any_value(values):
    assert values("c.v = @p0", "a") == [3]
    assert values("c.v = @p0", None) == [7]
    assert values("ARRAY_CONTAINS(@p0, c.v)", [1, {"x": 1}, None]) == [0, 7, 9]
    assert values("c.v IN (@p0, @p1)", 2.5, True) == [1, 5]
    assert values("c[@p0] = @p1", "v", "b") == [4]
    with pytest.raises(CosmosHttpResponseError, match="@p1"):
        values("c.v = @p1", 1)


@pytest.mark.parametrize(
    ("selected", "rows"),
    [
        ("*", None),
        ("c", None),
        ("VALUE c.n", [1, 2]),
        ("VALUE c.only", [5]),
        ("c.n, c.only", [{"n": 1, "only": 5}, {"n": 2}]),
        ("c.n AS number, c['in'].a", [{"number": 1, "a": "x"}, {"number": 2}]),
        ("c.n + 1, 'text' AS t", [{"$1": 2, "t": "text"}, {"$1": 3, "t": "text"}]),
        ("VALUE {id: c.id, all: [c.n, c.only]}", [{"id": "i0", "all": [1, 5]}, {"id": "i1", "all": [2]}]),
        ("VALUE 7", [7, 7]),
    ],
)
def test_projections(container, selected, rows):
    fill(container, {"n": 1, "only": 5, "in": {"a": "x"}}, {"n": 2})

    found = list(container.query_items(f"SELECT {selected} FROM c", partition_key="p"))

    whole = [container.read_item(id_, "p") for id_ in ("i0", "i1")]
    assert found == (rows or [{"c": item} if selected == "c" else item for item in whole])


@pytest.mark.parametrize("alias", ["FROM c", "FROM items c", "FROM items AS c", "FROM root c"])
def test_the_alias_is_what_from_says(container, alias):
    fill(container, {"n": 1})

    assert list(container.query_items(f"SELECT VALUE c.n {alias} WHERE c.n = 1", partition_key="p")) == [1]


@pytest.mark.parametrize("scope", [{"partition_key": "p"}, {"enable_cross_partition_query": True}])
def test_order_limits_and_aggregates_in_one_partition_and_in_all(container, scope):
    fill(container, *[{"n": number, "text": f"t{number % 3}"} for number in (3, 1, 4, 1, 5, 9, 2, 6)], {})

    def rows(query):
        return list(container.query_items(query, **scope))

    assert rows("SELECT VALUE c.n FROM c WHERE c.n > 0 ORDER BY c.n") == [1, 1, 2, 3, 4, 5, 6, 9]
    assert rows("SELECT VALUE c.n FROM c WHERE c.n > 0 ORDER BY c.n DESC") == [9, 6, 5, 4, 3, 2, 1, 1]
    assert rows("SELECT c.id FROM c ORDER BY c.n ASC")[:2] == [{"id": "i8"}, {"id": "i1"}]  # undefined comes first
    assert rows("SELECT TOP 2 VALUE c.n FROM c WHERE c.n > 0 ORDER BY c.n DESC") == [9, 6]
    assert len(rows("SELECT TOP 3 * FROM c")) == 3
    assert rows("SELECT VALUE c.n FROM c WHERE c.n > 0 ORDER BY c.n OFFSET 2 LIMIT 3") == [2, 3, 4]
    assert rows("SELECT VALUE c.n FROM c WHERE c.n > 0 OFFSET 6 LIMIT 9") == [2, 6]
    assert rows("SELECT c.id, c.n FROM c WHERE c.n > 0 OFFSET 0 LIMIT 1") == [{"id": "i0", "n": 3}]
    assert rows("SELECT VALUE COUNT(1) FROM c") == [9]
    assert rows("SELECT VALUE COUNT(c.n) FROM c WHERE c.text = 't1'") == [3]
    assert rows("SELECT VALUE SUM(c.n) FROM c") == [31]
    assert rows("SELECT VALUE MAX(c.n) FROM c") == [9]
    assert rows("SELECT VALUE MIN(c.text) FROM c") == ["t0"]
    assert rows("SELECT VALUE COUNT(1) FROM c WHERE c.n > 99") == [0]


def test_order_puts_types_one_after_the_other(container):
    fill(container, *[{} if value is ... else {"v": value} for value in [*VALUES[:8], ...]])

    found = container.query_items("SELECT VALUE c.id FROM c ORDER BY c.v", partition_key="p")

    assert list(found) == ["i8", "i7", "i6", "i5", "i2", "i0", "i1", "i3", "i4"]


def test_top_and_offset_take_parameters(container):
    fill(container, *[{"n": number} for number in range(5)])
    parameters = [{"name": "@n", "value": 2}]

    for scope in ({"partition_key": "p"}, {"enable_cross_partition_query": True}):
        for query in ("SELECT TOP @n VALUE c.n FROM c", "SELECT VALUE c.n FROM c OFFSET 0 LIMIT @n"):
            assert list(container.query_items(query, parameters=parameters, **scope)) == [0, 1]


def test_a_partition_is_all_that_its_query_sees(container):
    fill(container, {"pk": "a"}, {"pk": "b"}, {"pk": "a"})

    assert list(container.query_items("SELECT VALUE c.id FROM c", partition_key="a")) == ["i0", "i2"]
    assert list(container.query_items("SELECT VALUE c.id FROM c WHERE c.pk = 'b'", partition_key="a")) == []
    everywhere = container.query_items("SELECT VALUE c.id FROM c", enable_cross_partition_query=True)
    assert list(everywhere) == ["i0", "i1", "i2"]


def test_a_query_of_all_partitions_must_say_so(container):
    with pytest.raises(CosmosHttpResponseError, match="Cross partition query is required but disabled"):
        list(container.query_items("SELECT * FROM c"))


@pytest.mark.parametrize("order", ["", "ORDER BY c.n", "ORDER BY c.n DESC"])
def test_pages_resume_after_other_writes(container, order):
    fill(container, *[{"n": number % 4} for number in range(10)])
    query = f"SELECT VALUE c.id FROM c {order}"
    whole = list(container.query_items(query, partition_key="p"))
    found, token = [], None
    for _ in range(4):
        pages = container.query_items(query, partition_key="p", max_item_count=3).by_page(token)
        found.append(list(next(pages)))
        token = pages.continuation_token
        container.upsert_item({"id": f"late{len(found)}", "pk": "p", "n": -1 if "DESC" not in order else 99})

    assert [len(page) for page in found][:3] == [3, 3, 3]
    assert [id_ for page in found for id_ in page if "late" not in id_] == whole


def test_limits_hold_over_pages(container):
    fill(container, *[{"n": number} for number in range(12)])

    for query, expected in (
        ("SELECT TOP 5 VALUE c.n FROM c", [0, 1, 2, 3, 4]),
        ("SELECT VALUE c.n FROM c ORDER BY c.n DESC OFFSET 3 LIMIT 7", [8, 7, 6, 5, 4, 3, 2]),
    ):
        pages = container.query_items(query, partition_key="p", max_item_count=2).by_page()
        found = [list(page) for page in pages]
        assert [number for page in found for number in page] == expected
        assert max(len(page) for page in found) == 2


def test_pages_are_no_bigger_than_four_megabytes(container):
    fill(container, *[{"text": "x" * 1_500_000} for _ in range(5)])

    pages = container.query_items("SELECT * FROM c", partition_key="p").by_page()

    assert [len(list(page)) for page in pages] == [2, 2, 1]


def test_a_continuation_of_another_query_is_refused(container):
    fill(container, *[{} for _ in range(5)])
    pages = container.query_items("SELECT * FROM c", partition_key="p", max_item_count=2).by_page()
    next(pages)

    for token in (pages.continuation_token, "nonsense"):
        with pytest.raises(CosmosHttpResponseError, match="continuation"):
            next(container.query_items("SELECT c.id FROM c", partition_key="p").by_page(token))


def test_many_items_are_read_at_once(container):
    fill(container, *[{"pk": f"p{number % 3}", "n": number} for number in range(30)])
    wanted = [(f"i{number}", f"p{number % 3}") for number in range(0, 30, 2)]

    found = container.read_items([*wanted, ("missing", "p0"), ("i1", "p0")])

    assert [item["n"] for item in found] == list(range(0, 30, 2))
    same = container.read_items([("i0", "p0"), ("i3", "p0"), ("i9", "p0")])
    assert [item["n"] for item in same] == [0, 3, 9]


def test_all_items_are_read_by_page(container):
    fill(container, *[{} for _ in range(7)])

    pages = container.read_all_items(max_item_count=3).by_page()

    assert [len(list(page)) for page in pages] == [3, 3, 1]
