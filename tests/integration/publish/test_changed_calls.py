"""Tables of which changed calls are built again hold what building all of them would give."""

from __future__ import annotations

import random
import re
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.lock import hold
from tests.conftest import ROOT, Gong
from tests.integration.conftest import NOW, Company
from warehouse.builds.changes import BY_CALL

MODELS = ROOT / "transforms" / "models"
Row = tuple[object, ...]

CHILDREN = (
    "call_parties", "call_speakers", "call_trackers", "call_tracker_phrases", "call_comments",
    "call_tracker_occurrences", "call_crm_objects", "call_crm_fields", "call_interaction_stats",
)  # fmt: skip
PICKED = "call_id in (select call_id from picked)"
EDITS = {
    "title": f"update gong_raw.calls set title = title || '!', _dlt_load_id = $load where {PICKED}",
    "another day": "update gong_raw.calls set started_at = started_at - interval '40 days', "
    f"_dlt_load_id = $load where {PICKED}",
    "without a start": "update gong_raw.calls set started_at = null, _dlt_load_id = $load "
    f"where {PICKED}",
    "another host": "update gong_raw.calls set primary_user_id = (select user_id from "
    f"gong_raw.users order by hash(user_id || $load) limit 1), _dlt_load_id = $load where {PICKED}",
    "deleted": "update gong_raw.calls set _deleted_at = now(), _loaded_at = now(), "
    f"_dlt_load_id = $load where {PICKED}",
    "back again": "; ".join(
        [
            f"update gong_raw.{table} set _loaded_at = now(), _dlt_load_id = $load where call_id "
            "in (select call_id from gong_raw.calls where _deleted_at is not null)"
            for table in CHILDREN
        ]
        + [
            "update gong_raw.calls set _deleted_at = null, _loaded_at = now(), "
            "_dlt_load_id = $load where _deleted_at is not null"
        ]
    ),
    "fewer child rows": "; ".join(
        [
            f"delete from gong_raw.{table} where {PICKED} and hash(rowid) % 2 = 0"
            for table in CHILDREN
        ]
        + [f"update gong_raw.calls set _dlt_load_id = $load where {PICKED}"]
    ),
    "new calls": "; ".join(
        f"insert into gong_raw.{table} select * replace (call_id || '-' || $load as call_id, "
        f"$load as _dlt_load_id, now() as _loaded_at) from gong_raw.{table} where {PICKED}"
        for table in (
            *(table for table in CHILDREN if table != "call_comments"),
            "calls",
            "transcripts",
            "transcript_sentences",
        )
    ),
    "another transcript": "update gong_raw.transcript_sentences set text = text || ' edited', "
    f"_dlt_load_id = $load where {PICKED}; "
    f"update gong_raw.transcripts set _dlt_load_id = $load where {PICKED}",
    "a transcript before its call": "insert into gong_raw.transcripts select * replace ('early-' "
    "|| $load as call_id, $load as _dlt_load_id) from gong_raw.transcripts "
    f"where {PICKED} limit 1; "
    "insert into gong_raw.transcript_sentences select * replace ('early-' || $load as call_id, "
    "$load as _dlt_load_id) from gong_raw.transcript_sentences where call_id = (select "
    f"min(call_id) from gong_raw.transcripts where {PICKED})",
    "purged": f"delete from gong_raw.calls where {PICKED}; "
    + "; ".join(
        f"delete from gong_raw.{table} where {PICKED}"
        for table in (*CHILDREN, "transcripts", "transcript_sentences")
    ),
    "a user's name": "update gong_raw.users set last_name = 'Renamed ' || $load, _dlt_load_id = "
    "$load where user_id = (select user_id from gong_raw.users order by hash(user_id || $load) "
    "limit 1)",
    "another manager": "update gong_raw.users set manager_id = (select user_id from gong_raw.users "
    "order by hash($load || user_id) limit 1), _dlt_load_id = $load where user_id = (select "
    "user_id from gong_raw.users order by hash(user_id || $load) desc limit 1); "
    "update gong_raw.user_history set manager_id = (select user_id from gong_raw.users order by "
    "hash($load || user_id) limit 1), _dlt_load_id = $load where user_id = (select user_id from "
    "gong_raw.users order by hash(user_id || $load) desc limit 1)",
    "a workspace's name": "update gong_raw.workspaces set name = 'Renamed ' || $load, "
    "_dlt_load_id = $load where workspace_id = (select max(workspace_id) from gong_raw.workspaces)",
    "nothing": "select 1",
}
"""What a night may bring, as it would land."""


