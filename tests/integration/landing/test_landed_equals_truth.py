"""One sync of a company with many edge cases, compared value by value with the truth."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Emulator, Gong, gong_for
from tests.harness.landed import raw_tables, rows_of, without_load_columns
from tests.harness.loops import for_each
from tests.harness.truth import EXPECTED, WITHOUT_ROWS, World, read_world
from tests.harness.written import logged_secrets, written_texts

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
START = datetime(2026, 9, 5, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Synced:
    """A finished sync, and the world of its company."""

    gong: Gong
    emulator: Emulator
    world: World
    done: subprocess.CompletedProcess[str]
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows(self, table: str) -> list[dict[str, Any]]:
        if table not in self._rows:
            self._rows[table] = rows_of(self.gong.warehouse, table)
        return self._rows[table]


@pytest.fixture(scope="module")
def synced(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Synced:
    now = NOW.isoformat().replace("+00:00", "Z")
    emulator = emulators(
        "--seed", "7", "--users", "40", "--calls", "400", "--days", "60", "--now", now, "--no-limit"
    )  # fmt: skip
    gong = gong_for(
        tmp_path_factory.mktemp("landed") / "home",
        emulator,
        SOURCES__GONG__START_DATE=START.isoformat(),
        GONG_ELT_NOW=now,
    )
    done = gong("sync", "--no-transform")
    assert done.returncode == 0, done.stderr
    return Synced(gong, emulator, read_world(emulator, START, NOW), done)


def test_every_raw_table_has_an_expectation(synced: Synced) -> None:
    assert set(raw_tables(synced.gong.warehouse)) == EXPECTED.keys()


@for_each("table", EXPECTED)
def test_landed_rows_are_the_rows_of_the_truth(synced: Synced, table: str) -> None:
    expected = [*EXPECTED[table].rows(synced.world)]
    landed = [without_load_columns(row) for row in synced.rows(table)]
    assert expected, "nothing to compare"
    assert {frozenset(row) for row in landed} == {frozenset(row) for row in expected}
    assert [row for row in landed for name in EXPECTED[table].key if row[name] is None] == []
    if table == "logs":
        landed = _without_made_up_ids(synced.world, landed)
    have, want = _by_key(table, landed), _by_key(table, expected)
    assert have.keys() - want.keys() == set(), "landed, but not in the truth"
    assert want.keys() - have.keys() == set(), "in the truth, but not landed"
    wrong = [
        (key, name, have[key][0][name], want[key][0][name])
        for key in want
        for name in want[key][0]
        if not _is_same(have[key][0][name], want[key][0][name])
    ]
    assert wrong == []
    assert [key for key in want if len(have[key]) != len(want[key])] == []


def _by_key(table: str, rows: list[dict[str, Any]]) -> dict[Any, list[dict[str, Any]]]:
    rows_by_key: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        key: Any = tuple(row[name] for name in EXPECTED[table].key)
        if table == "logs":
            key = (*key, row["log_type"], row["event_at"], json.dumps(row["log_record"]))
        rows_by_key[key].append(row)
    return rows_by_key


def _without_made_up_ids(world: World, landed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Removes the log ids that the product has hashed; these must differ from each other."""
    assert len({row["log_id"] for row in landed}) == len(landed)
    audit_ids = {entry["logRecord"].get("auditId") for entry in world["logs"]}
    return [
        {**row, "log_id": row["log_id"] if row["log_id"] in audit_ids else None} for row in landed
    ]


def _is_same(have: Any, want: Any) -> bool:
    """Returns whether two values are equal and of the same kind: True is not 1, "1" is not 1."""
    if isinstance(want, bool) or isinstance(have, bool) or isinstance(want, str):
        return type(have) is type(want) and have == want
    return bool(have == want)


def test_landed_rows_have_their_load_time_and_no_delete_marker(synced: Synced) -> None:
    for table in EXPECTED:
        for row in synced.rows(table):
            assert row["_loaded_at"] == NOW
            assert row["_dlt_load_id"]
            assert row.get("_deleted_at") is None
            assert row.get("_tombstone") is None


def _clock_changes(world: World) -> list[datetime]:
    hour, changes = world.start, []
    while hour < world.now:
        after = hour + timedelta(hours=1)
        if hour.astimezone(world.zone).utcoffset() != after.astimezone(world.zone).utcoffset():
            changes.append(after)
        hour = after
    return changes


