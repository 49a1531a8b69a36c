"""`gong_ops.warnings`: tests of the last build that found rows, which are published all the same.

Holds no row that was found, as a row may name a person: a query of the published tables shows them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from warehouse.connection import Rows, Warehouse
from warehouse.target import OPS

CREATE = f"""
create table if not exists {OPS}.warnings (
    test_name varchar, table_name varchar, rows_found bigint, what_to_do varchar,
    rows_query varchar, first_seen_at timestamptz, last_seen_at timestamptz
);
comment on table {OPS}.warnings is
    'One row per test of the last build that found rows to look at; they are published.';
comment on column {OPS}.warnings.test_name is 'The test.';
comment on column {OPS}.warnings.table_name is 'The table whose rows it found.';
comment on column {OPS}.warnings.rows_found is 'How many rows it found.';
comment on column {OPS}.warnings.what_to_do is 'What the rows mean, and what to do about them.';
comment on column {OPS}.warnings.rows_query is 'A query of the published tables that shows them.';
comment on column {OPS}.warnings.first_seen_at is 'Since when each build has found some.';
comment on column {OPS}.warnings.last_seen_at is 'The build that found them last.';
"""


@dataclass(frozen=True, slots=True)
class BuildWarning:
    """A test that found rows to look at; its fields are columns of the table."""

    test_name: str
    table_name: str
    rows_found: int
    what_to_do: str
    rows_query: str


def store_warnings(
    warehouse: Warehouse,
    warnings: Iterable[BuildWarning],
    now: datetime,
    tested: Collection[str] | None = None,
) -> None:
    """Replaces the warnings by those of a build; one that is still there keeps its first instant.

    Args:
        warehouse: the warehouse.
        warnings: what the tests of the build found.
        now: the present of the run.
        tested: the tests that were run, whose warnings are replaced; None for all there are.

    Raises:
        Locked: another process has the file open.
    """
    with warehouse.writing() as db:
        db.execute(f"create schema if not exists {OPS}")
        db.execute(CREATE)
        rows = db.execute(f"select test_name, first_seen_at from {OPS}.warnings").fetchall()
        since = dict(rows)
        db.begin()
        replaced = "true" if tested is None else "test_name in (select unnest(?::varchar[]))"
        db.execute(
            f"delete from {OPS}.warnings where {replaced}",
            None if tested is None else [list(tested)],
        )
        for row in warnings:
            db.execute(
                f"insert into {OPS}.warnings values (?, ?, ?, ?, ?, ?, ?)",
                [
                    row.test_name, row.table_name, row.rows_found, row.what_to_do, row.rows_query,
                    since.get(row.test_name, now), now,
                ],
            )  # fmt: skip
        db.commit()


def all_warnings(warehouse: Warehouse) -> Rows:
    """Returns the warnings of the last build, most rows first."""
    return warehouse.dicts(
        "select test_name, table_name, rows_found, what_to_do, rows_query, first_seen_at "
        f"from {OPS}.warnings order by rows_found desc, test_name"
    )
