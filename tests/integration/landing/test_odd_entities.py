"""One entity in a hundred is odd, of each stream and kind: all others land and are published.

One home over two nights: entities are odd, and Gong has mended them. Each time the raw tables are
compared with the truth row by row, and the marts with the raw tables.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sources.gong.schema.tables import STATS_TABLES, STREAMS
from tests.conftest import Emulator, Gong, gong_for
from tests.harness.landed import all_rows, connect
from tests.harness.loops import for_each
from tests.harness.truth import EXPECTED, Row, World, read_world
from tests.integration.landing.odd_company import (
    ODD,
    WORD,
    counted,
    expected_rows,
    odd_ids,
    odd_stats_periods,
    requested_rows,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

START = datetime(2026, 10, 1, 4, tzinfo=UTC)
NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
MENDED = NOW + timedelta(days=1)

MARTS: dict[str, tuple[str, str, str]] = {
    "fct_calls": ("calls", "call_id", ""),
    "fct_call_participants": ("call_parties", "call_id, party_index", ""),
    "fct_transcript_sentences": (
        "transcript_sentences", "call_id, monologue_index, sentence_index, text", ""
    ),
    "fct_tracker_mentions": (
        "call_tracker_occurrences", "call_id, tracker_id, occurrence_index", ""
    ),
    "fct_scorecard_answers": ("scorecard_answers", "answered_scorecard_id, question_id", ""),
    "fct_log_events": ("logs", "log_id, log_type", ""),
    "fct_call_access": ("call_user_access", "call_id, user_id", ""),
    "dim_users": ("users", "user_id, email_address", ""),
    "fct_tasks": ("tasks", "task_id", ""),
    "fct_flow_prospects": ("flow_prospects", "flow_instance_id, flow_id", ""),
    "dim_flows": ("flows", "flow_id", ""),
    "dim_flow_steps": ("flow_steps", "flow_id, step_index", ""),
    "dim_flow_folders": ("flow_folders", "user_id, folder_id", ""),
    "bridge_flows_users": ("flow_visibility", "flow_id, user_id", ""),
    "dim_crm_objects": ("crm_objects", "integration_id, object_type, crm_id", ""),
    "dim_crm_fields": (
        "crm_schema_fields", "integration_id, object_type, field_name",
        "integration_id, object_type, unique_name",
    ),
    "dim_crm_integrations": ("crm_integrations", "integration_id", ""),
    "dim_meeting_integrations": ("meeting_integrations", "email_address", "email"),
    "dim_permission_profiles": ("permission_profiles", "profile_id", ""),
    "bridge_permission_profiles_users": ("permission_profile_users", "profile_id, user_id", ""),
    "dim_library_folders": ("library_folders", "folder_id", ""),
    "bridge_library_folders_calls": (
        "library_folder_calls", "folder_id, call_id, piece_index", ""
    ),
    "dim_briefs": ("briefs", "brief_id", ""),
    "fct_coaching": (
        "coaching_metrics", "workspace_id, manager_user_id, report_user_id, metric, call_id",
        "workspace_id, manager_id, report_id, metric, call_id",
    ),
    "fct_manual_crm_associations": (
        "crm_call_associations", "call_id, epoch_ms(linked_at), association_index",
        "call_id, epoch_ms(created_at), association_index",
    ),
}  # fmt: skip
"""Mart → raw table with as many rows, and the columns to compare, in the mart and there."""

NAMELESS = {
    "calls", "user_settings_history", "logs", "permission_profile_users", "call_user_access",
    "crm_call_associations",
}  # fmt: skip
"""Streams of which an odd entity has no key, or another than in the truth."""


@dataclass(frozen=True)
class Night:
    """What was there after a sync, and the truth of that time."""

    done: Any
    world: World
    rows: dict[str, list[Row]]
    quarantine: list[Row]
    status: str
    marts: dict[str, tuple[str, str]]
    raw: dict[str, tuple[str, str]]
    facts: Row


def fingerprints(of: str) -> str:
    """Returns SQL for the count and content of each of `MARTS`, of the marts or raw tables."""

    def one(mart: str, raw: str, columns: str, there: str) -> str:
        source = f"gong.{mart}" if of == "marts" else f"gong_raw.{raw}"
        names = columns if of == "marts" else there or columns
        texts = ", ".join(f"cast({name} as varchar)" for name in names.split(", "))
        return (
            f"select '{mart}' as mart, cast(count(*) as varchar) as rows_count, "
            f"cast(sum(hash(concat_ws('|', {texts}))) as varchar) as content from {source}"
        )

    return " union all ".join(one(mart, *rest) for mart, rest in MARTS.items())


def queried(gong: Gong, sql: str) -> list[Row]:
    done = gong("query", sql, "--format", "json", "--max-rows", "0")
    assert done.returncode == 0, done.stderr
    rows: list[Row] = json.loads(done.stdout)
    return rows


FACTS = """
select
    (select sum(calls_count) from gong.agg_team_weekly) as calls_of_weeks,
    (select count(*) from gong.fct_calls) as calls,
    (select sum(parties_count) from gong.fct_calls) as parties_of_calls,
    (select count(*) from gong.fct_call_participants) as parties,
    (select sum(sentences_count) from gong.fct_calls) as sentences_of_calls,
    (select count(*) from gong.fct_transcript_sentences) as sentences,
    (select count(*) from gong.fct_calls where has_transcript) as transcripts,
    (select count(*) from gong.fct_user_activity_daily) as user_days,
    (select count(*) from gong.fct_user_settings_changes as c
        where c.user_id not in (select user_id from gong.dim_users)) as changes_of_nobody
