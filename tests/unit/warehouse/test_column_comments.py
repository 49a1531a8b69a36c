"""The raw tables have the comments of the contracts, and nothing is written twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.harness.warehouses.templates import prepared
from warehouse import column_comments
from warehouse.column_comments import comment_raw_tables
from warehouse.connection import Warehouse
from warehouse.contracts import FOLDER, contracts
from warehouse.target import Target


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse with two raw tables, one of dlt's and one without a contract."""
    made = prepared(tmp_path / "w.duckdb")
    with made.writing() as db:
        db.execute(
            "create schema gong_raw;"
            "create table gong_raw.workspaces "
            "(workspace_id varchar, name varchar, description varchar, formerly varchar);"
            "create table gong_raw.call_user_access (call_id varchar, user_id varchar);"
            "create table gong_raw._dlt_loads (load_id varchar);"
            "create table gong_raw.somebody_elses (id varchar)"
        )
    return made


def comments(warehouse: Warehouse) -> dict[str, str | None]:
    with warehouse.reading() as db:
        tables = db.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'gong_raw'"
        ).fetchall()
        columns = db.execute(
            "select table_name || '.' || column_name, comment from duckdb_columns() "
            "where schema_name = 'gong_raw'"
        ).fetchall()
    return dict(tables + columns)


def test_tables_and_columns_are_commented_once(warehouse: Warehouse) -> None:
    assert comment_raw_tables(warehouse) == 2
    by_name = comments(warehouse)

    assert str(by_name["workspaces"]).startswith("One row per workspace. Key: workspace_id.")
    assert "Refers to users.user_id." in str(by_name["call_user_access.user_id"])
    assert by_name["workspaces.formerly"] == "No longer landed."
    assert by_name["somebody_elses"] is None
    assert by_name["_dlt_loads.load_id"] is None
    changed = warehouse.path.stat().st_mtime_ns
    assert comment_raw_tables(warehouse) == 0
    assert warehouse.path.stat().st_mtime_ns == changed


def test_a_table_that_is_new_is_commented_alone(warehouse: Warehouse) -> None:
    comment_raw_tables(warehouse)
    with warehouse.writing() as db:
        db.execute("comment on column gong_raw.workspaces.name is 'left alone'")
        db.execute("create table gong_raw.users (user_id varchar)")

    assert comment_raw_tables(warehouse) == 1
    assert comments(warehouse)["users.user_id"]
    assert comments(warehouse)["workspaces.name"] == "left alone"


def test_a_contract_that_changes_is_copied_again(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment_raw_tables(warehouse)
    folder = tmp_path / "contracts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "workspaces.json"
    path.write_text(path.read_text().replace("one row per workspace", "one row per 'space'"))
    monkeypatch.setattr(column_comments, "FOLDER", folder)
    monkeypatch.setattr(column_comments, "contracts", lambda: contracts(folder))

    assert comment_raw_tables(warehouse) == 2
    assert str(comments(warehouse)["workspaces"]).startswith("One row per 'space'. ")


def test_where_nothing_was_landed_nothing_is_made(tmp_path: Path) -> None:
    warehouse = Warehouse(Target(tmp_path / "w.duckdb"))

    assert comment_raw_tables(warehouse) == 0
    assert not warehouse.path.exists()