def _midnight(world: World, moment: datetime) -> datetime:
    return moment.astimezone(world.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _calls(synced: Synced) -> dict[str, dict[str, Any]]:
    return {row["call_id"]: row for row in synced.rows("calls")}


def _sentence_counts(synced: Synced) -> Counter[str]:
    return Counter(row["call_id"] for row in synced.rows("transcript_sentences"))


def _silent_attendees(synced: Synced) -> list[Any]:
    return [
        row
        for row in synced.rows("call_parties")
        if row["speaker_id"] is None and "Attendee" in row["methods"]
    ]


def _calls_around_the_clock_change(synced: Synced) -> list[Any]:
    changes = _clock_changes(synced.world)
    starts = [row["started_at"] for row in _calls(synced).values()]
    two_hours = timedelta(hours=2)
    before = [s for s in starts for c in changes if timedelta() < c - s < two_hours]
    after = [s for s in starts for c in changes if timedelta() <= s - c < two_hours]
    return before if before and after else []


def _calls_at_day_borders(synced: Synced) -> list[Any]:
    starts = [row["started_at"] for row in _calls(synced).values()]
    world, instant = synced.world, timedelta(milliseconds=1)
    at = [s for s in starts if s == _midnight(world, s)]
    just_before = [s for s in starts if s + instant == _midnight(world, s + instant)]
    return at if at and just_before else []


def _fraction_digits(synced: Synced) -> list[Any]:
    calls = [call["metaData"] for call in synced.world["calls"]]
    digits = {call["id"]: len(call["started"][19:-6].removeprefix(".")) for call in calls}
    return list(digits) if {0, 3, 6} <= set(digits.values()) else []


def _id_lengths(synced: Synced) -> list[Any]:
    lengths = {len(call_id) for call_id in _calls(synced)}
    return sorted(lengths) if lengths >= {17, 18, 19, 20} else []


def _equal_log_entries(synced: Synced) -> list[Any]:
    entries = Counter(json.dumps(entry, sort_keys=True) for entry in synced.world["logs"])
    twins = [json.loads(text) for text, count in entries.items() if count == 2]
    pairs = []
    for twin in twins:
        moment = datetime.fromisoformat(twin["eventTime"])
        rows = [
            row
            for row in synced.rows("logs")
            if (row["event_at"], row["log_type"], row["user_id"])
            == (moment, twin["logType"], twin.get("userId"))
        ]
        if moment >= START and len({row["log_id"] for row in rows}) == 2:
            pairs.append(rows)
    return pairs


EDGE_CASES: dict[str, Callable[[Synced], Any]] = {
    "a call without parties": lambda s: (
        _calls(s).keys() - {row["call_id"] for row in s.rows("call_parties")}
    ),
    "a party without speaker id": lambda s: [
        row for row in s.rows("call_parties") if row["speaker_id"] is None
    ],
    "an attendee who did not speak": _silent_attendees,
    "a call without content": lambda s: [
        call for call in s.world["calls"]
        if "content" not in call and call["metaData"]["id"] in _calls(s)
    ],
    "a call with a part of its content": lambda s: [
        call for call in s.world["calls"] if "topics" in (call.get("content") or {})
        and "brief" not in call["content"] and _calls(s)[call["metaData"]["id"]]["brief"] is None
    ],
    "speech written from right to left": lambda s: [
        row for row in s.rows("transcript_sentences")
        if any("\u0590" <= letter <= "\u06ff" for letter in row["text"])
    ],
    "speech with letters beyond the basic plane": lambda s: [
        row for row in s.rows("transcript_sentences") if any(ord(c) > 0xFFFF for c in row["text"])
    ],
    "speech on more than one line": lambda s: [
        row for row in s.rows("transcript_sentences") if "\n" in row["text"]
    ],
    "a transcript without a sentence": lambda s: (
        {row["call_id"] for row in s.rows("transcripts")} - _sentence_counts(s).keys()
    ),
    "a transcript of 3000 sentences": lambda s: [
        call_id for call_id, count in _sentence_counts(s).items() if count >= 3000
    ],
    "a call without a transcript": lambda s: (
        _calls(s).keys() - {row["call_id"] for row in s.rows("transcripts")}
    ),
    "speech of a speaker who is not a party": lambda s: (
        {row["speaker_id"] for row in s.rows("transcript_sentences")}
        - {row["speaker_id"] for row in s.rows("call_parties")}
    ),
    "a call of zero seconds": lambda s: [
        row for row in _calls(s).values() if row["duration_seconds"] == 0
    ],
    "calls at and just before a day's border": _calls_at_day_borders,
    "calls before and after the clock change": _calls_around_the_clock_change,
    "times with 0, 3 and 6 fraction digits": _fraction_digits,
    "ids of 17 to 20 digits": _id_lengths,
    "CRM objects with and without timing": lambda s: (
        {row["timing"] for row in s.rows("call_crm_objects")} == {None, "Now", "TimeOfCall"}
    ),
    "CRM values of every kind": lambda s: (
        {row["value_type"] for row in s.rows("call_crm_fields")} == {"string", "number", "null"}
    ),
    "a monologue without sentences, kept in extra": lambda s: [
        row for row in s.rows("transcripts") if row["extra"] and row["extra"][WITHOUT_ROWS]
    ],
    "a CRM link without objects, kept in extra": lambda s: [
        row for row in _calls(s).values() if row["extra"] and row["extra"][WITHOUT_ROWS]
    ],
    "an outline section without items": lambda s: [
        row for row in s.rows("call_outline")
        if row["text"] is None and row["item_index"] == 0 and row["section"]
    ],
    "an occurrence of a smart tracker, without a phrase": lambda s: [
        row for row in s.rows("call_tracker_occurrences") if row["phrase_index"] is None
    ],
    "an automatic review": lambda s: [
        row for row in s.rows("answered_scorecards")
        if row["review_method"] == "AUTOMATIC" and row["reviewer_user_id"] is None
    ],
    "two reviews of one call with one scorecard": lambda s: [
        pair for pair, count in Counter(
            (row["call_id"], row["scorecard_id"]) for row in s.rows("answered_scorecards")
        ).items() if count > 1
    ],
    "a private call": lambda s: [row for row in _calls(s).values() if row["is_private"]],
    "an inactive user": lambda s: [row for row in s.rows("users") if not row["is_active"]],
    "an impersonated log entry": lambda s: [
        row for row in s.rows("logs") if row["impersonator_user_id"]
    ],
    "equal log entries, both landed": _equal_log_entries,
    "a period that is still open": lambda s: [
        row for row in s.rows("activity_by_period") if not row["is_complete"]
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", EDGE_CASES)
def test_the_compared_company_has_the_edge_case(synced: Synced, case: str) -> None:
    assert EDGE_CASES[case](synced)


@pytest.fixture(scope="module")
def everything_written(synced: Synced) -> dict[str, bytes]:
    """The output of the run, and everything that it has written, by name."""
    return {
        "stdout": synced.done.stdout.encode(),
        "stderr": synced.done.stderr.encode(),
        **dict(written_texts(synced.gong.home.parent, synced.gong.warehouse)),
    }


def test_the_search_for_secrets_sees_landed_rows(
    synced: Synced, everything_written: dict[str, bytes]
) -> None:
    somebody = synced.rows("users")[0]["email_address"].encode()
    assert any(somebody in text for name, text in everything_written.items() if "users" in name)


def test_no_secret_of_a_recorded_request_is_in_any_file(
    synced: Synced, everything_written: dict[str, bytes]
) -> None:
    secrets = {value.encode() for value in logged_secrets(synced.world["logs"])}
    assert len(secrets) > 100
    assert b"hunter2" in secrets
    # Search for the beginnings of the secrets, because they are few.
    beginnings = {secret[:10] for secret in secrets}
    leaks = [
        (name, beginning)
        for name, text in everything_written.items()
        for beginning in beginnings
        if beginning in text
    ]
    assert leaks == []


def test_no_credential_is_in_any_file(synced: Synced, everything_written: dict[str, bytes]) -> None:
    emulator = synced.emulator
    pair = f"{emulator.access_key}:{emulator.access_key_secret}".encode()
    for secret in (emulator.access_key_secret.encode(), b64encode(pair)):
        assert [name for name, text in everything_written.items() if secret in text] == []


def test_no_signed_media_url_is_in_any_file(
    synced: Synced, everything_written: dict[str, bytes]
) -> None:
    assert any("X-Amz-Signature" in str(media) for media in synced.world.media.values())
    leaks = [name for name, text in everything_written.items() if b"X-Amz-Signature" in text]
    assert leaks == []