def land(gong: Gong, edit: str, load: str, dice: random.Random) -> None:
    """Makes an edit as a run does: holding the warehouse, in a package that is closed."""
    with (
        hold(gong.warehouse, "sync", wait=True, on_wait=print),
        duckdb.connect(str(gong.warehouse)) as db,
    ):
        db.execute(
            "create temp table picked as select call_id from gong_raw.calls "
            f"order by hash(call_id || '{dice.random()}') limit {dice.randint(1, 6)}"
        )
        # at one instant, as the rows of a package
        db.begin()
        for statement in EDITS[edit].split("; "):
            db.execute(statement.replace("$load", f"'{load}'"))
        db.execute(
            "insert into gong_raw._dlt_loads select * replace (? as load_id) "
            "from gong_raw._dlt_loads limit 1",
            [load],
        )
        db.commit()


def built(gong: Gong) -> dict[str, list[Row]]:
    with duckdb.connect(str(gong.warehouse), read_only=True) as db:
        return {
            table: db.execute(f"from gong_build.{table} order by all").fetchall()
            for table in BY_CALL
        }


def published(gong: Gong) -> dict[str, str]:
    sums = " union all ".join(
        f"select '{table}' as name, count(*) || '/' || coalesce(sum(hash(t)::hugeint), 0) as sums "
        f"from gong.{table} as t"
        for table in BY_CALL
    )
    done = gong("query", sums, "--format", "csv")
    assert done.returncode == 0, done.stderr
    return dict(line.split(",") for line in done.stdout.splitlines()[1:])  # type: ignore[misc]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", [1, 2])
def test_nights_of_changed_calls_leave_what_building_all_of_them_gives(
    company: Company, home: Path, seed: int
) -> None:
    dice = random.Random(seed)
    gong = company.copy(home)
    assert gong("transform").returncode == 0
    edits = list(EDITS)
    dice.shuffle(edits)
    for night in range(5):
        now = datetime.fromisoformat(NOW) + timedelta(days=night + 1)
        gong.env["GONG_ELT_NOW"] = now.isoformat()
        for edit in edits[night::5]:
            land(gong, edit, f"18{seed}{night}.{edits.index(edit)}", dice)
        done = gong("transform")
        assert done.returncode == 0, (seed, night, edits, done.stderr)
        assert "calls have changed, and" in done.stderr, (seed, night, done.stderr)
    rows, shown = built(gong), published(gong)
    done = gong("transform", "--full")
    assert done.returncode == 0, done.stderr

    assert built(gong) == rows, (seed, edits)
    assert published(gong) == shown, (seed, edits)


def test_models_that_depend_on_the_present_are_built_by_every_night() -> None:
    # two views say it of calls, which `warehouse.builds.changes` looks for
    known = {"int_calls__current", "int_calls__transcripts"}
    texts = {path.stem: path.read_text(encoding="utf-8") for path in MODELS.rglob("*.sql")}
    of_present = {
        name for name, text in texts.items() if re.search(r"run_instant\(|calendar_\w+_day\(", text)
    }
    tagged = set()
    for path in MODELS.rglob("*.yml"):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
            if "present" in model.get("config", {}).get("tags", ()):
                tagged.add(model["name"])

    assert of_present - known == tagged


def test_the_tables_by_call_are_those_that_are_built_so() -> None:
    incremental = {
        path.stem
        for path in MODELS.rglob("*.sql")
        if "materialized='incremental'" in path.read_text(encoding="utf-8")
    }
    assert incremental == set(BY_CALL)


def test_the_views_of_the_tables_by_call_are_read_by_no_other_table() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in MODELS.rglob("*.sql")}
    of_changed_calls = {name for name, text in texts.items() if "_to_build(" in text}
    views = of_changed_calls - set(BY_CALL)
    readers = {
        name for name, text in texts.items() if any(f"ref('{view}')" in text for view in views)
    }

    assert {name for name in readers if not name.startswith("int_")} <= set(BY_CALL)
