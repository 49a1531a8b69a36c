"""A company and a warehouse over many simulated nights."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.conftest import Emulator, Gong, gong_for
from tests.harness.landed import connect

Snapshot = dict[str, dict[str, int]]

_WHOSE = {
    "call_id": "calls",
    "answered_scorecard_id": "answered_scorecards",
}
"""Whose row a row is, by the name of a column; it is live as long as that is. Log entries stay."""


def said(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Nights:
    """One home that is synced again and again, and the company it is synced from."""

    emulator: Emulator
    gong: Gong
    now: datetime
    only: tuple[str, ...] = ()
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What the last run asked Gong for."""

    def run(self, *arguments: str, expected: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Runs a command at the present; None expects any code."""
        self.emulator.forget_requests()
        done = self.gong(*arguments, env={"GONG_ELT_NOW": said(self.now)})
        assert expected is None or done.returncode == expected, done.stdout + done.stderr
        self.asked = self.emulator.requests()
        return done

    def sync(
        self, *arguments: str, at: datetime | None = None, expected: int | None = 0
    ) -> subprocess.CompletedProcess[str]:
        """Runs a sync without its build, after moving both clocks."""
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
    """A home in which nothing has landed yet.

    Args:
        emulator: the company.
        home: the folder.
        now: the first present.
        only: what every sync reads; empty for all.
        start: where the first sync begins.
        settings: further environment.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    env = {
        **({"SOURCES__GONG__START_DATE": said(start)} if start else {}),
        **(settings or {}),
    }
    gong = gong_for(home, emulator, **env)
    return Nights(emulator, gong, now, ("--only", only) if only else ())


def live_rows(warehouse: Path) -> Snapshot:
    """Returns per raw table how often each row is in it whose entity Gong still has, as text.

    Without the columns that begin with an underscore, which say what runs did.
    """
    with connect(warehouse) as db:
        columns: dict[str, list[str]] = {}
        for table, column in db.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'gong_raw' "
            "and table_name not like '\\_%' escape '\\' order by table_name, column_index"
        ).fetchall():
            columns.setdefault(table, []).append(column)
        found: Snapshot = {}
        for table, names in columns.items():
            where = ["_deleted_at is null"] if "_deleted_at" in names else []
            for key, root in _WHOSE.items():
                is_part = key in names and table not in (root, "logs")
                if is_part and "_deleted_at" in columns.get(root, ()):
                    gone = f"select {key} from gong_raw.{root} where _deleted_at is not null"
                    where.append(f"({key} is null or {key} not in ({gone}))")
            content = ", ".join(f'"{name}"' for name in names if not name.startswith("_"))
            rows = db.execute(
                f"select t::varchar, count(*) from (select {content} from gong_raw.{table} "
                f"where {' and '.join(where) or 'true'}) as t group by all"
            ).fetchall()
            found[table] = dict(rows)
        return found
