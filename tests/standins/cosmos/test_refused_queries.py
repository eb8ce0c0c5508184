"""What the subset does not know is refused, never answered."""

import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError

from tests.standins.cosmos.server import fill


@pytest.mark.parametrize(
    "query",
    [
        "SELECT",
        "SELECT * FROM",
        "SELECT * FROM c WHERE",
        "SELECT * FROM c WHERE c.a = ",
        "SELECT * FROM c WHERE c.a == 1",
        "SELECT * FROM c WHERE a = 1",
        "SELECT * FROM c WHERE d.a = 1",
        "SELECT * FROM c WHERE c.a = 1 extra",
        "SELECT * FROM c WHERE c.a LIKE '%x%'",
        "SELECT * FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags)",
        "SELECT VALUE t FROM t IN c.tags",
        "SELECT * FROM c.children",
        "SELECT * FROM c JOIN t IN c.tags",
        "SELECT DISTINCT VALUE c.a FROM c",
        "SELECT c.a, COUNT(1) FROM c GROUP BY c.a",
        "SELECT COUNT(1) FROM c",
        "SELECT VALUE COUNT(1) + c.n FROM c",
        "SELECT VALUE AVG(c.n) FROM c",
        "SELECT VALUE [SUM(c.n), COUNT(1)] FROM c",
        "SELECT VALUE MAX(c.n) FROM c ORDER BY c.n",
        "SELECT * FROM c WHERE COUNT(1) = 1",
        "SELECT * FROM c ORDER BY c.a, c.b",
        "SELECT * FROM c ORDER BY c.a + 1",
        "SELECT * FROM c ORDER BY 1",
        "SELECT * FROM c OFFSET 1",
        "SELECT * FROM c OFFSET -1 LIMIT 2",
        "SELECT TOP 1.5 * FROM c",
        "SELECT c.a, c.b AS a FROM c",
        "SELECT c.value FROM c",
        "SELECT c.a AS order FROM c",
        "SELECT * FROM select",
        "SELECT * FROM c WHERE LOWER(c.a) = 'x'",
        "SELECT * FROM c WHERE STARTSWITH(c.a, 'x', true)",
        "SELECT * FROM c WHERE VectorDistance(c.v, [1]) > 0",
        "SELECT * FROM c WHERE udf.f(c.a)",
        "SELECT * FROM c WHERE c.a = 'not closed",
        "SELECT * FROM c WHERE c.a = '\\q'",
        "SELECT * FROM c WHERE c.a ? 1 : 2",
        "SELECT * FROM c WHERE c.a || 'x' = 'y'",
        "DELETE FROM c",
        "SELECT * FROM c WHERE " + "(" * 3_000 + "true" + ")" * 3_000,
        "SELECT * FROM c; SELECT * FROM c",
    ],
)
@pytest.mark.parametrize("scope", [{"partition_key": "p"}, {"enable_cross_partition_query": True}])
def test_what_is_not_in_the_subset_is_refused(container, query, scope):
    with pytest.raises(CosmosHttpResponseError) as error:
        list(container.query_items(query, **scope))

    assert error.value.status_code == 400


def test_order_needs_an_index(server):
    policy = {
        "includedPaths": [{"path": "/a/?"}, {"path": "/in/*"}],
        "excludedPaths": [{"path": "/*"}, {"path": "/in/y/?"}],
    }
    container = server.container("indexed", indexing_policy=policy)
    fill(container, {"a": 1, "b": 1, "in": {"x": 1}})

    for path in ("c.a", "c.id", "c._ts", "c['in'].x"):
        for scope in ({"partition_key": "p"}, {"enable_cross_partition_query": True}):
            assert len(list(container.query_items(f"SELECT * FROM c ORDER BY {path}", **scope))) == 1
    for path in ("c.b", "c.a.deeper", "c['in'].y"):
        with pytest.raises(CosmosHttpResponseError, match="does not have a corresponding index"):
            list(container.query_items(f"SELECT * FROM c ORDER BY {path}", partition_key="p"))
    assert len(list(container.query_items("SELECT * FROM c WHERE c.b = 1", partition_key="p"))) == 1
