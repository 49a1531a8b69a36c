"""A run keeps within the memory that it may have: what does not fit is built alone, or spilled."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Gong, gong_for
from tests.integration.conftest import NOW, Company

CALLS = 40_000
SENTENCES_OF = 4_000
"""Calls that keep their sentences: all of them would only make the test longer."""
GB = 2**30
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


def run_within(gong: Gong, memory: int, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that cannot have more bytes of memory, and its child processes neither."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=gong.home.parent,
        env=gong.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=580,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (memory, memory)),
    )


CLI = ("-m", "pipelines.cli")
SETTINGS = """
from warehouse.home import home_of_environment
from warehouse.publication.reading import connect

with connect(home_of_environment()) as db:
    settings = "select current_setting('memory_limit'), current_setting('temp_directory')"
    print(*db.execute(settings).fetchall()[0])
"""


def test_a_reader_takes_half_of_what_its_process_may_have(company: Company) -> None:
    done = run_within(company.gong, GB, "-c", SETTINGS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"512.0 MiB {company.gong.home}/published/gong.duckdb.")


@pytest.mark.slow
def test_more_rows_are_sorted_than_a_process_may_have_memory_for(company: Company) -> None:
    rows = 40_000_000
    done = run_within(
        company.gong, GB, *CLI, "query",
        "select count(*) as n from (select h, row_number() over (order by h) as place from "
        f"(select hash(i) as h from range({rows}) as t(i))) where place > 0",
        "--format", "csv",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"n\n{rows}\n"), done.stderr
    assert list(company.gong.home.rglob("*.tmp")) == []


@pytest.mark.slow
def test_a_sync_whose_process_may_have_little_memory_publishes_the_same(
    company: Company, home: Path
) -> None:
    gong = gong_for(home, company.emulator, GONG_ELT_NOW=NOW)
    done = run_within(gong, GB, *CLI, "sync")
    assert done.returncode == 0, done.stderr
    counts = "select count(*), sum(hash(t)) from gong.fct_call_participants as t"
    expected = company.gong("query", counts, "--format", "csv")
    again = gong("query", counts, "--format", "csv")
    assert (again.returncode, again.stdout) == (0, expected.stdout), again.stderr
