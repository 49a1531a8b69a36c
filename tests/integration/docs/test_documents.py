"""The documents are true: examples run, commands and settings exist, lists are complete."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.docs import site
from pipelines.docs.files import PAGES, outdated
from pipelines.publish.findings import finding
from pipelines.settings import Settings
from sources.gong.api.operations import reads
from sources.gong.schema.tables.relations import RELATIONS, Relation
from tests.conftest import ROOT, Emulator, Gong, gong_for
from tests.integration.conftest import NOW, Company
from warehouse.contracts import contracts
from warehouse.publication.reading import published

README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = README + "".join(path.read_text(encoding="utf-8") for path in sorted(PAGES.glob("*.md")))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def synced(company: Company) -> tuple[Gong, Emulator]:
    return company.gong, company.emulator


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


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if " api" in line]
)
def test_a_call_of_one_operation_of_the_readme_works(
    synced: tuple[Gong, Emulator], line: str
) -> None:
    gong, _ = synced
    program, *words = shlex.split(line, comments=True)
    assert program == "gong-elt"
    done = gong(*words)

    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize(
    "line", [line for block in blocks("sh") for line in block.splitlines() if "elt push" in line]
)
def test_a_push_of_the_readme_would_go(synced: tuple[Gong, Emulator], line: str) -> None:
    gong, _ = synced
    file = gong.home.parent / "calls.csv"
    parties = '"[{""userId"": ""1""}]"'
    file.write_text(
        "clientUniqueId,actualStart,direction,primaryUser,parties\n"
        f"dialer-1,2026-11-19T10:00:00Z,Inbound,1,{parties}\n"
    )
    words = shlex.split(line, comments=True)[1:]
    done = gong(*dict.fromkeys([*words, "--dry-run"]))

    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_table_that_the_documents_name_can_be_queried_after_the_first_sync(
    synced: tuple[Gong, Emulator],
) -> None:
    gong, _ = synced
    pages = [
        ROOT / "README.md", *PAGES.glob("*.md"), ROOT / "orchestration" / "runbook.md",
        ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "transforms").glob("*.md"),
    ]  # fmt: skip
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    # a table of `gong`, or of `gong_ops`; not a file such as gong.duckdb
    names = set(re.findall(r"\bgong(?:_ops)?\.(?!duckdb\b|toml\b|io\b)[a-z][a-z_]+\b", text))
    names |= set(re.findall(r"`((?:fct|dim|agg|bridge)_[a-z_]+)`", text))
    reader = published(gong.home)

    assert len(names) > 40
    for name in sorted(names):
        frame = reader.df(f"select * from {name} limit 1")
        assert reader.df(f"describe {name}")["comment"].notna().all(), name
        assert len(frame.columns), name
    listed = reader.df("show tables")
    assert set(listed["schema"]) == {"gong", "gong_ops"}
    assert listed["comment"].notna().all()


def test_each_warning_of_a_build_shows_its_rows_and_says_what_to_do(
    synced: tuple[Gong, Emulator],
) -> None:
    gong, _ = synced
    nodes = json.loads((gong.home / "dbt" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    reader = published(gong.home)
    for node in nodes.values():
        if node["resource_type"] == "test" and node["config"]["severity"].lower() == "warn":
            warning = finding(node, 1, nodes)
            assert warning.what_to_do
            reader.df(warning.rows_query)

    done = gong("status", "--warnings")
    warnings = reader.df("select * from gong_ops.warnings").to_dict("records")
    assert warnings
    for warning in warnings:
        assert f"{warning['test_name']}: {warning['rows_found']:,} row" in done.stdout
        rows = reader.df(warning["rows_query"])
        found = rows["rows_count"].sum() if "rows_count" in rows else len(rows)
        assert found == warning["rows_found"]
    assert done.stdout.count("what to do: ") == len(warnings)


def test_the_metrics_send_readers_to_no_table_that_queries_cannot_see() -> None:
    text = (ROOT / "transforms" / "METRICS.md").read_text(encoding="utf-8")
    assert re.findall(r"\b(?:stg|int)_\w+", text) == []


def test_generated_pages_match_the_tables() -> None:
    assert outdated() == [], "run `make docs`"


def test_the_page_of_operations_lists_every_read_of_the_catalogue() -> None:
    page = (PAGES / "operations.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(?:GET|POST) [^`]+`<br>([a-z0-9-]+) \|", page, re.MULTILINE)

    assert listed == [row.kebab for row in reads()]
    assert sum(row.is_in_catalogue for row in reads()) == 38


def test_the_readme_leads_with_the_published_tables() -> None:
    assert README.index("gong.fct_calls") < README.index("make demo") < README.index("docs/tables")


def test_the_landed_schema_is_that_of_the_contracts(synced: tuple[Gong, Emulator]) -> None:
    types = {
        "VARCHAR": "text",
        "BIGINT": "integer",
        "DOUBLE": "number",
        "BOOLEAN": "boolean",
        "TIMESTAMP WITH TIME ZONE": "instant",
        "DATE": "date",
        "JSON": "json",
    }
    with duckdb.connect(str(synced[0].warehouse), read_only=True) as db:
        rows = db.execute(
            "select table_name, column_name, data_type, is_nullable from duckdb_columns() "
            "where schema_name = 'gong_raw' and not starts_with(table_name, '_')"
        ).fetchall()
    landed = {(table, column): (types[type_], null) for table, column, type_, null in rows}
    promised = {
        (table, column.name): (column.type, column.nullable)
        for table, contract in contracts().items()
        for column in contract.columns
    }

    assert landed == promised


def test_every_raw_table_and_column_is_described_in_the_database(
    synced: tuple[Gong, Emulator],
) -> None:
    documented = contracts()
    with duckdb.connect(str(synced[0].warehouse), read_only=True) as db:
        tables = db.execute(
            "select table_name, comment from duckdb_tables() "
            "where schema_name = 'gong_raw' and not starts_with(table_name, '_')"
        ).fetchall()
        columns = db.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where schema_name = 'gong_raw' and not starts_with(table_name, '_')"
        ).fetchall()

    assert dict(tables) == {name: contract.comment for name, contract in documented.items()}
    assert {(table, column): comment for table, column, comment in columns} == {
        (name, column.name): column.comment
        for name, contract in documented.items()
        for column in contract.columns
    }
    assert all(comment for _, _, comment in columns)


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda r: f"{r.table}-{'-'.join(r.columns)}")
def test_a_join_of_the_schema_finds_rows(synced: tuple[Gong, Emulator], relation: Relation) -> None:
    with duckdb.connect(str(synced[0].warehouse), read_only=True) as db:
        db.execute("use gong_raw")
        condition = " and ".join(
            f"{relation.table}.{column} is not null" for column in relation.columns
        )
        [(rows,)] = db.execute(
            f"select count(*) from {relation.table} where {condition}"
        ).fetchall()
        mine, theirs = ", ".join(relation.columns), ", ".join(relation.to_columns)
        [(matches,)] = db.execute(
            f"select count(*) from {relation.table} where ({mine}) in "
            f"(select ({theirs}) from {relation.to})"
            if len(relation.columns) > 1
            else f"select count(*) from {relation.table} where {mine} in "
            f"(select {theirs} from {relation.to})"
        ).fetchall()

    if not rows:
        pytest.skip(f"no {relation.table} of this company names one")
    assert matches > 0


def test_the_site_needs_no_internet_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    index = site.build_site(tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))

    assert len(pages) > 55
    assert "schema.html" in index.read_text(encoding="utf-8")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"|url\(|@import|<script', text)
        for link in re.findall(r'href="([^"]+)"', text):
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            assert target.exists(), f"{page.name}: {link}"
            if anchor and target.suffix == ".html":
                assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), link


def test_every_command_and_option_of_the_readme_exists(home: Path) -> None:
    gong = gong_for(home, None)
    commands = set(re.findall(r"gong-elt ([a-z]+)", TEXT))
    # the section on what is missing names commands without the program
    assert commands >= {"sync", "backfill", "transform", "publish", "status", "query", "demo"}
    helps = {name: gong(name, "--help") for name in commands}
    for name, done in helps.items():
        assert done.returncode == 0, f"gong-elt {name}: {done.stderr}"
    options = set(re.findall(r"(--[a-z]+(?:-[a-z]+)*)", TEXT))
    known = "".join(done.stdout for done in helps.values()) + gong("--help").stdout
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
    renamed = {"keep_private": "PRIVATE_CALLS", "is_base_url_set": "BASE_URL"}
    standard = {"xdg_state_home"}  # of the desktop's standard, not ours
    for name in Settings.__dataclass_fields__.keys() - standard:
        is_ours = name in (
            "warehouse", "home", "now", "purge_deleted_after_days", "erasure_key",
            "dbt_memory", "dbt_threads",
        )  # fmt: skip
        prefix = "GONG_ELT_" if is_ours else "SOURCES__GONG__"
        assert f"`{prefix}{renamed.get(name, name.upper())}`" in TEXT, name


def test_files_that_the_documents_name_exist() -> None:
    documents = ("README.md", "CONTRIBUTING.md", "transforms/README.md", "docs/**/*.md")
    for path in sorted(path for pattern in documents for path in ROOT.glob(pattern)):
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path}: {link}"


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
    gong, _ = synced
    target = tmp_path / "for-the-board.duckdb"
    done = gong("publish", "--single-file", str(target))
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(target), read_only=True) as db:
        [(copied,)] = db.execute("select count(*) from gong.fct_calls").fetchall()
    there = gong("query", "select count(*) from gong.fct_calls", "--format", "csv")

    assert there.stdout.split() == ["count_star()", str(copied)]
