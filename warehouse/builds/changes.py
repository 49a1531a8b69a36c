"""What has changed since the last finished build: raw tables, calls, months.

A call has changed if a row of it came with a package that was not built from, if it left the raw
tables or was marked as deleted, if the row of a user in it has changed, or the name of its
workspace, or if its transcript is not awaited any more. The ids are stored in the table
`changed_calls`, of which dbt builds the calls again. All raw rows of a call have the `_loaded_at`
of their root row; those instants are stored in `changed_landings`, and the days of the calls,
before and after, in `changed_days`, so that long tables are read only where such rows lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from warehouse.builds.record import USERS_VIEW, raw_rows, stored_record, stored_rows
from warehouse.connection import columns
from warehouse.target import BUILD, RAW

BY_CALL = (
    "fct_calls", "fct_call_participants", "fct_tracker_mentions", "fct_transcript_sentences",
)  # fmt: skip
"""The analytics tables of which single calls are built again."""
NO_MONTH = "none"
"""Where rows without a day are published."""

_LARGEST_SHARE, _ALWAYS = 0.2, 1000
"""Share of the calls, and number, up to which changed calls are built again alone; to build all is
no more work if more of them have changed."""
_NOT_BUILT = f"_dlt_load_id not in (select load_id from {BUILD}.built_packages)"
_CHANGED = f"call_id in (select call_id from {BUILD}.changed_calls)"


@dataclass(frozen=True, slots=True)
class BuildChanges:
    """What has changed since the last finished build.

    Attributes:
        tables: raw tables with other rows.
        calls: how many calls have changed.
        months: months, `2026-11`, in which changed calls lay before; with `NO_MONTH`.
    """

    tables: Sequence[str]
    calls: int
    months: frozenset[str]


def find_changes(
    db: duckdb.DuckDBPyConnection,
    build_id: str,
    tables_of: Mapping[str, Sequence[str]],
    of_calls: Sequence[str],
    now: datetime,
    awaited_for: timedelta,
) -> BuildChanges | None:
    """Stores ids, instants and days of the changed calls, and returns what has changed.

    Args:
        db: the warehouse, to write.
        build_id: the build that the tables must be of.
        tables_of: the raw tables whose rows come and go with a row of a root table, by that one;
            a row of them comes in the package of its root row.
        of_calls: root tables whose rows belong to a call, by `call_id`.
        now: the present of the run.
        awaited_for: how long after its start the transcript of a call is awaited.

    Returns:
        None where the tables must be built whole: they are of another build, that build was later
        than now, or too many calls have changed.
    """
    record = stored_record(db)
    are_there = all(columns(db, f"{BUILD}.{table}") for table in BY_CALL)
    if record is None or record[0] != build_id or record[1] > now or not are_there:
        return None
    rows, before = raw_rows(db), stored_rows(db)
    roots = _tables_not_built(db, [root for root in tables_of if root in rows])
    landed = {name for root in roots for name in (root, *tables_of[root])}
    changed = [table for table in rows if table in landed or rows[table] != before.get(table)]
    _store_changed_calls(
        db, [root for root in of_calls if root in roots], record[1], now, awaited_for
    )
    _store_places_of_changed_calls(db, [root for root in of_calls if root in rows])
    (calls,) = db.execute(f"select count(*) from {BUILD}.changed_calls").fetchall()[0]
    (built,) = db.execute(f"select count(*) from {BUILD}.fct_calls").fetchall()[0]
    if calls > max(_ALWAYS, _LARGEST_SHARE * built):
        return None
    return BuildChanges(changed, calls, months_of_changed_calls(db))


def _store_changed_calls(
    db: duckdb.DuckDBPyConnection,
    landed: Sequence[str],
    built_at: datetime,
    now: datetime,
    awaited_for: timedelta,
) -> None:
    """Stores the ids of the calls that have changed.

    Args:
        db: the warehouse.
        landed: the root tables of calls with rows that were not built from.
        built_at: the present of the last build.
        now: the present of this one.
        awaited_for: how long a transcript is awaited.
    """
    db.execute(_CHANGED_USERS, {"built_at": built_at, "now": now})
    has_users = db.execute("select exists (from changed_users)").fetchone() == (True,)
    queries = [
        *(f"select call_id from {RAW}.{name} where {_NOT_BUILT}" for name in landed),
        *_GONE,
        *(_OF_USERS if has_users else ()),
        _OF_WORKSPACES,
        _NOT_AWAITED,
    ]
    db.execute(
        f"create or replace table {BUILD}.changed_calls as select distinct call_id from ("
        + " union all ".join(queries)
        + ") where call_id is not null",
        [built_at - awaited_for, now - awaited_for],
    )


def _store_places_of_changed_calls(db: duckdb.DuckDBPyConnection, roots: Sequence[str]) -> None:
    """Stores the instants at which root rows of changed calls have landed, and the calls' days."""
    queries = [f"select _loaded_at from {RAW}.{root} where {_CHANGED}" for root in roots]
    db.execute(
        f"create or replace table {BUILD}.changed_landings as "
        f"select distinct _loaded_at as loaded_at from ({' union all '.join(queries)})"
    )
    db.execute(_STORE_CHANGED_DAYS)


