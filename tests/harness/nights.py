"""A company and a warehouse over many simulated nights, on clocks that the test sets."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.conftest import Emulator, Gong, gong_for
from tests.harness.landed import connect

Snapshot = dict[str, dict[str, int]]

_PARENT_TABLES = {
    "call_id": "calls",
    "answered_scorecard_id": "answered_scorecards",
}
"""Parent table by key column. A child row is live while its parent is; log entries stay."""


def utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Nights:
    """A home that is synced night after night, and the company it is synced from."""

    emulator: Emulator
    gong: Gong
    now: datetime
    only: tuple[str, ...] = ()
    requests: list[dict[str, Any]] = field(default_factory=list)
    """The requests of the last run."""

    def run(self, *arguments: str, expected: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Runs a command at `now`; `expected=None` accepts any exit code."""
        self.emulator.forget_requests()
        done = self.gong(*arguments, env={"GONG_ELT_NOW": utc_text(self.now)})
        assert expected is None or done.returncode == expected, done.stdout + done.stderr
        self.requests = self.emulator.requests()
        return done

    def sync(
        self, *arguments: str, at: datetime | None = None, expected: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Runs a sync without its build, after setting both clocks to `at`."""
        if at:
            self.now = at
            self.emulator.set_clock(at)
        return self.run("sync", "--no-transform", *self.only, *arguments, expected=expected)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with connect(self.gong.warehouse) as db:
            return db.execute(sql).fetchall()

    def column(self, sql: str) -> set[Any]:
        return {row[0] for row in self.rows(sql)}

    def live(self, table: str = "calls", key: str = "call_id") -> set[Any]:
        return self.column(f"select {key} from gong_raw.{table} where _deleted_at is null")

    def marked(self, table: str = "calls", key: str = "call_id") -> set[Any]:
        return self.column(f"select {key} from gong_raw.{table} where _deleted_at is not null")

    def open_alarms(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select table_name, start_at, end_at, held, gone from gong_ops.alarms "
            "where settled_at is null order by all"
        )


def nights(
    emulator: Emulator,
    home: Path,
    now: datetime,
    *,
    only: str = "",
    start: datetime | None = None,
    settings: Mapping[str, str] | None = None,
) -> Nights:
    """Returns an empty home for a company.

    Args:
        emulator: the company.
        home: the folder of the home; it need not exist.
        now: the time of the first run.
        only: value of `--only` for every sync; empty for all streams.
        start: start date of the first sync.
        settings: more environment variables.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    env = {
        **({"SOURCES__GONG__START_DATE": utc_text(start)} if start else {}),
        **(settings or {}),
    }
    gong = gong_for(home, emulator, **env)
    return Nights(emulator, gong, now, ("--only", only) if only else ())


def live_rows(
    warehouse: Path, without: Mapping[str, Collection[str]] = MappingProxyType({})
) -> Snapshot:
    """Returns the live rows of each raw table as text, with the number of times each occurs.

    A row is live while Gong still has its entity. Columns that begin with an underscore are
    omitted, because they record loads; `without` names further ones, by table.
    """
    with connect(warehouse) as db:
        columns: dict[str, list[str]] = {}
        for table, column in db.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'gong_raw' "
            "and table_name not like '\\_%' escape '\\' order by table_name, column_index"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        counts: Snapshot = {}
        for table, names in columns.items():
            where = ["_deleted_at is null"] if "_deleted_at" in names else []
            for key, root in _PARENT_TABLES.items():
                is_part = key in names and table not in (root, "logs")
                if is_part and "_deleted_at" in columns.get(root, ()):
                    gone = f"select {key} from gong_raw.{root} where _deleted_at is not null"
                    where.append(f"({key} is null or {key} not in ({gone}))")
            omitted = without.get(table, ())
            content = ", ".join(
                f'"{name}"' for name in names if not name.startswith("_") and name not in omitted
            )
            rows = db.execute(
                f"select t::varchar, count(*) from (select {content} from gong_raw.{table} "
                f"where {' and '.join(where) or 'true'}) as t group by all"
            ).fetchall()
            counts[table] = dict(rows)
        return counts
