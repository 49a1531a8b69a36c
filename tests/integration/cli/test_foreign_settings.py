"""A run obeys its own documented settings, whatever else is set in the environment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import typer

from pipelines.cli import app
from pipelines.settings import environment_of_child
from tests.conftest import Gong
from tests.harness.foreign_settings import (
    environment_of_dbt,
    foreign_environment,
    make_foreign_folder,
)
from tests.harness.landed import differing, snapshot
from tests.integration.conftest import Company

COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
LISTS = ("users", "workspaces", "trackers", "tracker_keywords")
QUERY = (
    "select team_name, sum(calls_count) as calls from gong.agg_team_weekly group by 1 order by 1"
)
KEY = {"GONG_ELT_ERASURE_KEY": "0123456789abcdef0123456789abcdef"}
ODD = 'ho#me; a&b $HOME "c" [d] {e} \\f @g|h ~'
"""A name of a folder in which no part of a run may lose its way."""
READ = {
    "status": ("status", "--calendar"),
    "query": ("query", QUERY, "--format", "csv"),
    "api": ("api", "listWorkspaces"),
    "plan": ("plan", "--from", "2026-10-01", "--to", "2026-10-08", "--only", "calls,users"),
    "check": ("check",),
    "erase": ("erase", "--email", "nobody@nowhere.example"),
    "push": ("push", "add-new-call", "--sql", "select 1 as a", "--dry-run"),
}
"""Commands that leave a home as it is, and print the same wherever they are started."""


@dataclass(frozen=True)
class Foreign:
    """The command in a folder of another project, under a foreign environment without HOME."""

    home: Path
    env: dict[str, str]

    @property
    def forked(self) -> Gong:
        """The command as a fork, for which modules are imported already."""
        return Gong(self.home, self.env)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the installed command in an interpreter of its own."""
        return subprocess.run(
            [Path(sys.executable).with_name("gong-elt"), *arguments],
            cwd=self.home.parent,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )


@pytest.fixture
def foreign(company: Company, tmp_path: Path) -> Callable[[Gong], Foreign]:
    """Puts a home, with the settings of its command, into foreign surroundings."""
    make_foreign_folder(tmp_path / "foreign")

    def put(gong: Gong) -> Foreign:
        env = {**foreign_environment(), **gong.env, **foreign_locale(), **KEY}
        del env["HOME"]
        return Foreign(gong.home, env)

    return put


def foreign_locale() -> dict[str, str]:
    world = foreign_environment()
    return {name: world[name] for name in world if name.startswith(("LC_", "PYTHON", "TZ", "DLT_"))}


