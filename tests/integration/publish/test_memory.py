"""Ordinary companies are built on small machines: what runs out of memory is built alone."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.integration.conftest import Company

CALLS = 40_000
SENTENCES_OF = 4_000
"""Calls that keep their sentences: all of them would only make the test longer."""
OF_LOGS = ("logs", "answered_scorecards")
"""Tables with a call in each row whose key is another one."""


def multiply(warehouse: Path) -> None:
    """Gives the company of the tests as many calls as an ordinary one, each with all its parts."""
    with duckdb.connect(str(warehouse)) as db:
        row = db.execute("select count(*) from gong_raw.calls").fetchone()
        assert row
        times = CALLS // row[0] + 1
        tables = db.execute(
            "select table_name from duckdb_columns() where schema_name = 'gong_raw' and "
            "column_name = 'call_id' and not starts_with(table_name, '_dlt')"
        ).fetchall()
        for (table,) in tables:
            if table not in OF_LOGS:
                last = SENTENCES_OF // row[0] if table == "transcript_sentences" else times
                db.execute(
                    f"insert into gong_raw.{table} select t.* replace (t.call_id || '-' || i "
                    f"as call_id) from gong_raw.{table} as t, range(1, {last}) as r(i) "
                    "where t.call_id is not null"
                )


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_forty_thousand_calls_are_published_with_the_least_memory(
    company: Company, home: Path
) -> None:
    gong = company.copy(home)
    multiply(gong.warehouse)
    gong.env |= {"GONG_ELT_DBT_MEMORY": "400MB", "GONG_ELT_DBT_THREADS": "2"}
    done = gong("transform", timeout=1400)

    assert done.returncode == 0, done.stderr
    counted = gong(
        "query", "select (select count(*) from gong.fct_calls) as calls, "
        "(select count(distinct call_id) from gong.fct_call_participants) as attended",
        "--format", "csv",
    )  # fmt: skip
    calls, attended = map(int, counted.stdout.splitlines()[1].split(","))
    assert calls >= CALLS
    assert attended > 0.9 * calls


@pytest.mark.slow
def test_a_table_that_runs_out_alone_too_says_what_to_do_and_keeps_its_rows(
    company: Company, home: Path
) -> None:
    gong = company.copy(home)
    gong.env["GONG_ELT_DBT_MEMORY"] = "6MB"
    done = gong("transform")

    assert done.returncode == 1
    assert "building again what failed, one at a time" in done.stderr
    assert "it needs more than the 6MB of memory that it may take, also alone" in done.stderr
    assert "GONG_ELT_DBT_MEMORY to more" in done.stderr
    assert not Path(f"{gong.warehouse}.tmp").exists()
    rows = gong("query", "select count(*) from gong.fct_calls", "--format", "csv")
    assert int(rows.stdout.splitlines()[1]) > 100
