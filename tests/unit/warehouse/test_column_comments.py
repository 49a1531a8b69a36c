"""Raw tables say in the database what the contracts say of them, and nothing is written twice."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from warehouse import column_comments
from warehouse.column_comments import comment_raw
from warehouse.connection import Warehouse
from warehouse.contracts import FOLDER, contracts, from_json, sentence, to_json
from warehouse.prepare import prepare
from warehouse.target import Target


@pytest.fixture
def where(tmp_path: Path) -> Target:
    """A warehouse with two raw tables, one of dlt's and one that nobody knows."""
    target = Target(tmp_path / "w.duckdb")
    prepare(Warehouse(target))
    with duckdb.connect(str(target.path)) as db:
        db.execute(
            "create schema gong_raw;"
            "create table gong_raw.workspaces "
            "(workspace_id varchar, name varchar, description varchar, formerly varchar);"
            "create table gong_raw.call_user_access (call_id varchar, user_id varchar);"
            "create table gong_raw._dlt_loads (load_id varchar);"
            "create table gong_raw.somebody_elses (id varchar)"
        )
    return target


def told(target: Target) -> dict[str, str | None]:
    with duckdb.connect(str(target.path), read_only=True) as db:
        tables = db.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'gong_raw'"
        ).fetchall()
        columns = db.execute(
            "select table_name || '.' || column_name, comment from duckdb_columns() "
            "where schema_name = 'gong_raw'"
        ).fetchall()
    return dict(tables + columns)


def test_tables_and_columns_are_commented_once(where: Target) -> None:
    assert comment_raw(where) == 2
    found = told(where)

    assert str(found["workspaces"]).startswith("One row per workspace. Key: workspace_id.")
    assert "Refers to users.user_id." in str(found["call_user_access.user_id"])
    assert found["workspaces.formerly"] == "No longer landed."
    assert found["somebody_elses"] is None
    assert found["_dlt_loads.load_id"] is None
    changed = where.path.stat().st_mtime_ns
    assert comment_raw(where) == 0
    assert where.path.stat().st_mtime_ns == changed


def test_a_table_that_is_new_is_commented_alone(where: Target) -> None:
    comment_raw(where)
    with duckdb.connect(str(where.path)) as db:
        db.execute("comment on column gong_raw.workspaces.name is 'left alone'")
        db.execute("create table gong_raw.users (user_id varchar)")

    assert comment_raw(where) == 1
    assert told(where)["users.user_id"]
    assert told(where)["workspaces.name"] == "left alone"


def test_a_contract_that_changes_is_told_again(
    where: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment_raw(where)
    folder = tmp_path / "contracts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "workspaces.json"
    path.write_text(path.read_text().replace("one row per workspace", "one row per 'space'"))
    monkeypatch.setattr(column_comments, "FOLDER", folder)
    monkeypatch.setattr(column_comments, "contracts", lambda: contracts(folder))

    assert comment_raw(where) == 2
    assert str(told(where)["workspaces"]).startswith("One row per 'space'. ")


def test_where_nothing_was_landed_nothing_is_made(tmp_path: Path) -> None:
    where = Target(tmp_path / "w.duckdb")

    assert comment_raw(where) == 0
    assert not where.path.exists()


def test_a_contract_is_read_as_it_was_written() -> None:
    for contract in contracts().values():
        assert from_json(to_json(contract)) == contract


@pytest.mark.parametrize("text", ["{}", "[]", '{"table": "calls", "columns": [1]}', "no json"])
def test_what_is_no_contract_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a contract|Expecting"):
        from_json(text)


def test_a_contract_has_a_line_per_column() -> None:
    contract = contracts()["workspaces"]
    lines = to_json(contract).splitlines()

    assert sum('"name": "workspace_id"' in line for line in lines) == 1
    assert json.loads("\n".join(lines))["table"] == "workspaces"
    assert replace(contract, table="other") != contract


def test_a_sentence_begins_and_ends_as_one() -> None:
    assert sentence("") == ""
    assert sentence("one row") == "One row."
    assert sentence("STRING, PICKLIST, …") == "STRING, PICKLIST, …"
