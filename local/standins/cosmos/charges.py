"""
Request charges: estimates, the same for the same request.

Azure publishes a few points: reading an item of 1 KB costs 1 RU and one of 100 KB 10 RU; writing them costs about 5 and
50 RU (with automatic indexing of few properties). We draw straight lines through them and round to 2 digits. A query
costs 2.5 RU, and for each item that it gives 0.05 RU and half of what reading it costs. A page of the change feed costs
as a query. Strong consistency doubles reads. Real charges depend on indexes and on how many items a query looks at:
these are for seeing that charges are counted and added, not for a budget.
Source: https://learn.microsoft.com/azure/cosmos-db/key-value-store-cost
"""

from collections.abc import Iterable

_KB = 1_024


def read(size: int, *, strong: bool) -> float:
    """size: bytes of the item's JSON; 0 for one that is not there."""
    return round(_line(1.0, 10.0, size) * (2 if strong else 1), 2)


def write(size: int) -> float:
    return round(_line(5.0, 50.0, size), 2)


def query(sizes: Iterable[int], *, strong: bool) -> float:
    """sizes: bytes of each result."""
    return round((2.5 + sum(0.05 + 0.5 * _line(1.0, 10.0, size) for size in sizes)) * (2 if strong else 1), 2)


def _line(at_1_kb: float, at_100_kb: float, size: int) -> float:
    return at_1_kb + (at_100_kb - at_1_kb) * max(0.0, size / _KB - 1) / 99
