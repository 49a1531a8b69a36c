"""A company in which one entity in a hundred is odd, of each stream and kind; what then lands.

Which entities are odd is drawn by the emulator from their ids. Small lists have a larger share, so
that each has one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from tests.emulator.faults.effects import struck_by
from tests.harness.truth import EXPECTED, Row, World
from tests.harness.truth.world import periods

WORD = "a word of another form"
EPOCH = 1_762_790_400
OVERFLOWING = "0001-01-01T00:00:00+14:00"
MONTH = date(2026, 10, 1)
DAY = date(2026, 10, 20)


@dataclass(frozen=True)
class Odd:
    """Odd values in the rows of one list.

    Attributes:
        stream: which reads them.
        operation: that answers with them; several have the same rows.
        rows: the list in the answer.
        values: path in a row → the odd value; each strikes rows of its own.
        id: where a row has the id that it is drawn by.
        part: of the rows, for each value.
        seed: of the draw.
        kind: of the emulator's truth, where the rows are elements of it.
        truth_id: where such an element has that id, if elsewhere.
        only: conditions on the request.
    """

    stream: str
    operation: str | tuple[str, ...]
    rows: str
    values: dict[str, Any]
    id: str = "id"
    part: float = 0.01
    seed: int = 0
    kind: str = ""
    truth_id: str = ""
    only: dict[str, Any] = field(default_factory=dict)

    def rules(self) -> Iterator[dict[str, Any]]:
        """Yields the fault rules of the emulator."""
        names = (self.operation,) if isinstance(self.operation, str) else self.operation
        for operation in names:
            yield {
                "operation": operation, "rows": self.rows, "id": self.id, "values": self.values,
                "part": self.part, "row_seed": self.seed, **self.only,
            }  # fmt: skip

    def strikes(self, identity: object) -> str | None:
        """Returns the path of the odd value of the row with an id; None of a sound row."""
        given = {"values": self.values, "part": self.part, "row_seed": self.seed}
        return struck_by(identity, given)

    def struck(self, element: Row) -> str | None:
        """As `strikes`, of an element of the truth."""
        value: Any = element
        for key in (self.truth_id or self.id).split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return self.strikes(value)


ODD = (
    Odd("calls", "POST /v2/calls/extensive", "calls", {
        "metaData.duration": 1339.5, "metaData.started": EPOCH, "metaData.scheduled": "",
        "parties": [None], "content": [WORD], "content.topics": [None],
        "interaction.questions": WORD, "interaction.speakers": [None],
        "metaData.isPrivate": "no", "context": {"objects": WORD}, "": None,
        "collaboration": {"publicComments": [None]},
    }, id="metaData.id", kind="calls", seed=4),
    Odd("transcripts", "POST /v2/calls/transcript", "callTranscripts", {
        "transcript": WORD, "transcript.sentences.start": 17.25, "transcript.sentences": [None],
    }, id="callId", kind="transcripts", seed=1),
    Odd("users", ("GET /v2/users", "POST /v2/users/extensive"), "users", {
        "created": OVERFLOWING, "settings.gongConnectEnabled": WORD, "settings.emailsImported": 1.5,
    }, part=0.04, kind="users"),
    Odd("user_settings_history", "GET /v2/users/{id}/settings-history", "userSettingsHistory", {
        "time": "", "value": WORD, "": None,
    }, id="time", kind="settings_history"),
    Odd("workspaces", "GET /v2/workspaces", "workspaces", {"name": [WORD]},
        part=0.5, kind="workspaces", seed=1),
    Odd("trackers", "GET /v2/settings/trackers", "keywordTrackers", {
        "created": EPOCH, "languageKeywords": [None],
    }, id="trackerId", part=0.15, kind="trackers", seed=1),
    Odd("call_outcomes", "GET /v2/call-outcomes", "outcomes", {"displayOrder": 3.5},
        id="callOutcome", part=0.15, kind="call_outcomes"),
    Odd("scorecards", "GET /v2/settings/scorecards", "scorecards", {
        "created": "", "questions": [None],
    }, id="scorecardId", part=0.25, kind="scorecards", seed=1),
    Odd("briefs", "GET /v2/settings/briefs", "briefs", {"updated": "yesterday"},
        id="briefId", part=0.2, kind="briefs"),
    Odd("answered_scorecards", "POST /v2/stats/activity/scorecards", "answeredScorecards", {
        "reviewTime": "", "answers": {"1": WORD}, "answers.score": 3.25, "answers.isOverall": "",
    }, id="answeredScorecardId", kind="answered_scorecards"),
    Odd("activity_by_period", "POST /v2/stats/activity/aggregate-by-period",
        "usersAggregateActivity.userAggregateActivity", {"callsAsHost": 1.5, "callsAttended": WORD},
        id="fromDate", part=0.04),
    Odd("activity_aggregate", "POST /v2/stats/activity/aggregate", "usersAggregateActivityStats",
        {"userAggregateActivityStats.callsAsHost": 2.5}, id="userId", part=0.1,
        only={"body": {"filter": {"fromDate": str(MONTH)}}}),
    Odd("activity_daily_calls", "POST /v2/stats/activity/day-by-day",
        "usersDetailedActivities.userDailyActivityStats",
        {"callsAsHost": WORD, "callsAttended": {"1": WORD}}, id="fromDate", part=0.04),
    Odd("interaction_stats", "POST /v2/stats/interaction", "peopleInteractionStats",
        {"personInteractionStats.value": WORD, "personInteractionStats": [None]}, id="userId",
        part=0.2, only={"body": {"filter": {"fromDate": str(DAY)}}}),
    Odd("coaching_metrics", "GET /v2/coaching", "coachingData.directReportsMetrics",
        {"metrics": [WORD]}, id="report.id", part=0.2,
        only={"query": {"from": "2026-10-01T04:00:00Z"}}),
    Odd("logs", "GET /v2/logs", "logEntries", {
        "eventTime": EPOCH, "userId": [WORD], "": None,
    }, id="eventTime", kind="logs"),
    Odd("permission_profiles", "GET /v2/all-permission-profiles", "profiles", {
        "name": [WORD],
    }, part=0.2, kind="permission_profiles"),
    Odd("permission_profile_users", "GET /v2/permission-profile/users", "users", {
        "fullName": [WORD], "": None,
    }, part=0.05, kind="permission_profile_users"),
    Odd("call_user_access", "POST /v2/calls/users-access", "callAccessList.users", {
        "userId": [WORD], "": None,
    }, id="userId", part=0.02, kind="call_access", seed=3),
    Odd("library_folders", "GET /v2/library/folders", "folders", {
        "updated": EPOCH, "name": [WORD],
    }, part=0.06, kind="library_folders", seed=2),
    Odd("library_folder_calls", "GET /v2/library/folder-content", "calls", {
        "created": "", "snippet": {"fromSec": WORD},
    }, kind="library_folder_calls"),
    Odd("crm_integrations", "GET /v2/crm/integrations", "integrations", {"name": [WORD]},
        id="integrationId", part=1.0, kind="crm_integrations"),
    Odd("crm_schema_fields", "GET /v2/crm/entity-schema", "objectTypeToSelectedFields.*", {
        "label": [WORD], "isDeleted": "no",
    }, id="uniqueName", part=0.05, kind="crm_schema_fields"),
    Odd("crm_objects", "GET /v2/crm/entities", "crmObjectsMap", {"": WORD},
        part=0.02, kind="crm_objects", truth_id="crmId"),
    Odd("crm_call_associations", "GET /v2/calls/manual-crm-associations", "associations", {
        "created": "", "associatedCrmObjects": [None],
    }, id="callId", part=0.02, kind="manual_crm_associations"),
    Odd("flows", "GET /v2/flows", "flows", {"creationDate": EPOCH, "exclusive": "no"},
        kind="flows", seed=1),
    Odd("flow_folders", "GET /v2/flows/folders", "flowsFolders", {"name": [WORD]},
        part=0.03, kind="flow_folders"),
    Odd("flow_steps", "POST /v2/flows/steps", "flows.steps", {"stepOrder": 1.5},
        part=0.01, kind="flow_steps"),
    Odd("flow_prospects", "POST /v2/flows/prospects", "prospectsAssigned", {
        "exclusive": "no", "flowInstanceCreateDate": "",
    }, id="flowInstanceId", part=0.02, kind="flow_instances"),
    Odd("tasks", "POST /v2/tasks", "tasks", {"created": EPOCH, "dueDate": ""},
        part=0.02, kind="tasks"),
    Odd("meeting_integrations", "POST /v2/meetings/integration/status", "users", {
        "exists": "yes",
    }, id="email", part=0.05, kind="meeting_integrations", seed=3),
)  # fmt: skip


def without_odd(world: World) -> World:
    """Returns the truth without the odd elements of its kinds."""
    kinds = dict(world.kinds)
    for odd in ODD:
        if odd.kind:
            kinds[odd.kind] = [row for row in kinds[odd.kind] if odd.struck(row) is None]
    return replace(world, kinds=kinds)


def odd_stats_periods(world: World) -> set[str]:
    """Returns the calendar periods of statistics in which a number is odd."""
    by_period, daily = (
        next(odd for odd in ODD if odd.stream == stream)
        for stream in ("activity_by_period", "activity_daily_calls")
    )
    active = {event["day"] for event in world["activity_events"]}
    found = {
        f"activity_aggregate/MONTH/{MONTH}",
        f"coaching_metrics/MONTH/{MONTH}",
        f"interaction_stats/DAY/{DAY}",
    }
    for period in ("DAY", "WEEK", "MONTH"):
        for first, after in periods(period, world.first_day, world.today):
            midnight = datetime(first.year, first.month, first.day, tzinfo=world.zone).isoformat()
            is_active = any(str(first) <= day < str(after) for day in active)
            if by_period.strikes(midnight) and is_active:
                found.add(f"activity_by_period/{period}/{first}")
            if period == "DAY" and daily.strikes(midnight) and is_active:
                found.add(f"activity_daily_calls/DAY/{first}")
    return found


_OF_CALLS = ("transcripts", "transcript_sentences", "call_user_access")
"""Tables that are requested by call: nothing is requested of a call that did not land."""
_OF_STATS = (
    "stats_periods", "activity_by_period", "activity_aggregate", "activity_daily_calls",
    "interaction_stats", "coaching_metrics",
)  # fmt: skip


def expected_rows(world: World, name: str) -> list[Row]:
    """Returns the rows of a raw table that land beside the odd entities."""
    sound = without_odd(world)
    rows = EXPECTED[name].rows
    if name in _OF_STATS:
        odd = odd_stats_periods(world)
        return [row for row in rows(world) if row["stats_period_id"] not in odd]
    if name == "flow_steps":  # counted among all steps of its flow
        steps = next(odd for odd in ODD if odd.stream == name)
        return [row for row in rows(world) if steps.strikes(row["step_id"]) is None]
    if name in _OF_CALLS:
        calls = {call["metaData"]["id"] for call in world["calls"]}
        odd_calls = calls - {call["metaData"]["id"] for call in sound["calls"]}
        return [row for row in rows(sound) if row["call_id"] not in odd_calls]
    # odd users, workspaces, tasks and flows are requested by all the same
    kept = {"users", "workspaces", "crm_integrations"} - _own_kinds(name)
    kinds = {kind: world[kind] if kind in kept else sound[kind] for kind in world.kinds}
    kinds |= {kind: world[kind] for kind in ("flows", "tasks") if kind not in _own_kinds(name)}
    return list(rows(replace(world, kinds=kinds)))


def requested_rows(world: World, name: str) -> list[Row]:
    """Returns the rows of the truth that are requested where calls are odd."""
    sound = without_odd(world)["calls"]
    calls = {call["metaData"]["id"] for call in sound}
    rows = EXPECTED[name].rows
    if name in ("crm_objects", "flow_prospects"):  # requested for what calls refer to
        return list(rows(replace(world, kinds={**world.kinds, "calls": sound})))
    return [row for row in rows(world) if name not in _OF_CALLS or row["call_id"] in calls]


def odd_ids(world: World, stream: str) -> dict[str, str]:
    """Returns the path of the odd value of each odd element of a stream's truth, by its id."""
    (odd,) = (odd for odd in ODD if odd.stream == stream)
    struck = ((row, odd.struck(row)) for row in world[odd.kind])
    return {json.dumps(row, sort_keys=True): path for row, path in struck if path is not None}


def _own_kinds(name: str) -> set[str]:
    if name in ("users", "user_email_aliases", "user_history"):
        return {"users"}
    return {"flows"} if name == "flow_visibility" else {name}


def counted(name: str, rows: Iterable[Row], audit_ids: Collection[str]) -> dict[str, int]:
    """Returns the rows as texts, with how many times each occurs; without ids that are made up."""
    counts: dict[str, int] = {}
    for row in rows:
        kept = {key: value for key, value in row.items() if not key.startswith("_")}
        if name == "logs" and kept["log_id"] not in audit_ids:
            kept["log_id"] = None
        if name == "user_history":
            del kept["valid_from_at"]  # is when it was first read
        text = json.dumps(_plain(kept), sort_keys=True, default=str)
        counts[text] = counts.get(text, 0) + 1
    return counts


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return str(value.astimezone(UTC))
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else value
