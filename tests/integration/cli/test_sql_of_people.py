"""Every place that takes SQL, or a text that could be taken for SQL, is fed the same statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.conftest import ROOT
from tests.harness.hostile_sql import HOSTILE, WRITING
from tests.harness.warehouses.erasure_home import KEY, ErasureHome

# of this module alone: the other commands of this folder have the synced company
from tests.harness.warehouses.erasure_home import company as company
from warehouse.errors import BadInput
from warehouse.publication.publish import publish
from warehouse.publication.reading import published

Door = Callable[[str], int]

_BUILT = """
create schema if not exists gong_build;
create table gong_build.fct_calls as select 1 as call_number, 0.5 as ratio;
create table gong_build.dim_users as select 'u' || n as user_id from range(40) as t(n);
"""


@pytest.fixture
def home(company: ErasureHome, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse with a published copy; the settings of the command name it."""
    with company.warehouse.writing() as db:
        db.execute(_BUILT)
    publish(company.warehouse_target, company.home)
    settings = {
        "GONG_ELT_HOME": str(company.home),
        "GONG_ELT_WAREHOUSE": f"duckdb:///{company.warehouse_target.path}",
        "GONG_ELT_ERASURE_KEY": KEY,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(company.home)
    return company.home


def command(*words: str) -> int:
    return CliRunner().invoke(app, list(words)).exit_code


def from_python(sql: str) -> int:
    frame = pd.DataFrame({"secret": [1]})  # noqa: F841 - DuckDB would find it by its name
    try:
        published().df(sql)
    except (BadInput, duckdb.Error):
        return 2
    return 0


DOORS: dict[str, Door] = {
    "query": lambda sql: command("query", sql),
    "push --sql": lambda sql: command("push", "add-new-call", "--dry-run", "--sql", sql),
    "Python": from_python,
}
"""The places that run SQL of a person."""
OTHER_DOORS: dict[str, Door] = {
    "query in CSV": lambda sql: command("query", sql, "--format", "csv"),
    "push --sql, sending": lambda sql: command("push", "add-new-call", "--sql", sql),
    "push --from": lambda sql: command("push", "add-new-call", "--dry-run", "--from", sql),
    "push --from Parquet": lambda sql: command(
        "push", "add-new-call", "--dry-run", "--from", f"{sql}.parquet"
    ),
    "push, name": lambda sql: command("push", sql, "--dry-run", "--sql", "select 1"),
    "erase": lambda sql: command("erase", "--email", sql),
    "erase, phone": lambda sql: command("erase", "--phone", sql),
    "api": lambda sql: command("api", sql),
    "api, input": lambda sql: command("api", "list-calls", f"cursor={sql}"),
    "sync": lambda sql: command("sync", "--only", sql),
    "sync --accept-deletes": lambda sql: command("sync", "--accept-deletes", sql),
    "backfill": lambda sql: command("backfill", "--from", sql),
}
"""The places that take a text and run no SQL of it."""


def content(home: Path) -> dict[str, bytes]:
    """Returns the bytes of every file of a home."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def filled(home: Path) -> Iterator[str]:
    (part,) = (home / "published" / "parts" / "gong.dim_users").iterdir()
    return (sql.replace("{home}", str(home)).replace("{part}", str(part)) for sql in HOSTILE)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_no_place_that_takes_sql_changes_or_shows_anything_but_published_tables(
    home: Path, door: Door
) -> None:
    before = content(home)
    for sql in filled(home):
        assert door(sql) == 2, sql
        assert content(home) == before, sql


def test_no_other_text_of_a_command_is_run_as_sql(home: Path) -> None:
    before = content(home)
    for name, door in OTHER_DOORS.items():
        for sql in list(filled(home))[::12]:
            assert door(sql) == 2, f"{name}: {sql}"
        assert content(home) == before, name


def test_an_address_that_is_sql_is_a_value_of_the_erasure(home: Path) -> None:
    """It has no blank and a dot after the @, so `erase` takes it for an address."""
    before = content(home)
    for statement in ("drop/**/table/**/gong_raw.calls", "delete/**/from/**/gong_raw.calls"):
        assert command("erase", "--email", f"x';{statement};--@b.example") == 0
    assert published().df("select count(*) as n from gong.dim_users")["n"].tolist() == [40]
    tables = {name: data for name, data in content(home).items() if name.startswith("published")}
    assert tables.items() <= before.items()


def test_only_the_module_that_checks_opens_the_published_copy_for_a_query() -> None:
    importers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("pipelines", "warehouse", "sources")
        for path in (ROOT / folder).rglob("*.py")
        if "publication.reading import" in path.read_text()
        and "connect" in path.read_text().split("publication.reading import")[1].split("\n")[0]
    }
    assert importers == set()


def test_the_statements_would_do_harm_to_a_connection_that_checks_nothing(home: Path) -> None:
    """They are no dead letters: DuckDB itself lets a reader overwrite what it may read."""
    from warehouse.publication.reading import connect

    (part,) = (home / "published" / "parts" / "gong.dim_users").iterdir()
    before = part.read_bytes()
    with connect(home) as db:
        db.execute(WRITING[0].replace("{part}", str(part)))
    assert part.read_bytes() != before
