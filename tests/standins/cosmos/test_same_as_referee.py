"""
The stand-in and the referee give the same answers to the same scripts, as far as the referee is right.

Left out, because the referee is known to be wrong there: TTL, size limits, If-None-Match, the change feed, keys that
are empty, null or numbers, GROUP BY and the like, error texts and sub-status codes; and MAX of nothing in all
partitions, of which the client makes None if it is given a query plan.
"""

import itertools

import pytest
from azure.core import MatchConditions
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.documents import SSLConfiguration
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.referees.cosmos import Referee
from tests.standins.cosmos.server import KEY

IDS = st.sampled_from(["a", "b", "c 1"])
KEYS = st.sampled_from(["p", "q"])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(-2, 3),
        "s": st.sampled_from(["", "x", "xy", "é"]),
        "b": st.booleans(),
        "z": st.none(),
        "tags": st.lists(st.sampled_from("xyz"), max_size=2),
        "in": st.fixed_dictionaries({"a": st.integers(0, 2)}),
    },
)
ETAGS = st.sampled_from(["none", "first", "last", "other"])
PATCHES = st.lists(
    st.sampled_from(
        [
            {"op": "set", "path": "/n", "value": 7},
            {"op": "incr", "path": "/count", "value": 2},
            {"op": "add", "path": "/in", "value": {"a": 9}},
            {"op": "remove", "path": "/s"},
            {"op": "replace", "path": "/b", "value": False},
        ]
    ),
    min_size=1,
    max_size=3,
)
PREDICATES = st.sampled_from([None, "FROM c WHERE c.n > 0", "FROM c WHERE IS_DEFINED(c.s)"])
WRITES = st.one_of(
    st.tuples(st.just("create"), IDS, KEYS, FIELDS),
    st.tuples(st.just("upsert"), IDS, KEYS, FIELDS, ETAGS),
    st.tuples(st.just("replace"), IDS, KEYS, FIELDS, ETAGS),
    st.tuples(st.just("delete"), IDS, KEYS, ETAGS),
    st.tuples(st.just("patch"), IDS, KEYS, PATCHES, PREDICATES),
    st.tuples(st.just("read"), IDS, KEYS),
)
BATCHES = st.tuples(st.just("batch"), KEYS, st.lists(WRITES, min_size=1, max_size=4))
SCRIPTS = st.lists(st.one_of(WRITES, WRITES, BATCHES), min_size=1, max_size=12)

CONDITIONS = """
true
c.n = 1
c.n != 1
NOT (c.n = 1)
c.n > 0 AND c.s = 'x'
c.n > 0 OR c.b
c.n >= -1 AND c.n <= 2
c.n BETWEEN 0 AND 2
c.n IN (1, 2, 5)
c.s IN ('x', 'é')
c.id IN ('a', 'c 1')
c.s >= 'x' AND c.s < 'y'
c.z = null
IS_DEFINED(c.z)
NOT IS_DEFINED(c.n)
IS_NULL(c.z)
c.b = true
NOT c.b
c['in'].a = 1
c['in']['a'] > 0
ARRAY_CONTAINS(c.tags, 'x')
ARRAY_CONTAINS(['a', 'b'], c.id)
ARRAY_LENGTH(c.tags) = 2
STARTSWITH(c.s, 'x')
CONTAINS(c.s, 'y')
c.n + 1 = 2
(c.n = 1 OR c.n = 2) AND NOT c.b
c.pk = 'q' AND c.id > 'a'
""".strip().splitlines()
QUERIES = [
    "SELECT VALUE c.n FROM c WHERE c.n > -9 ORDER BY c.n",
    "SELECT VALUE c.n FROM c WHERE c.n > -9 ORDER BY c.n DESC OFFSET 1 LIMIT 2",
    "SELECT TOP 2 VALUE c.n FROM c WHERE c.n > -9 ORDER BY c.n",
    "SELECT VALUE COUNT(1) FROM c",
    "SELECT VALUE COUNT(c.n) FROM c WHERE c.pk = 'p'",
    "SELECT VALUE SUM(c.n) FROM c WHERE IS_DEFINED(c.n)",
    "SELECT VALUE MAX(c.n) FROM c WHERE IS_DEFINED(c.n)",
]


@pytest.fixture(scope="module")
def referee_client(tmp_path_factory):
    tls = SSLConfiguration()
    with Referee(tmp_path_factory.mktemp("referee")) as referee:
        tls.SSLCaCerts = referee.certificate
        with CosmosClient(referee.url, KEY, ssl_config=tls) as client:
            yield client


@pytest.fixture
def both(server, referee_client):
    """Makes an empty container on each of the two."""
    numbers = itertools.count()
    databases = [client.create_database(server.database) for client in (server.client, referee_client)]

    def make():
        name = f"items{next(numbers)}"
        return [Side(database.create_container(name, PartitionKey("/pk"))) for database in databases]

    return make