def empty_home(company: Company, folder: Path, name: str = "home") -> Gong:
    """Returns the command of the company with a home that is not there yet."""
    home = folder / name
    return Gong(home, {**company.gong.env, "GONG_ELT_HOME": str(home)})


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Returns the output without the count of requests, which each command raises."""
    return [line for line in done.stdout.splitlines() if "requests" not in line]


def schemas(warehouse: Path) -> set[str]:
    with duckdb.connect(str(warehouse), read_only=True) as db:
        rows = db.execute(
            "select distinct schema_name from duckdb_tables() where not internal"
        ).fetchall()
    return {name for (name,) in rows}


def published_rows(home: Path) -> dict[str, dict[str, int]]:
    """Returns the rows of each published table as text, with the number of times each occurs."""
    rows: dict[str, dict[str, int]] = {}
    with duckdb.connect(str(home / "published" / "gong.duckdb"), read_only=True) as db:
        db.execute("set timezone = 'UTC'")
        names = db.execute(
            "select view_name from duckdb_views() where schema_name = 'main' and not internal"
        ).fetchall()
        for (name,) in names:
            # the last digit of a sum depends on the order in which two threads add
            columns = ", ".join(
                f"round({column}, 9)" if kind == "DOUBLE" else f'"{column}"'
                for column, kind, *_ in db.execute(f"describe {name}").fetchall()
            )
            counted = db.execute(
                f"select t::varchar, count(*) from (select {columns} from {name}) as t group by all"
            )
            rows[name] = dict(counted.fetchall())
    return rows


def test_the_lists_land_as_in_a_clean_environment_and_nowhere_else(
    company: Company, foreign: Callable[[Gong], Foreign], tmp_path: Path
) -> None:
    gong = foreign(empty_home(company, tmp_path / "foreign"))
    done = gong("sync", "--only", "users,workspaces,trackers", "--no-transform")
    assert done.returncode == 0, done.stderr
    again = gong("sync", "--only", "workspaces", "--no-transform")
    assert again.returncode == 0, again.stderr

    clean = snapshot(company.gong.warehouse, only_content=True)
    landed = snapshot(gong.home / "warehouse.duckdb", only_content=True)
    assert all(landed[table] for table in LISTS)
    assert {table: landed[table] for table in LISTS} == {table: clean[table] for table in LISTS}
    assert schemas(gong.home / "warehouse.duckdb") <= {"gong_raw", "gong_raw_staging", "gong_ops"}


def test_commands_that_read_answer_as_in_a_clean_environment(
    company: Company, foreign: Callable[[Gong], Foreign], tmp_path: Path
) -> None:
    clean = company.copy(tmp_path / "foreign" / "home")
    strange = foreign(clean).forked
    for name, words in READ.items():
        ours, theirs = clean(*words, env=KEY), strange(*words)
        assert (theirs.returncode, lines(theirs)) == (ours.returncode, lines(ours)), name
        assert "unexpected" not in theirs.stderr, name


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_command_gives_all_tables_and_marts_as_in_a_clean_environment(
    company: Company, foreign: Callable[[Gong], Foreign], tmp_path: Path
) -> None:
    history = ("backfill", "--from", "2026-10-20", "--to", "2026-10-25", "--only", "calls,logs")
    (tmp_path / "clean").mkdir()
    clean = empty_home(company, tmp_path / "clean")
    strange = foreign(empty_home(company, tmp_path / "foreign", ODD))
    ran = set()
    for words in (("sync",), (*history, "--no-transform"), ("transform",), ("publish",)):
        ours, theirs = clean(*words), strange(*words)
        assert (ours.returncode, theirs.returncode) == (0, 0), ours.stderr + theirs.stderr
        ran.add(words[0])

    left = snapshot(clean.warehouse, only_content=True)
    right = snapshot(strange.home / "warehouse.duckdb", only_content=True)
    assert differing(left, right) == {}
    assert sum(map(len, left.values())) > 1000
    assert schemas(clean.warehouse) == schemas(strange.home / "warehouse.duckdb")
    left, right = published_rows(clean.home), published_rows(strange.home)
    assert differing(left, right) == {}
    assert len(left["fct_calls"]) > 100

    for name, words in READ.items():
        theirs = strange(*words)
        assert theirs.returncode in (0, 2), theirs.stderr
        assert "unexpected" not in theirs.stderr
        ran.add(name)
    demo = Foreign(
        tmp_path / "foreign" / "demo", {**strange.env, "GONG_ELT_HOME": str(tmp_path / "demo")}
    )
    assert demo("demo", "--calls", "30").returncode == 0
    assert ran | {"demo"} == COMMANDS


def test_a_mistyped_setting_is_said_by_every_command(company: Company) -> None:
    wrong = {"SOURCES__GONG__STRAT_DATE": "2026-01-01"}
    for words in (
        *READ.values(),
        ("sync",),
        ("backfill", "--from", "x"),
        ("transform",),
        ("publish",),
    ):
        done = company.gong(
            *words, env={**wrong, "SOURCES__GONG__ACCESS_KEY": "", "GONG_ELT_HOME": "/dev/null/x"}
        )
        assert "did you mean SOURCES__GONG__START_DATE?" in done.stderr, words
    done = company.gong("query", "select 1", "--format", "json", env=wrong)
    assert json.loads(done.stdout) == [{"1": 1}]


def test_no_command_answers_from_the_copy_of_another_warehouse(
    company: Company, tmp_path: Path
) -> None:
    other = {**KEY, "GONG_ELT_WAREHOUSE": f"duckdb://{tmp_path}/other.duckdb"}
    for words in (
        ("query", "select 1"),
        ("push", "add-new-call", "--sql", "select 1 as a", "--dry-run"),
        ("publish", "--single-file", str(tmp_path / "sent.duckdb")),
        ("erase", "--email", "nobody@nowhere.example"),
    ):
        done = company.gong(*words, env=other)
        assert done.returncode == 2, words
        assert "is the published copy of" in done.stderr, words
    done = company.gong("status", env=other)
    assert done.returncode == 0
    assert f"nothing is known of {tmp_path}/other.duckdb" in done.stdout
    assert str(company.gong.warehouse) in done.stdout
    assert not (tmp_path / "sent.duckdb").exists()


def test_a_child_process_gets_no_option_of_dbt_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    foreign = environment_of_dbt()
    assert len(foreign) > 80
    assert {"DBT_EMPTY", "DBT_FULL_REFRESH", "DBT_ENGINE_EMPTY"} <= foreign.keys()
    for name, value in {**foreign, "GONG_ELT_DBT_TARGET": "postgres", "FOREIGN": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("GONG_ELT_DBT_THREADS", "3")
    child = environment_of_child({"GONG_ELT_NOW": "now"})
    assert not foreign.keys() & child.keys()
    assert not {"FOREIGN", "GONG_ELT_DBT_TARGET"} & child.keys()
    assert (child["PATH"], child["GONG_ELT_DBT_THREADS"], child["GONG_ELT_NOW"]) == (
        "/bin",
        "3",
        "now",
    )
