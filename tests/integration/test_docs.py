"""What the documents say is true: examples run, commands and settings exist, lists are complete."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.docs import README, with_table_list
from pipelines.settings import Settings
from tests.conftest import ROOT, Emulator, Gong, gong_for

TEXT = README.read_text(encoding="utf-8")
NOW = "2026-11-20T12:00:00Z"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def synced(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Gong, Emulator]:
    """A small company, synced and published."""
    emulator = emulators(
        "--seed", "7", "--users", "12", "--calls", "200", "--days", "30", "--now", NOW, "--no-limit"
    )
    gong = gong_for(tmp_path_factory.mktemp("docs") / "home", emulator, GONG_ELT_NOW=NOW)
    done = gong("sync")
    assert done.returncode == 0, done.stderr
    return gong, emulator


@pytest.mark.parametrize("sql", blocks("sql"), ids=lambda sql: sql.splitlines()[0].strip("- "))
def test_an_sql_example_of_the_readme_gives_rows(synced: tuple[Gong, Emulator], sql: str) -> None:
    gong, _ = synced
    done = gong("query", sql, "--format", "csv")

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 1


@pytest.mark.parametrize(
    "code", blocks("python"), ids=lambda code: code.strip().splitlines()[-1][:30]
)
def test_a_python_example_of_the_readme_runs(
    synced: tuple[Gong, Emulator], code: str, tmp_path: Path
) -> None:
    gong, _ = synced
    script = tmp_path / "example.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**gong.env, "SOURCES__GONG__NOW": NOW},
        capture_output=True,
        text=True,
        timeout=200,
    )

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 3
    assert "WARNING" not in done.stderr


def test_the_list_of_raw_tables_is_complete() -> None:
    assert with_table_list(TEXT) == TEXT, "run `make docs`"


def test_every_command_and_option_of_the_readme_exists(home: Path) -> None:
    gong = gong_for(home, None)
    commands = set(re.findall(r"gong-elt ([a-z]+)", TEXT))
    # the section on what is missing names commands without the program
    assert commands >= {"sync", "backfill", "transform", "publish", "status", "query", "demo"}
    helps = {name: gong(name, "--help") for name in commands}
    for name, done in helps.items():
        assert done.returncode == 0, f"gong-elt {name}: {done.stderr}"
    options = set(re.findall(r"(--[a-z]+(?:-[a-z]+)*)", TEXT))
    known = "".join(done.stdout for done in helps.values())
    for option in options:
        assert option in known, option


def test_every_command_and_option_is_in_the_readme(home: Path) -> None:
    gong = gong_for(home, None)
    listed = re.findall(r"^  ([a-z]+)  ", gong("--help").stdout, re.MULTILINE)
    assert len(listed) >= 7
    for name in listed:
        assert f"gong-elt {name}" in TEXT
        for option in re.findall(r"(--[a-z]+(?:-[a-z]+)*)", gong(name, "--help").stdout):
            if option not in ("--help", "--calls"):
                assert option in TEXT, f"{option} of {name}"


def test_every_setting_is_in_the_readme() -> None:
    renamed = {"keep_private": "PRIVATE_CALLS"}
    for name in Settings.__dataclass_fields__:
        prefix = "GONG_ELT_" if name in ("warehouse", "home", "now") else "SOURCES__GONG__"
        assert f"`{prefix}{renamed.get(name, name.upper())}`" in TEXT, name


def test_files_that_the_documents_name_exist() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "transforms/README.md"):
        path = ROOT / document
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{document}: {link}"


def test_every_published_table_and_column_is_described(synced: tuple[Gong, Emulator]) -> None:
    gong, _ = synced
    undescribed = gong(
        "query",
        "select view_name, null as column_name from duckdb_views() "
        "where schema_name = 'main' and not internal and comment is null union all "
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'main' and not internal and comment is null",
        "--format",
        "csv",
    )

    assert undescribed.stdout.splitlines() == ["view_name,column_name"]


def test_a_single_file_holds_the_same_rows(synced: tuple[Gong, Emulator], tmp_path: Path) -> None:
    import duckdb

    gong, _ = synced
    target = tmp_path / "for-the-board.duckdb"
    done = gong("publish", "--single-file", str(target))
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(target), read_only=True) as db:
        [(copied,)] = db.execute("select count(*) from gong.fct_calls").fetchall()
    there = gong("query", "select count(*) from gong.fct_calls", "--format", "csv")

    assert there.stdout.split() == ["count_star()", str(copied)]