"""


def night(gong: Gong, now: datetime, world: World) -> Night:
    done = gong("sync", env={"GONG_ELT_NOW": now.isoformat()}, timeout=900)
    with connect(gong.warehouse) as db:
        raw = {mart: (n, hash_) for mart, n, hash_ in db.execute(fingerprints("raw")).fetchall()}
    marts = {
        row["mart"]: (row["rows_count"], row["content"])
        for row in queried(gong, fingerprints("marts"))
    }
    return Night(
        done, world, all_rows(gong.warehouse, EXPECTED),
        queried(gong, "select * from gong_ops.quarantine"), gong("status").stdout, marts, raw,
        queried(gong, FACTS)[0],
    )  # fmt: skip


@dataclass(frozen=True)
class Story:
    """The two nights."""

    odd: Night
    mended: Night


@pytest.fixture(scope="module")
def story(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Story:
    emulator = emulators(
        "--seed", "7", "--users", "40", "--calls", "600", "--days", "40", "--workspaces", "2",
        "--now", NOW.isoformat(), "--no-limit", "--future-days", "0",
    )  # fmt: skip
    gong = gong_for(
        tmp_path_factory.mktemp("odd-entities") / "home",
        emulator,
        SOURCES__GONG__START_DATE=START.isoformat(),
        SOURCES__GONG__COMPANY_TIME_ZONE=emulator.time_zone,
    )
    world = read_world(emulator, START, NOW)
    for odd in ODD:
        for rule in odd.rules():
            emulator.fault("odd_values", **rule)
    first = night(gong, NOW, world)
    idle = {rule["operation"] for rule in emulator.faults() if not rule["fired"]}
    assert idle <= {"POST /v2/users/extensive"}, "no users are requested by id yet"
    emulator.clear_faults()
    emulator.set_clock(MENDED)
    second = night(gong, MENDED, read_world(emulator, START, MENDED))
    return Story(first, second)


def differences(found: Night, name: str, expected: list[Row]) -> dict[str, int]:
    """Returns the rows that are too many (positive) or lacking (negative), as texts."""
    audit_ids = {entry["logRecord"].get("auditId") for entry in found.world["logs"]}
    have = Counter(counted(name, found.rows[name], audit_ids))
    have.subtract(counted(name, expected, audit_ids))
    return {text: count for text, count in have.items() if count}


def test_every_stream_has_odd_entities() -> None:
    assert {odd.stream for odd in ODD} == set(STREAMS)


def test_both_nights_end_well_and_publish_every_mart(story: Story) -> None:
    for found in (story.odd, story.mended):
        assert found.done.returncode == 0, found.done.stderr[-3000:]
        assert "is not published" not in found.done.stderr
        assert WORD not in found.done.stderr + found.status


@for_each("table", EXPECTED)
def test_the_truth_without_its_odd_entities_lands(story: Story, table: str) -> None:
    expected = expected_rows(story.odd.world, table)
    if table == "flow_visibility":  # who else sees an odd flow may be known
        odd = keys("flows", list(EXPECTED["flows"].rows(story.odd.world)))
        odd -= keys("flows", story.odd.rows["flows"])
        rows = [row for row in story.odd.rows[table] if row["flow_id"] not in odd]
        assert Counter(map(key_of(table), rows)) == Counter(map(key_of(table), expected))
        return
    assert list(differences(story.odd, table, expected).items())[:3] == []
    assert len(expected) < len(list(EXPECTED[table].rows(story.odd.world)))


@for_each("table", EXPECTED)
def test_nothing_counts_as_deleted_because_it_is_odd(story: Story, table: str) -> None:
    for found in (story.odd, story.mended):
        assert [row for row in found.rows[table] if row.get("_deleted_at")] == []


@for_each("table", EXPECTED)
def test_what_gong_mends_lands_on_the_next_night(story: Story, table: str) -> None:
    expected = list(EXPECTED[table].rows(story.mended.world))
    lacking = differences(story.mended, table, expected)
    if table == "logs":  # Gong forgets entries that have landed
        lacking = {text: count for text, count in lacking.items() if count < 0}
    assert list(lacking.items())[:3] == []


@for_each("mart", MARTS)
def test_a_mart_has_the_rows_of_its_raw_table(story: Story, mart: str) -> None:
    for found in (story.odd, story.mended):
        assert found.marts[mart] == found.raw[mart]
        assert int(found.marts[mart][0]) == len(found.rows[MARTS[mart][0]])


def test_marts_agree_with_each_other(story: Story) -> None:
    for found in (story.odd, story.mended):
        facts = found.facts
        assert facts["calls_of_weeks"] == facts["calls"] == len(found.rows["calls"])
        assert facts["parties_of_calls"] == facts["parties"] == len(found.rows["call_parties"])
        assert facts["sentences_of_calls"] == facts["sentences"]
        assert facts["transcripts"] == len(found.rows["transcripts"])
        days = [row for row in found.rows["activity_by_period"] if row["period"] == "DAY"]
        assert facts["user_days"] == len(days)
        assert facts["changes_of_nobody"] == 0


def key_of(name: str) -> Callable[[Row], str]:
    def text(value: Any) -> str:
        return (
            value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if isinstance(value, datetime) else str(value)
        )

    return lambda row: "|".join(text(row[part]) for part in EXPECTED[name].key)


def keys(name: str, rows: list[Row]) -> set[str]:
    return set(map(key_of(name), rows))


@for_each("stream", STREAMS)
def test_the_quarantine_has_the_odd_entities_of_a_stream_and_no_others(
    story: Story, stream: str
) -> None:
    rows = [row for row in story.odd.quarantine if row["stream"] == stream]
    assert rows
    for row in rows:
        assert row["reason"].endswith("is expected")
        assert row["field"]
        assert row["table_name"]
        assert row["landed_at"] is None
        assert row["deleted_at"] is None
    named = {row["entity_id"] for row in rows if row["entity_id"]}
    if stream in STATS_TABLES:
        odd = {id_ for id_ in odd_stats_periods(story.odd.world) if id_.startswith(f"{stream}/")}
        assert named == odd
        return
    world = story.odd.world
    withheld = keys(stream, requested_rows(world, stream)) - keys(
        stream, expected_rows(world, stream)
    )
    nameless = [row for row in rows if not row["entity_id"]]
    if stream == "meeting_integrations":  # the key is an address
        assert len(nameless) == len(rows) == len(withheld)
    elif stream == "logs":  # without a time an entry has another id
        odd = [path for path in odd_ids(world, stream).values() if path]
        assert len(named) == len(odd)
        assert nameless
    elif stream in NAMELESS:
        assert named <= withheld
        assert withheld - named
        assert nameless
    else:
        assert named == withheld
        assert not nameless


def test_status_counts_what_is_in_quarantine(story: Story) -> None:
    assert f"in quarantine: {len(story.odd.quarantine)}" in story.odd.status
    assert "in quarantine" not in story.mended.status


def test_nothing_is_left_in_quarantine_once_gong_has_mended_all(story: Story) -> None:
    rows = story.mended.quarantine
    assert len(rows) >= len(story.odd.quarantine)
    assert [row for row in rows if not (row["landed_at"] or row["deleted_at"])] == []
    gone = Counter(row["stream"] for row in rows if not row["landed_at"])
    assert gone.keys() <= NAMELESS
