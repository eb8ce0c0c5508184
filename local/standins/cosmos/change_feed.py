"""
The change feed, pulled: the latest version of each item, in the order of their last writes.

A position is the number of the last transaction seen, in quotes, and lives in the file: it means the same after a
restart. What was deleted or has expired is not there. A transaction is never divided: a page may be longer than asked.
"""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from local.standins.cosmos.errors import bad_request
from local.standins.cosmos.query import PAGE_BYTES, Scope
from local.standins.cosmos.state import CosmosState
from local.standins.cosmos.storage import Container, Row


@dataclass(frozen=True, slots=True)
class Changes:
    """Items (none: answer 304) and the position after them."""

    rows: list[Row]
    position: str


def changes(
    state: CosmosState, container: Container, scope: Scope, *, position: str | None, since: str | None, most: int
) -> Changes:
    """
    One page.

    position: the one after the last page; `*` is now; None the beginning. since: an HTTP date; what was written before
    it is left out. Raises: CosmosError 400 if one of them cannot be read.
    """
    if position == "*":
        return Changes([], f'"{container.lsn}"')
    after = 0
    if position:
        number = position.strip('"')
        if not number.isascii() or not number.isdigit():
            raise bad_request("The continuation in If-None-Match is not one of the change feed.")
        after = int(number)
    where = scope.where()
    where.add("lsn > ?", [after])
    if since:
        where.add("ts >= ?", [_seconds(since)])
    rows: list[Row] = []
    size = 0
    for row in state.storage.rows(container, where, now=state.clock(), order="lsn, write"):
        full = len(rows) >= most or size + len(row.body) > PAGE_BYTES
        if full and rows and row.lsn != rows[-1].lsn:
            return Changes(rows, f'"{rows[-1].lsn}"')
        rows.append(row)
        size += len(row.body)
    end = max([after, container.lsn, *(row.lsn for row in rows)])
    return Changes(rows, f'"{end}"')


def _seconds(date: str) -> int:
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except ValueError as error:
        raise bad_request(f"If-Modified-Since is no HTTP date: {date!r}") from error