def months_of_changed_calls(db: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Returns the months in which the changed calls lie in the built tables, with `NO_MONTH`."""
    months = db.execute(
        f"select distinct strftime(started_on, '%Y-%m') from {BUILD}.fct_calls "
        f"where started_on is not null and {_CHANGED}"
    ).fetchall()
    return frozenset({NO_MONTH, *(month for (month,) in months)})


def _tables_not_built(db: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> set[str]:
    """Returns the raw tables with a row of a package that was not built from."""
    queries = [
        f"select '{table}' where exists (select 1 from {RAW}.{table} where {_NOT_BUILT})"
        for table in tables
    ]
    return {name for query in queries for (name,) in db.execute(query).fetchall()}


_STORE_CHANGED_DAYS = f"""
    create or replace table {BUILD}.changed_days as
    select started_on from {BUILD}.fct_calls where {_CHANGED} and started_on is not null
    union
    -- in whatever time zone
    select unnest([day - 1, day, day + 1])
    from (
        select cast(started_at at time zone 'UTC' as date) as day from {RAW}.calls
        where {_CHANGED} and started_at is not null
    )
"""
_GONE = (
    f"select call_id from {BUILD}.fct_calls where call_id not in "
    f"(select call_id from {RAW}.calls where _deleted_at is null)",
    # sentences may land before their call; they have no team until then
    f"select call_id from {BUILD}.fct_transcript_sentences where team_id is null "
    f"and call_id not in (select call_id from {RAW}.transcripts)",
)
_OF_WORKSPACES = (
    f"select built.call_id from {BUILD}.fct_calls as built left join {RAW}.workspaces "
    "as workspace on workspace.workspace_id = built.workspace_id "
    "where workspace.name is distinct from built.workspace_name"
)
_CHANGED_USERS = f"""
    create or replace temp table changed_users as
    select user_id from (from {USERS_VIEW} except from {BUILD}.built_users)
    union all
    select user_id from (from {BUILD}.built_users except from {USERS_VIEW})
    union all
    -- a call without a start counts as one of now
    select user_id from {USERS_VIEW} where applies_from_at > $built_at and applies_from_at <= $now
"""
_OF_USERS = (
    f"select call_id from {RAW}.calls where primary_user_id in (from changed_users)",
    f"select call_id from {RAW}.call_parties where user_id in (from changed_users)",
)
_NOT_AWAITED = f"""
    select call_id from (
        with ended as materialized (
            select call_id from {RAW}.calls where started_at > ? and started_at <= ?
        ),
        -- of those calls alone: a set of all transcripts takes longer with each year of history
        transcribed as materialized (
            select call_id from {RAW}.transcripts where call_id in (from ended)
        )
        select call_id from ended where call_id not in (from transcribed)
    )
"""
