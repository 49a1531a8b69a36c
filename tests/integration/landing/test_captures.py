"""A production capture is served and synced; no leaf of its JSON is lost or changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import SHARED, Emulator, Gong, gong_for, needs_shared

pytestmark = needs_shared

CAPTURES = SHARED / "captures"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields every scalar of a JSON value with its path, without list indexes."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


# Table and column of each leaf of a call, written from Gong's documentation.
CALL_LEAVES = {
    "metaData.id": ("calls", "call_id"),
    "metaData.url": ("calls", "url"),
    "metaData.title": ("calls", "title"),
    "metaData.scheduled": ("calls", "scheduled_at"),
    "metaData.started": ("calls", "started_at"),
    "metaData.duration": ("calls", "duration_seconds"),
    "metaData.primaryUserId": ("calls", "primary_user_id"),
    "metaData.direction": ("calls", "direction"),
    "metaData.system": ("calls", "system"),
    "metaData.scope": ("calls", "scope"),
    "metaData.media": ("calls", "media"),
    "metaData.language": ("calls", "language"),
    "metaData.workspaceId": ("calls", "workspace_id"),
    "metaData.sdrDisposition": ("calls", "sdr_disposition"),
    "metaData.clientUniqueId": ("calls", "client_unique_id"),
    "metaData.customData": ("calls", "custom_data"),
    "metaData.purpose": ("calls", "purpose"),
    "metaData.meetingUrl": ("calls", "meeting_url"),
    "metaData.isPrivate": ("calls", "is_private"),
    "metaData.calendarEventId": ("calls", "calendar_event_id"),
    "context[].objects[].objectType": ("call_crm_objects", "object_type"),
    "context[].objects[].objectId": ("call_crm_objects", "object_id"),
    "context[].objects[].timing": ("call_crm_objects", "timing"),
    "context[].objects[].fields[].name": ("call_crm_fields", "name"),
    "context[].objects[].fields[].value": ("call_crm_fields", "value"),
    "parties[].id": ("call_parties", "party_id"),
    "parties[].emailAddress": ("call_parties", "email_address"),
    "parties[].name": ("call_parties", "name"),
    "parties[].title": ("call_parties", "title"),
    "parties[].userId": ("call_parties", "user_id"),
    "parties[].speakerId": ("call_parties", "speaker_id"),
    "parties[].affiliation": ("call_parties", "affiliation"),
    "parties[].phoneNumber": ("call_parties", "phone_number"),
    "parties[].methods[]": ("call_parties", "methods"),
    "parties[].context[].objects[].objectType": ("call_crm_objects", "object_type"),
    "parties[].context[].objects[].objectId": ("call_crm_objects", "object_id"),
    "parties[].context[].objects[].fields[].name": ("call_crm_fields", "name"),
    "parties[].context[].objects[].fields[].value": ("call_crm_fields", "value"),
    "content.topics[].name": ("call_topics", "name"),
    "content.topics[].duration": ("call_topics", "duration_seconds"),
    "content.brief": ("calls", "brief"),
    "content.outline[].items[].text": ("call_outline", "text"),
    "content.outline[].items[].startTime": ("call_outline", "start_seconds"),
    "content.highlights[].items[].text": ("call_highlights", "text"),
    "content.highlights[].items[].startTimes[]": ("call_highlights", "start_times_seconds"),
    "content.keyPoints[].text": ("call_key_points", "text"),
    "interaction.speakers[].id": ("call_speakers", "speaker_id"),
    "interaction.speakers[].userId": ("call_speakers", "user_id"),
    "interaction.speakers[].talkTime": ("call_speakers", "talk_time_seconds"),
}

# Leaves of an element that contains several rows; each row has them.
SPANNING_LEAVES = {
    "context[].system": ("call_crm_objects", "system"),
    "parties[].context[].system": ("call_crm_objects", "system"),
    "content.outline[].section": ("call_outline", "section"),
    "content.outline[].startTime": ("call_outline", "section_start_seconds"),
    "content.outline[].duration": ("call_outline", "section_duration_seconds"),
    "content.highlights[].title": ("call_highlights", "title"),
}


def wire(value: Any, column: str) -> str:
    """Returns a value of an answer in the form in which landed values are compared."""
    if column.endswith("_at") and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, (int, float)):
        return repr(float(value))
    return str(value)


def landed(value: Any, column: str) -> list[str]:
    """Returns a landed value in that form; a JSON list gives one value per element."""
    if isinstance(value, datetime):
        return [value.astimezone(UTC).isoformat()]
    if column in ("methods", "start_times_seconds"):
        return [] if value is None else [wire(inner, column) for inner in json.loads(value)]
    return [wire(value, column)]


@pytest.fixture(scope="module")
def captured_calls() -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = json.loads((CAPTURES / "calls_extensive.json").read_text())[
        "calls"
    ]
    return calls


@pytest.fixture(scope="module")
def gong(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Gong, Emulator]:
    """The command after a sync of the capture, and the emulator."""
    emulator = emulators("--captures", str(CAPTURES), "--now", "2026-06-01T12:00:00Z", "--no-limit")
    command = gong_for(
        tmp_path_factory.mktemp("captures") / "home",
        emulator,
        GONG_ELT_NOW="2026-06-01T12:00:00Z",
        SOURCES__GONG__START_DATE="2026-05-01T00:00:00Z",
    )
    done = command("sync", "--only", "calls,transcripts", "--no-transform")
    assert done.returncode == 0, done.stderr
    return command, emulator


@cache
def opened(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Opens the warehouse once for hundreds of queries; no run needs it any more."""
    return duckdb.connect(str(warehouse), read_only=True)


