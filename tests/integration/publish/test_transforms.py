"""The models build, test and publish; a table that fails keeps its last good rows, alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.conftest import ROOT, Gong
from tests.integration.conftest import NOW, Company
from warehouse.contracts import contracts

MODELS = ROOT / "transforms" / "models"
MARTS = sorted(path.stem for path in (MODELS / "marts").glob("*.sql"))


@pytest.fixture(scope="module")
def gong(company: Company) -> Gong:
    return company.gong


def rows(gong: Gong, sql: str) -> list[str]:
    done = gong("query", sql, "--format", "csv")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[1:]


def described(path: Path) -> dict[str, object]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    [model] = content["models"]
    description: dict[str, object] = model
    return description


def test_the_marts_are_there() -> None:
    assert MARTS == [
        "agg_team_weekly",
        "bridge_flows_users",
        "bridge_library_folders_calls",
        "bridge_permission_profiles_users",
        "dim_briefs",
        "dim_crm_fields",
        "dim_crm_integrations",
        "dim_crm_object_fields",
        "dim_crm_objects",
        "dim_dates",
        "dim_flow_folders",
        "dim_flow_steps",
        "dim_flows",
        "dim_library_folders",
        "dim_meeting_integrations",
        "dim_permission_profiles",
        "dim_users",
        "dim_users_history",
        "fct_call_access",
        "fct_call_participants",
        "fct_calls",
        "fct_coaching",
        "fct_flow_prospects",
        "fct_log_events",
        "fct_manual_crm_associations",
        "fct_scorecard_answers",
        "fct_tasks",
        "fct_tracker_mentions",
        "fct_transcript_sentences",
        "fct_user_activity_daily",
        "fct_user_settings_changes",
    ]


def test_every_raw_table_has_a_staging_view_that_keeps_its_columns() -> None:
    kept = {"extra", "_content_hash", "_deleted_at", "_tombstone", "_dlt_load_id"}
    for name, contract in contracts().items():
        path = MODELS / "staging" / f"stg_gong__{name}.sql"
        text = path.read_text(encoding="utf-8")
        selected = set(re.findall(r"^    (\w+)(?: as \w+)?,?$", text, re.MULTILINE))
        assert {column.name for column in contract.columns} - kept <= selected, name
        columns = described(path.with_suffix(".yml"))["columns"]
        assert isinstance(columns, list)
        assert len(columns) == len(re.findall(r"^    \w+", text, re.MULTILINE)), name


def test_every_mart_is_in_the_list_of_tables() -> None:
    text = (ROOT / "transforms" / "README.md").read_text(encoding="utf-8")
    for mart in MARTS:
        assert f"`{mart}`" in text, mart


@pytest.mark.parametrize("path", sorted(MODELS.rglob("*.sql")), ids=lambda path: path.stem)
def test_every_model_has_a_description_beside_it(path: Path) -> None:
    model = described(path.with_suffix(".yml"))

    assert model["name"] == path.stem
    assert str(model["description"]).strip()


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_states_its_grain_and_tests_grain_and_count(mart: str) -> None:
    path = MODELS / "marts" / f"{mart}.yml"
    text = path.read_text(encoding="utf-8")
    singular = (ROOT / "transforms" / "tests" / f"reconciles_{mart}.sql").exists()

    assert str(described(path)["description"]).startswith("One row per ")
    assert "grain:" in text
    assert "reconciles:" in text or singular


def test_the_unit_tests_of_the_models_pass(gong: Gong, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "test",
            "--select", "test_type:unit", "--project-dir", str(ROOT / "transforms"),
            "--profiles-dir", str(ROOT / "transforms"), "--target-path", str(tmp_path),
            "--log-path", str(tmp_path),
        ],
        env={**gong.env, "GONG_ELT_DUCKDB_PATH": str(gong.warehouse), "GONG_ELT_NOW": NOW},
        capture_output=True,
        text=True,
        timeout=200,
    )  # fmt: skip
    results = [
        result
        for result in json.loads((tmp_path / "run_results.json").read_text())["results"]
        if not result["unique_id"].startswith("operation.")  # it sets DuckDB's limits
    ]

    assert done.returncode == 0, done.stdout
    assert len(results) >= 14
    assert {result["status"] for result in results} == {"pass"}


@pytest.mark.slow
def test_log_events_tell_from_which_address_each_was_done(company: Company) -> None:
    places = {
        "AccessLog": lambda record: record["ip"],
        "UserActivityLog": lambda record: record["httpRequest"]["clientIp"],
        "ExternallySharedCallAccess": lambda record: record["page_viewer_ip"],
    }
    truth = company.emulator.truth("logs")
    sent = {
        name: {place(entry["logRecord"]) for entry in truth if entry["logType"] == name}
        for name, place in places.items()
    }
    for name, addresses in sent.items():
        told = rows(
            company.gong,
            f"select distinct client_ip from gong.fct_log_events where log_type = '{name}'",
        )
        assert told, name
        assert set(told) <= addresses, name


def test_building_again_writes_no_part_of_a_mart(company: Company, home: Path) -> None:
    gong = company.copy(home)
    parts = gong.home / "published" / "parts"
    before = {path: path.stat().st_mtime_ns for path in parts.glob("gong.*/*.parquet")}
    assert before
    done = gong("transform")
    assert done.returncode == 0, done.stderr
    after = {path: path.stat().st_mtime_ns for path in parts.glob("gong.*/*.parquet")}

    assert after == before


def test_a_table_whose_test_fails_keeps_its_rows_and_the_others_go_on(
    company: Company, home: Path
) -> None:
    gong = company.copy(home)
    parties = rows(gong, "select count(*) from gong.fct_call_participants")
    with duckdb.connect(str(gong.warehouse)) as db:
        db.execute(
            "insert into gong_raw.call_parties select * from gong_raw.call_parties "
            "where party_index = 0 limit 3"
        )
        db.execute("update gong_raw.calls set title = 'changed by the test'")
    done = gong("transform")

    assert done.returncode == 1
    assert "fct_call_participants is not published" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(gong, "select count(*) from gong.fct_call_participants") == parties
    assert rows(gong, "select distinct title from gong.fct_calls") == ["changed by the test"]
    with duckdb.connect(str(gong.warehouse)) as db:
        db.execute(
            "delete from gong_raw.call_parties where rowid in (select max(rowid) from "
            "gong_raw.call_parties group by call_id, party_index having count(*) > 1)"
        )

    assert gong("transform").returncode == 0


def test_a_call_in_a_year_that_no_calendar_has_is_published_and_warned_of(
    company: Company, home: Path
) -> None:
    gong = company.copy(home)
    far = ("0001-01-01 00:00:00+00", "1969-12-31 00:00:00+00", "9999-12-31 23:59:59+00")
    with duckdb.connect(str(gong.warehouse)) as db:
        ids = [
            id_ for (id_,) in db.execute("select call_id from gong_raw.calls limit 3").fetchall()
        ]
        for call_id, instant in zip(ids, far, strict=True):
            db.execute(
                "update gong_raw.calls set started_at = ? where call_id = ?", [instant, call_id]
            )
        db.execute(
            "update gong_raw.answered_scorecards set reviewed_at = '9999-12-31 00:00:00+00' where "
            "rowid = (select min(rowid) from gong_raw.answered_scorecards)"
        )
        raw = db.execute("select count(*) from gong_raw.calls where _deleted_at is null").fetchone()
    done = gong("transform")

    assert done.returncode == 0, done.stderr
    assert "is not published" not in done.stderr
    assert raw is not None
    assert rows(gong, "select count(*) from gong.fct_calls") == [str(raw[0])]
    known = ", ".join(f"'{call_id}'" for call_id in ids)
    years = f"select year(started_on) from gong.fct_calls where call_id in ({known}) order by 1"
    assert [int(float(year)) for year in rows(gong, years)][1:] == [1969, 9999]
    assert rows(gong, "select min(year), max(year) from gong.dim_dates") == ["2026,2026"]
    warned = rows(gong, "select test_name, rows_found, what_to_do from gong_ops.warnings")
    (told,) = [line for line in warned if line.startswith("finds_fct_calls_started_on,3,")]
    assert "the date in Gong is a mistake" in told
    assert any(line.startswith("finds_fct_scorecard_answers_reviewed_on,") for line in warned)
    status = gong("status", "--warnings")
    assert status.returncode == 0
    assert "finds_fct_calls_started_on" in status.stdout
    assert gong("query", "select * from gong.fct_calls order by started_at").returncode == 0


DELETABLE = {
    "briefs": "dim_briefs",
    "call_user_access": "fct_call_access",
    "crm_integrations": "dim_crm_integrations",
    "crm_objects": "dim_crm_objects",
    "crm_schema_fields": "dim_crm_fields",
    "flow_folders": "dim_flow_folders",
    "flow_prospects": "fct_flow_prospects",
    "flow_steps": "dim_flow_steps",
    "flow_visibility": "bridge_flows_users",
    "flows": "dim_flows",
    "library_folder_calls": "bridge_library_folders_calls",
    "library_folders": "dim_library_folders",
    "meeting_integrations": "dim_meeting_integrations",
    "permission_profile_users": "bridge_permission_profiles_users",
    "permission_profiles": "dim_permission_profiles",
    "tasks": "fct_tasks",
}
"""Raw tables of which a row can vanish at Gong, and the mart that it then leaves."""


def test_deleted_rows_leave_the_marts_and_history_tells_the_manager(
    company: Company, home: Path
) -> None:
    gong = company.copy(home)
    counts = " union all ".join(f"select '{m}', count(*) from gong.{m}" for m in DELETABLE.values())
    before = dict(line.split(",") for line in rows(gong, counts))
    assert "observed" not in rows(gong, "select distinct manager_basis from gong.fct_calls")
    seen_on = "2026-11-10 12:00:00+00"
    with duckdb.connect(str(gong.warehouse)) as db:
        for table in DELETABLE:
            db.execute(
                f"update gong_raw.{table} set _deleted_at = now() "
                f"where rowid = (select max(rowid) from gong_raw.{table})"
            )
        db.execute(f"update gong_raw.user_history set valid_from_at = '{seen_on}'")
        db.execute(
            "update gong_raw.calls set _deleted_at = now() where call_id = (select max(call_id) "
            "from gong_raw.library_folder_calls where _deleted_at is null "
            "and call_id in (select call_id from gong_raw.calls))"
        )
    done = gong("transform")

    assert done.returncode == 0, done.stderr
    after = dict(line.split(",") for line in rows(gong, counts))
    for mart in DELETABLE.values():
        assert int(before[mart]) > 0, mart
        assert int(after[mart]) < int(before[mart]), mart
    assert set(
        rows(
            gong,
            f"select distinct manager_basis, started_at >= '{seen_on}' as is_after "
            "from gong.fct_calls where manager_basis <> 'unknown'",
        )
    ) == {"observed,True", "earliest_known,False"}


def test_a_model_that_cannot_be_compiled_leaves_everything_published_as_it_was(
    company: Company, home: Path, tmp_path: Path
) -> None:
    gong = company.copy(home)
    before = rows(gong, "select count(*) from gong.fct_calls")
    script = tmp_path / "broken.py"
    script.write_text(
        "import shutil, pipelines.publish.dbt as t\n"
        f"shutil.copytree(t.PROJECT, {str(tmp_path / 'models')!r})\n"
        f"t.PROJECT = type(t.PROJECT)({str(tmp_path / 'models')!r})\n"
        "(t.PROJECT / 'models/marts/fct_calls.sql').write_text('select {{ nonsense')\n"
        "import sys; sys.argv = ['gong-elt', 'transform']\n"
        "from pipelines.cli import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], env=gong.env, capture_output=True, text=True, timeout=200
    )

    assert done.returncode == 1
    assert "dbt could not build the models" in done.stderr
    assert "stay as they were" in done.stderr
    assert rows(gong, "select count(*) from gong.fct_calls") == before


def test_a_query_does_not_wait_for_libraries_that_it_has_no_use_for(company: Company) -> None:
    code = (
        "import sys, atexit\n"
        "heavy = ('dlt', 'dbt', 'pandas', 'pyarrow', 'httpx')\n"
        "atexit.register(lambda: print(*[n for n in heavy if n in sys.modules], file=sys.stdout))\n"
        "from pipelines.cli import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "query", "select count(*) from gong.fct_calls"],
        env=company.gong.env,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == ""
