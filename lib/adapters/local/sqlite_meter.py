"""Meters in SQLite."""

import math
import statistics

from lib.adapters.local.sqlite_database import SqliteDatabase
from lib.errors import BadInput
from lib.ports.meter import Reading

NEWEST = 1_000
"""Samples of a series that percentiles are made of."""


class SqliteMeter:
    """Meter: running count and total, and a ring of the newest samples."""

    def __init__(self, *, database: SqliteDatabase) -> None:
        self._database = database

    def record(self, samples: dict[str, float]) -> None:
        for name, value in samples.items():
            if not math.isfinite(value):
                raise BadInput(f"{value!r} is no sample for the meter {name!r}: give a finite number")
        find = "SELECT count FROM meters WHERE name = ?"
        with self._database.transaction() as connection:
            for name, value in samples.items():
                row = connection.execute(find, (name,)).fetchone()
                place = row[0] % NEWEST if row else 0
                connection.execute("REPLACE INTO meter_samples VALUES (?, ?, ?)", (name, place, value))
                connection.execute(
                    "INSERT INTO meters VALUES (?, 1, ?) ON CONFLICT (name)"
                    " DO UPDATE SET count = count + 1, total = total + excluded.total",
                    (name, value),
                )

    def read(self, names: tuple[str, ...]) -> dict[str, Reading]:
        summary = "SELECT count, total FROM meters WHERE name = ?"
        newest = "SELECT value FROM meter_samples WHERE name = ? ORDER BY value"
        found = {}
        with self._database.reading() as connection:
            for name in names:
                count, total = connection.execute(summary, (name,)).fetchone() or (0, 0.0)
                values = [row[0] for row in connection.execute(newest, (name,)).fetchall()]
                found[name] = Reading(
                    count=count,
                    total=total,
                    p50=statistics.median(values) if values else None,
                    p95=values[math.ceil(0.95 * len(values)) - 1] if values else None,
                )
        return found
