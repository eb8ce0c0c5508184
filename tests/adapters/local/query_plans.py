"""What SQLite would do for the queries of a call."""

from collections.abc import Callable
from typing import Any

from lib.adapters.local.sqlite_database import SqliteDatabase


def plan(database: SqliteDatabase, call: Callable[[], Any]) -> list[str]:
    """Run the call in this thread; list the steps of the plan of each statement it ran, a string a step."""
    statements: list[str] = []
    with database.reading() as connection:
        connection.set_trace_callback(statements.append)
    call()
    with database.reading() as connection:
        connection.set_trace_callback(None)
        steps = []
        for statement in statements:
            if statement.strip().upper().startswith(("SELECT", "DELETE", "UPDATE")):
                steps += [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    return steps


def reads_only_what_it_returns(steps: list[str]) -> bool:
    """No table is scanned from end to end, and nothing is sorted."""
    bad = [s for s in steps if ("SCAN" in s and "json_each" not in s and "wanted" not in s) or "TEMP B-TREE" in s]
    assert not bad, steps
    assert any("SEARCH" in step for step in steps), steps
    return True
