"""Changes in Gong's answers are recorded and reported once; a sync survives them.

One home and one company over six nights. A server between the command and the emulator rewrites
answers. The values that it adds must not be visible outside the raw tables.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from sources.gong.api.operations import Operation
from tests.conftest import Emulator, Gong
from tests.endpoints.altering import Rewrite, altering, elements
from tests.endpoints.world import NOW, command
from tests.harness.landed import connect

LEAK = "Jane Roe-Smith, jane@example.com, 555 0100"
USERS = 120

Altered = dict[str, Rewrite]


def put(_row: Operation, answer: dict[str, Any], level: str, key: str, value: Any) -> None:
    for element in elements(answer, level):
        element[key] = value


def drop(_row: Operation, answer: dict[str, Any], level: str, key: str) -> None:
    for element in elements(answer, level):
        element.pop(key, None)


def both(*rewrites: Rewrite) -> Rewrite:
    def all_of(row: Operation, answer: dict[str, Any]) -> None:
        for rewrite in rewrites:
            rewrite(row, answer)

    return all_of


NOVEL: Altered = {
    "listWorkspaces": partial(put, level="workspaces[]", key="colour", value={"owner": LEAK}),
    "listTrackers": partial(
        put, level="keywordTrackers[].languageKeywords[]", key="dialect", value=LEAK
    ),
    "listScorecards": both(
        partial(put, level="scorecards[]", key="reviewMethod", value="HYBRID"),
        partial(put, level="scorecards[].questions[]", key="weight", value=7),
    ),
    "listUsers": partial(drop, level="users[]", key="created"),
}


def multiply(_row: Operation, answer: dict[str, Any]) -> None:
    """Serves each scorecard thirty times: a few odd ones would be no change of Gong's."""
    answer["scorecards"] = [
        {**scorecard, "scorecardId": f"{scorecard['scorecardId']}{number:02}"}
        for scorecard in answer["scorecards"]
        for number in range(30)
    ]


BENT: Altered = {
    **NOVEL,
    "listScorecards": both(
        multiply,
        partial(put, level="scorecards[].questions[]", key="minRange", value={"of": LEAK}),
    ),
}

Key = tuple[str, str, str]

LANDED = {
    "colour": "select extra ->> '$.colour.owner' from gong_raw.workspaces",
    "dialect": """select place.value ->> '$' from gong_raw.trackers,
        json_each(extra, '$."languageKeywords[].dialect"') as place""",
    "review_method": "select review_method from gong_raw.scorecards",
    "created_at": "select created_at from gong_raw.users",
}


@dataclass(frozen=True)
class DriftNight:
    """A sync, the recorded changes, the status, and landed values."""

    done: subprocess.CompletedProcess[str]
    recorded: dict[Key, dict[str, Any]]
    status: str
    facts: list[dict[str, Any]]
    landed: dict[str, set[Any]]

    def line(self, *words: str) -> str:
        """Returns the single line of the status with all of the words."""
        (matching,) = [
            line for line in self.status.splitlines() if all(word in line for word in words)
        ]
        return matching

    @property
    def warnings(self) -> list[str]:
        return [
            line
            for line in self.done.stderr.splitlines()
            if line.startswith("warning: What Gong sends has changed")
        ]


def night(gong: Gong, days: int) -> DriftNight:
    now = {"GONG_ELT_NOW": (NOW + timedelta(days=days)).isoformat()}
    tables = "users,workspaces,trackers,scorecards"
    done = gong("sync", "--only", tables, "--no-transform", env=now, timeout=120)
    with connect(gong.warehouse) as db:
        rows = db.execute("from gong_ops.schema_changes")
        names = [column[0] for column in rows.description or ()]
        recorded = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        landed = {
            name: {value for (value,) in db.execute(sql).fetchall()} for name, sql in LANDED.items()
        }
    return DriftNight(
        done,
        {(row["change"], row["table_name"], row["field"]): row for row in recorded},
        gong("status", env=now).stdout,
        json.loads(gong("status", "--json", env=now).stdout)["schema_changes"],
        landed,
    )


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(
        "--seed", "11", "--users", str(USERS), "--calls", "4", "--days", "2", "--workspaces", "1",
        "--now", NOW.isoformat(), "--no-limit",
    )  # fmt: skip


