"""Checks the files and tables of a home: right after a kill, and after a completed run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import duckdb
import psutil

from tests.conftest import Gong


def closed(gong: Gong) -> set[str]:
    """Returns the ids of the load packages that are closed in the warehouse."""
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        if not db.execute(
            "from duckdb_tables() where schema_name = 'gong_raw' and table_name = '_dlt_loads'"
        ).fetchall():
            return set()
        rows = db.execute("select load_id from gong_raw._dlt_loads where status = 0").fetchall()
        return {row[0] for row in rows}


def landed_of(gong: Gong, load_id: str) -> dict[str, int]:
    """Returns how many rows of a load package are in the warehouse, by table."""
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        tables = db.execute(
            "select table_name from duckdb_columns() where schema_name = 'gong_raw' "
            "and column_name = '_dlt_load_id'"
        ).fetchall()
        counts = {}
        for (table,) in tables:
            count = f"select count(*) from gong_raw.{table} where _dlt_load_id = ?"
            counts[table] = (db.execute(count, [load_id]).fetchone() or (0,))[0]
    return {table: count for table, count in counts.items() if count}


def check_state(point: str, facts: Mapping[str, Any], gong: Gong) -> None:
    """Checks by the files of the home that the kill hit the point that it names."""
    work, load_id = gong.home / "dlt" / "gong_elt", facts.get("load_id")
    waiting = {path.name for path in (work / "load" / "normalized").glob("*")}
    if point in ("extract", "deletes"):
        assert [p for p in (work / "normalize").glob("*/") if p.name != "extracted"]
    elif point == "unnamed":
        assert list(work.rglob(facts["file"]))
    elif point in ("unsaved", "extracted"):
        assert list((work / "normalize" / "extracted").glob("*"))
    elif point == "normalize":
        assert list((work / "load" / "new").glob("*"))
    elif point == "handed over":
        assert waiting & {path.name for path in (work / "normalize" / "extracted").glob("*")}
    elif point in ("merge", "within merge", "before closing", "before commit"):
        assert load_id in waiting
        assert load_id not in closed(gong)
        assert landed_of(gong, load_id) == {}
    elif point == "after closing":
        assert load_id in waiting
        assert load_id in closed(gong)
    elif point == "parts":
        assert list((gong.home / "published" / "parts").glob("*/.*.parquet.*"))
    elif point == "catalogue":
        assert list((gong.home / "published").glob(".parts.json.*"))
    elif point in ("dbt", "dbt alone"):
        # A dbt process that was left behind would lock the file against the next run.
        with suppress(psutil.NoSuchProcess):
            psutil.Process(facts["dbt"]).wait(5)
        duckdb.connect(str(gong.warehouse)).close()
        assert not json.loads((gong.home / "built.json").read_text())["is_whole"]


def check_nothing_is_left(gong: Gong) -> None:
    """Checks that a completed run has left no package, partial file or staging table."""
    work = gong.home / "dlt" / "gong_elt"
    under_way = ("normalize/extracted/*", "load/new/*", "load/normalized/*")
    assert [path for pattern in under_way for path in work.glob(pattern)] == []
    assert [path.name for path in work.parent.parent.glob("dlt*")] == ["dlt"]
    assert [p.name for p in (work / "normalize").glob("*/")] == ["extracted"]
    assert list(work.rglob("*.parquet")) == []
    assert [p for p in work.rglob("*") if re.fullmatch("[0-9a-f]{16}", p.name)] == []
    hidden = [p for p in gong.home.rglob(".*") if not p.is_relative_to(gong.home / "dlt")]
    assert [*hidden, *gong.home.rglob("*.wal"), *gong.home.rglob("*.tmp")] == []
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        schemas = db.execute("select schema_name from duckdb_schemas()").fetchall()
        built = db.execute(
            "select table_name from duckdb_tables() where schema_name = 'gong_build' "
            "and table_name like '%\\_\\_dbt\\_%' escape '\\'"
        ).fetchall()
    assert ("gong_raw_staging",) not in schemas
    assert built == []
