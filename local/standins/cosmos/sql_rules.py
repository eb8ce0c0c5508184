"""What a query may combine."""

from local.standins.cosmos.errors import bad_request
from local.standins.cosmos.sql_tree import AGGREGATES, Call, Path, Query, walk


def check_aggregates(query: Query) -> None:
    """Raises: CosmosError 400 for an aggregate that is not alone in SELECT VALUE, or stands beside what needs order."""
    if not query.aggregates:
        return
    if query.value is None:
        raise bad_request("The stand-in knows aggregates only as SELECT VALUE COUNT(...), SUM, MIN or MAX.")
    calls = [p for p in walk(query.value.expression) if isinstance(p, Call) and p.name in AGGREGATES]
    inside = sum(isinstance(part, Path) for call in calls for part in walk(call))
    if inside != sum(isinstance(part, Path) for part in walk(query.value.expression)) or len(calls) > 1:
        raise bad_request("The stand-in knows one aggregate in a query, and no properties outside it.")
    if query.order or query.top or query.offset:
        raise bad_request("The stand-in knows no aggregate together with ORDER BY, TOP or OFFSET.")