@pytest.fixture(scope="module")
def nights(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[int, DriftNight]:
    """The nights by day: unchanged, changed, changed, also another type, and unchanged again."""
    folder = tmp_path_factory.mktemp("drift")
    by_day: dict[int, DriftNight] = {}
    for day, rewrites in ((0, {}), (1, NOVEL), (2, NOVEL), (4, BENT), (6, {})):
        with altering(emulator, rewrites) as server:
            by_day[day] = night(command(emulator, server.url, folder), day)
    return by_day


NEW = {
    ("unknown field", "workspaces", "colour"),
    ("unknown field", "trackers", "languageKeywords[].dialect"),
    ("unknown field", "scorecard_questions", "weight"),
    ("new value", "scorecards", "review_method"),
}
VANISHED = ("vanished field", "users", "created_at")
CHANGED = ("changed type", "scorecard_questions", "min_range")


def test_documented_answers_are_not_reported_as_changes(nights: dict[int, DriftNight]) -> None:
    assert nights[0].done.returncode == 0, nights[0].done.stderr
    assert (nights[0].recorded, nights[0].facts, nights[0].warnings) == ({}, [], [])


def test_new_fields_and_values_are_recorded_with_a_value_shape(
    nights: dict[int, DriftNight],
) -> None:
    recorded = nights[1].recorded
    assert recorded.keys() == NEW
    samples = {
        key[2]: (row["expected"], row["found"], row["sample"]) for key, row in recorded.items()
    }
    assert samples == {
        "colour": (None, "object", "object {owner}"),
        "languageKeywords[].dialect": (None, "string", re.sub("[a-z]", "x", re.sub("[A-Z]", "X",
            re.sub("[0-9]", "9", LEAK)))),
        "weight": (None, "number", "number"),
        "review_method": ("AUTOMATIC, MANUAL", "HYBRID", None),
    }  # fmt: skip
    assert {row["first_seen_at"] for row in recorded.values()} == {NOW + timedelta(days=1)}


def test_new_fields_and_values_land(nights: dict[int, DriftNight]) -> None:
    assert nights[1].done.returncode == 0, nights[1].done.stderr
    landed = nights[1].landed
    assert landed["colour"] == {LEAK}
    assert landed["dialect"] == {LEAK}
    assert landed["review_method"] == {"HYBRID"}
    assert landed["created_at"] == {None}
    # The table that fails on the fourth night keeps its rows.
    assert nights[4].landed["review_method"] == {"HYBRID"}


def test_a_sync_reports_new_changes_in_one_line(nights: dict[int, DriftNight]) -> None:
    (line,) = nights[1].warnings
    assert "3 unknown fields (kept in extra)" in line
    assert "1 new value (landed unchanged)" in line
    (line,) = nights[4].warnings
    assert "1 changed type (not read)" in line
    assert "1 vanished field (always empty now)" in line


def test_a_known_change_is_not_reported_again(nights: dict[int, DriftNight]) -> None:
    assert nights[2].done.returncode == 0
    assert nights[2].recorded == nights[1].recorded
    assert nights[2].warnings == []
    assert {row["first_seen_at"] for key, row in nights[4].recorded.items() if key in NEW} == {
        NOW + timedelta(days=1)
    }


def test_a_vanished_field_is_reported_after_three_days(
    nights: dict[int, DriftNight],
) -> None:
    assert VANISHED not in nights[2].recorded
    change = nights[4].recorded[VANISHED]
    assert change["expected"] == f"filled in 100% of {USERS} rows"
    assert change["resolved_at"] is None


def test_a_changed_type_is_recorded_and_fails_its_table_alone(
    nights: dict[int, DriftNight],
) -> None:
    assert nights[4].done.returncode == 1
    change = nights[4].recorded[CHANGED]
    assert (change["expected"], change["found"], change["sample"]) == ("integer", "an object", None)
    assert change["first_seen_at"] == NOW + timedelta(days=4)


def test_reverted_changes_are_resolved_and_unknown_fields_stay_open(
    nights: dict[int, DriftNight],
) -> None:
    last = nights[6].recorded
    assert nights[6].done.returncode == 0, nights[6].done.stderr
    resolved = {key for key, row in last.items() if row["resolved_at"] is not None}
    assert resolved == {VANISHED, CHANGED}
    assert {last[key]["resolved_at"] for key in resolved} == {NOW + timedelta(days=6)}


def test_the_status_shows_open_changes_with_their_meaning(nights: dict[int, DriftNight]) -> None:
    shown = nights[4]
    assert "kept in extra" in shown.line("workspaces.colour", "object {owner}", "2026-11-11")
    assert "landed as it is" in shown.line("scorecards.review_method", "HYBRID")
    assert "is not read until" in shown.line("scorecard_questions.min_range", "expected integer")
    assert "empty in all that lands now" in shown.line("users.created_at", "100% of 120 rows")
    facts = {(fact["change"], fact["table_name"], fact["field"]): fact for fact in shown.facts}
    assert facts.keys() == {*NEW, VANISHED, CHANGED}
    assert facts[VANISHED]["meaning"] in shown.line("users.created_at")
    assert {(fact["change"], fact["table_name"], fact["field"]) for fact in nights[6].facts} == NEW
    assert "users.created_at" not in nights[6].status


def test_no_part_of_a_value_is_shown(nights: dict[int, DriftNight]) -> None:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", LEAK) if len(word) > 3]
    for shown_night in nights.values():
        shown = (
            shown_night.done.stdout
            + shown_night.done.stderr
            + shown_night.status
            + json.dumps(shown_night.facts)
        )
        shown += json.dumps(list(shown_night.recorded.values()), default=str)
        assert not [word for word in words if word in shown]