class Side:
    """One of the two servers. It remembers the etags that it has given, so that a script can name them."""

    def __init__(self, container):
        self.container = container
        self._etags = {}

    def do(self, step):
        """What a step gives: ("ok", what), or ("error", status, ...)."""
        try:
            return ("ok", self._do(*step))
        except CosmosBatchOperationError as error:
            statuses = [result["statusCode"] for result in error.operation_responses]
            return ("error", error.status_code, error.error_index, statuses)
        except CosmosHttpResponseError as error:
            return ("error", error.status_code)

    def _do(self, verb, *details):
        if verb == "batch":
            key, steps = details
            results = self.container.execute_item_batch([self._operation(key, *step) for step in steps], key)
            return [(result["statusCode"], self._seen(result.get("resourceBody"))) for result in results]
        id_, key, *rest = details
        if verb == "read":
            return self._seen(self.container.read_item(id_, key))
        if verb == "delete":
            return self.container.delete_item(id_, key, **self._condition(id_, key, rest[0]))
        if verb == "patch":
            return self._seen(self.container.patch_item(id_, key, rest[0], filter_predicate=rest[1]))
        item = {"id": id_, "pk": key, **rest[0]}
        if verb == "create":
            return self._seen(self.container.create_item(item))
        condition = self._condition(id_, key, rest[1])
        if verb == "upsert":
            return self._seen(self.container.upsert_item(item, **condition))
        return self._seen(self.container.replace_item(id_, item, **condition))

    def _operation(self, key, verb, id_, _, *rest):
        etag = self._condition(id_, key, rest[-1]) if verb in {"upsert", "replace", "delete"} else {}
        options = {"if_match_etag": etag["etag"]} if etag else {}
        if verb == "patch":
            predicate = {"filter_predicate": rest[1]} if rest[1] else {}
            return ("patch", (id_, rest[0]), predicate)
        if verb in {"read", "delete"}:
            return (verb, (id_,), options)
        item = {"id": id_, "pk": key, **rest[0]}
        return (verb, (id_, item) if verb == "replace" else (item,), options)

    def _condition(self, id_, key, which):
        if which == "none":
            return {}
        given = self._etags.get((id_, key), ['"never"'])
        etag = {"first": given[0], "last": given[-1], "other": '"never"'}[which]
        return {"etag": etag, "match_condition": MatchConditions.IfNotModified}

    def _seen(self, item):
        if not item:
            return None
        self._etags.setdefault((item["id"], item["pk"]), []).append(item["_etag"])
        return {name: value for name, value in item.items() if not name.startswith("_")}

    def rows(self, query, **scope):
        found = list(self.container.query_items(query, **scope))
        return found if "ORDER BY" in query else sorted(found, key=str)


def settled(max_examples):
    """Finding the smallest script would take minutes: every step asks two servers."""
    return settings(
        max_examples=max_examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


@settled(60)
@given(script=SCRIPTS)
def test_scripts_of_writes_end_the_same_way(both, script):
    ours, theirs = both()

    for step in script:
        assert ours.do(step) == theirs.do(step), step

    everything = "SELECT VALUE {id: c.id, pk: c.pk, n: c.n, s: c.s, in: c.in, tags: c.tags, count: c.count} FROM c"
    everything = everything.replace("in: c.in", 'inner: c["in"]')
    for scope in ({"enable_cross_partition_query": True}, {"partition_key": "p"}):
        assert ours.rows(everything, **scope) == theirs.rows(everything, **scope)


@settled(8)
@given(items=st.dictionaries(st.tuples(IDS, KEYS), FIELDS, min_size=1, max_size=6))
def test_queries_find_the_same(both, items):
    sides = both()
    for side in sides:
        side.do(("create", "one", "p", {"n": 0}))
        for (id_, key), fields in items.items():
            side.do(("create", id_, key, fields))

    for scope in ({"enable_cross_partition_query": True}, {"partition_key": "p"}):
        for query in (*(f"SELECT c.id, c.pk FROM c WHERE {condition}" for condition in CONDITIONS), *QUERIES):
            ours, theirs = (side.rows(query, **scope) for side in sides)
            assert ours == theirs, query


def test_pages_are_cut_the_same_way(both):
    sides = both()
    for side in sides:
        for number in range(11):
            side.do(("create", f"i{number:02}", "pq"[number % 2], {"n": number}))

    for scope in ({"enable_cross_partition_query": True}, {"partition_key": "p"}):
        pages = [
            side.container.query_items("SELECT VALUE c.id FROM c", max_item_count=4, **scope).by_page()
            for side in sides
        ]
        ours, theirs = ([sorted(page) for page in found] for found in pages)
        assert ours == theirs
    wanted = [("i00", "p"), ("i01", "q"), ("i07", "q"), ("i07", "p"), ("nothing", "p")]
    ours, theirs = ([item["n"] for item in side.container.read_items(wanted)] for side in sides)
    assert ours == theirs == [0, 1, 7]