def rows(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    return opened(warehouse).execute(sql).fetchall()


def test_every_leaf_of_every_captured_call_lands(
    gong: tuple[Gong, Emulator], captured_calls: list[dict[str, Any]]
) -> None:
    command, _ = gong
    checked = 0
    for call in captured_calls:
        call_id = call["metaData"]["id"]
        expected: dict[tuple[str, str], Counter[str]] = {}
        for path, value in leaves(call):
            if path in SPANNING_LEAVES:
                continue
            place = CALL_LEAVES[path]
            expected.setdefault(place, Counter())[wire(value, place[1])] += 1
            checked += 1
        for (table, column), values in expected.items():
            landed_values: Counter[str] = Counter()
            for (value,) in rows(
                command.warehouse,
                f"select {column} from gong_raw.{table} where call_id = '{call_id}'",
            ):
                landed_values.update(landed(value, column))
            if column == "value":
                # CRM values are text; compare numbers as numbers.
                values = Counter({_number(k): v for k, v in values.items()})
                landed_values = Counter({_number(k): v for k, v in landed_values.items()})
            missing = values - landed_values

            assert not missing, f"{table}.{column} of call {call_id}"
    assert checked > 5_000


def _number(text: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        return text


def test_a_leaf_of_an_element_with_several_rows_is_in_each_of_them(
    gong: tuple[Gong, Emulator], captured_calls: list[dict[str, Any]]
) -> None:
    command, _ = gong
    for call in captured_calls:
        call_id = call["metaData"]["id"]
        for path, (table, column) in SPANNING_LEAVES.items():
            sent = {wire(value, column) for leaf, value in leaves(call) if leaf == path}
            kept = {
                wire(value, column)
                for (value,) in rows(
                    command.warehouse,
                    f"select {column} from gong_raw.{table} where call_id = '{call_id}'",
                )
            }

            assert sent <= kept, f"{path} of call {call_id}"


def test_every_leaf_of_the_capture_has_a_column(gong: tuple[Gong, Emulator]) -> None:
    command, _ = gong
    tables = rows(
        command.warehouse,
        "select table_name from duckdb_tables() where schema_name = 'gong_raw' "
        "and table_name not like '\\_%' escape '\\'",
    )
    assert len(tables) >= 18
    for (table,) in tables:
        [(count,)] = rows(
            command.warehouse, f"select count(*) from gong_raw.{table} where extra is not null"
        )

        assert count == 0, table


def test_ids_keep_every_digit(
    gong: tuple[Gong, Emulator], captured_calls: list[dict[str, Any]]
) -> None:
    command, _ = gong
    sent = {call["metaData"]["id"] for call in captured_calls}
    kept = {row[0] for row in rows(command.warehouse, "select call_id from gong_raw.calls")}

    assert kept == sent
    assert {len(call_id) for call_id in sent} >= {18, 19}


def test_the_transcript_of_834_sentences_lands_sentence_by_sentence(
    gong: tuple[Gong, Emulator],
) -> None:
    command, _ = gong
    captured = json.loads((CAPTURES / "calls_transcript.json").read_text())["callTranscripts"]
    expected = [
        (
            transcript["callId"],
            monologue_index,
            sentence_index,
            monologue["speakerId"],
            monologue["topic"],
            sentence["start"],
            sentence["end"],
            sentence["text"],
        )
        for transcript in captured
        for monologue_index, monologue in enumerate(transcript["transcript"])
        for sentence_index, sentence in enumerate(monologue["sentences"])
    ]
    assert len(expected) == 834
    kept = rows(
        command.warehouse,
        "select call_id, monologue_index, sentence_index, speaker_id, topic, start_ms, end_ms, "
        "text from gong_raw.transcript_sentences order by monologue_index, sentence_index",
    )

    assert kept == expected
