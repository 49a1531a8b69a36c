"""Homes with a long history: a small synced company, multiplied by SQL as if it had landed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.lock import hold
from tests.benchmarks.measured import NOW, Measured, run_command
from tests.conftest import Emulator, start_emulator

SMALL = 2_000
"""Calls of the company that is multiplied."""
_DAYS = 59
_STEP = 62
"""Days between a copy and the one before; no copy lies in the windows that a sync reads."""
_PERIODS = 18
"""A history reaches at most as many steps back, however many calls it has."""
_ROWS_AT_ONCE = 2_000_000
_OF_CALLS = "(name like 'call\\_%' escape '\\' or name like 'transcript%' or name = 'calls')"
_CHANGED_TEXTS = {"calls": "title", "call_parties": "name", "transcript_sentences": "text"}
"""What a night changes of a call; all its rows come again."""
_COUNTERPARTS = ("call_user_access", "call_outcomes")
"""Tables that are named like those of calls, and are not multiplied."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the emulator, with the home of a finished sync."""

    emulator: Emulator
    home: Path

    @classmethod
    def start(cls, home: Path) -> Company:
        """Starts the emulator and syncs all of the company."""
        emulator = start_emulator(
            "--seed", "7", "--calls", str(SMALL), "--days", str(_DAYS), "--users", "50",
            "--no-limit", "--now", NOW,
        )  # fmt: skip
        company = cls(emulator, home)
        company.command("sync", START_DATE="2026-09-20")
        return company

    def at(self, home: Path) -> Company:
        """Returns the company with another home."""
        return Company(self.emulator, home)

    def command(self, *words: str, **settings: str) -> Measured:
        """Runs a command of the project on the home; settings without `SOURCES__GONG__`."""
        return run_command(words, self.home, self.emulator, **settings)


def multiply(small: Path, home: Path, times: int, monologues: int | None = None) -> None:
    """Makes a home whose calls are those of a small one, `times` times.

    Each copy has other ids, lies earlier, and came in load packages of its own.

    Args:
        small: the home of a finished sync.
        home: to make.
        times: how often.
        monologues: of each transcript of a copy, how many have sentences; None for all.
    """
    shutil.copytree(small, home, ignore=shutil.ignore_patterns("dlt", "published", "built*"))
    if times == 1:
        return
    with duckdb.connect(str(home / "warehouse.duckdb")) as db:
        db.execute("set timezone = 'UTC'")
        # built again by the first transform
        db.execute("drop schema if exists gong_build cascade")
        packages = _count(db, "gong_raw._dlt_loads")
        for table in _tables_of_calls(db):
            _copy_rows(db, table, times, monologues)
        db.execute(
            "insert into gong_raw._dlt_loads select * exclude (copy) replace ("
            f"{_earlier('load_id')} as load_id) from gong_raw._dlt_loads "
            f"cross join (select unnest(range(1, {times})) as copy)"
        )
        assert _count(db, "gong_raw._dlt_loads") == packages * times
        db.execute("checkpoint")


def _tables_of_calls(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the raw tables whose rows belong to a call and come with it."""
    rows = db.execute(
        "select name from (select table_name as name from duckdb_columns() where "
        f"schema_name = 'gong_raw' and column_name = 'call_id') where {_OF_CALLS} order by 1"
    ).fetchall()
    return [name for (name,) in rows if name not in _COUNTERPARTS]


def _copy_rows(
    db: duckdb.DuckDBPyConnection, table: str, times: int, monologues: int | None
) -> None:
    columns = [row[0] for row in db.execute(f"describe gong_raw.{table}").fetchall()]
    expressions = {
        "call_id": _other("call_id"),
        "comment_id": _other("comment_id"),
        "started_at": f"started_at - to_days({_STEP} * {_steps('copy', times)}::integer)",
        "_dlt_load_id": _earlier("_dlt_load_id"),
    }
    changed = ", ".join(f"{sql} as {name}" for name, sql in expressions.items() if name in columns)
    where = "true"
    if monologues is not None and table == "transcript_sentences":
        where = f"monologue_index < {monologues}"
    db.execute(f"create temp table original as select * from gong_raw.{table} where {where}")
    step = max(1, _ROWS_AT_ONCE // max(1, _count(db, "original")))
    for first in range(1, times, step):
        db.execute(
            f"insert into gong_raw.{table} select * exclude (copy) replace ({changed}) "
            f"from original cross join (select unnest(range({first}, {min(first + step, times)})) "
            "as copy)"
        )
    db.execute("drop table original")


def _steps(copy: str, times: int) -> str:
    """Returns the SQL of how many steps a copy lies back; the first copies one step."""
    return f"(1 + ({copy} - 1) * {min(times - 1, _PERIODS)} // {times - 1})"


def _other(column: str) -> str:
    """Returns the SQL of an id of as many digits that is another one in each copy."""
    hashed = f"('0x' || substr(md5({column} || '/' || copy), 1, 15))::ubigint"
    return f"({hashed} % 9000000000000000000 + 1000000000000000000)::varchar"


def _earlier(column: str) -> str:
    return f"({column}::double - copy * 1000)::decimal(20, 6)::varchar"


def change(home: Path, number: int, calls: int = 69) -> None:
    """Changes some of the newest calls as the load of a night would."""
    path, load = home / "warehouse.duckdb", f"18{number:08d}.5"
    with (
        hold(path, "benchmark", wait=True, on_wait=print),
        duckdb.connect(str(path)) as db,
    ):
        db.execute("set timezone = 'UTC'")
        db.begin()
        db.execute(
            "create temp table changed as select call_id from (select call_id from gong_raw.calls "
            "where _deleted_at is null order by started_at desc limit 600) "
            f"order by hash(call_id || '{number}') limit {calls}"
        )
        for table in _tables_of_calls(db):
            columns = f"'{load}' as _dlt_load_id, now() as _loaded_at"
            if text := _CHANGED_TEXTS.get(table):
                columns += f", {text} || ' {number}' as {text}"
            db.execute(
                f"create or replace temp table rows as select * replace ({columns}) "
                f"from gong_raw.{table} where call_id in (from changed)"
            )
            db.execute(f"delete from gong_raw.{table} where call_id in (from changed)")
            db.execute(f"insert into gong_raw.{table} from rows")
        db.execute(
            "insert into gong_raw._dlt_loads by name select * replace "
            f"('{load}' as load_id, now() as inserted_at) from gong_raw._dlt_loads limit 1"
        )
        db.commit()


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    row = db.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0
