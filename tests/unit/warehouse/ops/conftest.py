"""Two raw tables into which packages land, and the ops tables of schema drift, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, groupby
from typing import Any

import duckdb
import pytest

from warehouse.ops import fill_rates, schema_changes, schema_drift
from warehouse.ops.schema_drift import examine
from warehouse.ops.watched_tables import WatchedColumn, WatchedTable

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)

RAW = """
create schema gong_raw;
create schema gong_ops;
create table gong_raw._dlt_loads (load_id varchar, status bigint);
create table gong_raw._windows (kind varchar, _dlt_load_id varchar);
create table gong_raw.calls (
    call_id varchar, title varchar, direction varchar, duration_seconds bigint, methods varchar,
    has_video boolean, extra varchar, _deleted_at timestamptz, _dlt_load_id varchar
);
create table gong_raw.topics (call_id varchar, name varchar, extra varchar, _dlt_load_id varchar);
"""

CALLS = WatchedTable(
    "calls",
    (
        WatchedColumn("title"),
        WatchedColumn("duration_seconds"),
        WatchedColumn("has_video", is_flag=True),
        WatchedColumn("direction", is_counted=False, values=("Inbound", "Outbound")),
        WatchedColumn("methods", is_counted=False, values=("Invitee",), is_list=True),
    ),
)
TOPICS = WatchedTable("topics", (WatchedColumn("name"),), parent="calls", parent_key=("call_id",))


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    schema_changes.prepare(db)
    db.execute(fill_rates.CREATE)
    db.execute(schema_drift.CREATE)


class Landing:
    """A warehouse into which packages land."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.db = db
        self.packages = 0

    def calls(self, *rows: dict[str, Any], status: int = 0, kind: str = "sync") -> str:
        """Lands calls in a package of its own."""
        self.packages += 1
        load_id = f"{1_700_000_000 + self.packages}.5"
        self.db.execute("insert into gong_raw._dlt_loads values (?, ?)", [load_id, status])
        self.db.execute("insert into gong_raw._windows values (?, ?)", [kind, load_id])
        calls, topics = [], []
        for number, row in enumerate(rows):
            values = {"call_id": f"{load_id}/{number}", **row, "_dlt_load_id": load_id}
            topics += [
                {"call_id": values["call_id"], "name": topic, "_dlt_load_id": load_id}
                for topic in values.pop("topics", ())
            ]
            calls.append(values)
        self._insert("gong_raw.calls", calls)
        self._insert("gong_raw.topics", topics)
        return load_id

    def _insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Inserts rows; those with the same columns in one statement."""
        for columns, own in groupby(rows, key=tuple):
            values = [list(row.values()) for row in own]
            places = ", ".join([f"({', '.join('?' * len(columns))})"] * len(values))
            self.db.execute(
                f"insert into {table} ({', '.join(columns)}) values {places}",
                list(chain.from_iterable(values)),
            )

    def many(self, count: int, **row: Any) -> str:
        return self.calls(*[row] * count)

    def examine(self, at: datetime = NOW) -> dict[str, int]:
        self.db.begin()
        new = examine(self.db, (CALLS, TOPICS), at)
        self.db.commit()
        return {str(change): count for change, count in new.items()}

    def changes(self) -> list[dict[str, Any]]:
        result = self.db.execute("from gong_ops.schema_changes order by all")
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def changed_values(self, *names: str) -> list[tuple[Any, ...]]:
        return [tuple(change[name] for name in names) for change in self.changes()]


@pytest.fixture
def landing() -> Iterator[Landing]:
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        db.execute(RAW)
        prepare(db)
        yield Landing(db)
