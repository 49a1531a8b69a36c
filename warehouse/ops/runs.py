"""`gong_ops.runs`: one row per run of a command that changes the warehouse."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from warehouse.connection import Rows, Warehouse
from warehouse.ops import load_log
from warehouse.target import OPS

CREATE = f"""
create table if not exists {OPS}.runs (
    run_id varchar primary key, command varchar, started_at timestamptz, finished_at timestamptz,
    outcome varchar, requests bigint, entities_seen bigint, entities_changed bigint,
    message varchar
);
comment on table {OPS}.runs is 'One row per run of a command that changes the warehouse.';
comment on column {OPS}.runs.run_id is 'The run; windows have it too.';
comment on column {OPS}.runs.command is 'Its command.';
comment on column {OPS}.runs.started_at is 'Its present, up to which it read.';
comment on column {OPS}.runs.finished_at is 'When it ended.';
comment on column {OPS}.runs.outcome is 'done, failed, postponed or stopped.';
comment on column {OPS}.runs.requests is 'Requests to Gong.';
comment on column {OPS}.runs.entities_seen is 'Entities that Gong sent, or items of a push.';
comment on column {OPS}.runs.entities_changed is 'How many of them landed, or were done in Gong.';
comment on column {OPS}.runs.message is 'What went wrong; null if nothing did.';
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of `gong_ops.runs`."""

    run_id: str
    command: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    requests: int
    entities_seen: int = 0
    entities_changed: int = 0
    message: str | None = None


def record_run(warehouse: Warehouse, run: Run) -> None:
    """Writes the row of a run, in place of an earlier one with its `run_id`."""
    row = asdict(run)
    with warehouse.writing() as db:
        db.execute(
            f"insert or replace into {OPS}.runs ({', '.join(row)}) "
            f"values ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        # the first run creates the tables that the view shows
        load_log.create_view(db)


def last_runs(warehouse: Warehouse, count: int) -> Rows:
    """Returns the newest runs, newest first."""
    return warehouse.dicts(f"select * from {OPS}.runs order by started_at desc limit {count:d}")


def completed_run_ids(warehouse: Warehouse) -> frozenset[str]:
    """Returns the ids of the runs that were not cut short, with or without failed streams."""
    rows = warehouse.rows(f"select run_id from {OPS}.runs where outcome in ('done', 'failed')")
    return frozenset(run_id for (run_id,) in rows)
