"""Recorded live answers go over the wire, and every leaf of them lands or is printed.

The emulator serves each recorded answer word for word. A sync lands those that a table is read
from; `gong-elt api` prints the others. Answers marked as lacking live headers may be hand-made:
they go the same way, but prove nothing of Gong, and are counted apart.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sources.gong.api.operations import OPERATIONS, Operation, operation
from sources.gong.schema.tables import TABLES
from tests.conftest import SHARED, Emulator, Gong, gong_for, needs_shared
from tests.contract.recordings import Recorded, hand_made, recordings
from tests.harness.landed import Row, rows_of

pytestmark = needs_shared

Json = dict[str, Any]
Place = tuple[str, str]
"""A table and a column."""

NOW = "2025-06-14T12:00:00Z"
ENVIRONMENT = {"GONG_ELT_NOW": NOW, "SOURCES__GONG__START_DATE": "2025-06-12T00:00:00Z"}
"""Two days in which the recorded log entries were made."""


def snake(name: str) -> str:
    return re.sub("(?<![A-Z])(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True)
class Landing:
    """Where a recorded list lands: `identity` tells its rows, by column, from a leaf of each."""

    rows: str
    stream: str
    identity: Mapping[str, str]
    places: Mapping[str, Place]
    parents: str = ""
    """The column of the parent, where the list was answered once for each."""


def same(table: str, keys: str, **renamed: str) -> dict[str, Place]:
    """Leaves that land in a column of their own name, and the others."""
    return {key: (table, snake(key)) for key in keys.split()} | {
        key: (table, column) for key, column in renamed.items()
    }


def flags(table: str, keys: str, before: str = "", after: str = "") -> dict[str, Place]:
    return {
        key: (table, f"is_{snake(key.rpartition('.')[2])}{after}")
        for key in (before + one for one in keys.split())
    }


AREAS = (
    *(f"{area}Access" for area in ("calls", "deals", "coaching", "insights", "usage", "emails")),
    "forecastPermissions.forecastAccess",
    "forecastPermissions.forecastEditSubmissions",
    "forecastPermissions.forecastEditTargets",
)
ALLOWED = (
    "account activity aiBuilder callsAndSearch coaching createEditAndDeleteDealsBoards"
    " crmDataImport crmDataInlineEditing deals dealsDataExport dealsInlineEditing deleteCalls"
    " deleteEmails downloadCallMedia engageAllowCrmFieldsViewChange"
    " engageAssignFlowToDosToOthers engageCreateAndManageRulesets engageManageCompanySequences"
    " engageManageCompanyTemplates engageReassignFlowToDosToOthers"
    " engageSnoozeFlowToDosForOthers exportCallsAndCoachingDataToCSV forecast forecastManage"
    " initiatives library listenInCalls manageGeneralBusinessSettings manageRevenueAnalytics"
    " manageScorecards manuallyScheduleAndUploadCalls market orchestrateCreateAndManagePlays"
    " overrideScore privateCalls scoreCalls shareCallsWithCustomers teamStats trimCalls usage"
    " viewEngageAnalyticsActivity viewEngageAnalyticsFlows viewEngageAnalyticsPerformance"
    " viewRevenueAnalytics libraryFolderAccess.managePublicFolder"
    " libraryFolderAccess.manageStreams libraryFolderAccess.manageFolderCalls"
    " libraryFolderAccess.shareFoldersAndStreams"
)
LOG = "logRecord.httpRequest"
WITHHELD = ("clientIp", "parameters[].values[]")
"""What a recorded request of a log entry holds that must not land."""

LANDINGS: dict[str, Landing] = {
    "listUsers": Landing(
        "users",
        "users",
        {"user_id": "id"},
        same(
            "users",
            "emailAddress trustedEmailAddress firstName lastName title phoneNumber extension"
            " personalMeetingUrls managerId meetingConsentPageUrl conferencingProviders"
            " spokenLanguages",
            id="user_id",
            created="created_at",
            active="is_active",
        )
        | {"emailAliases[]": ("user_email_aliases", "email_alias")}
        | flags(
            "users",
            "webConferencesRecorded preventWebConferenceRecording telephonyCallsImported"
            " emailsImported preventEmailImport nonRecordedMeetingsImported gongConnectEnabled",
            "settings.",
        ),
    ),
    "getUserHistory": Landing(
        "userSettingsHistory",
        "user_settings_history",
        {"setting": "setting", "changed_at": "time"},
        same("user_settings_history", "setting value", time="changed_at"),
        parents="user_id",
    ),
    "listWorkspaces": Landing(
        "workspaces",
        "workspaces",
        {"workspace_id": "id"},
        same("workspaces", "name description", id="workspace_id"),
    ),
    "listCallOutcomes": Landing(
        "outcomes",
        "call_outcomes",
        {"call_outcome": "callOutcome", "connect_status": "connectStatus"},
        same(
            "call_outcomes",
            "callOutcome connectStatus displayOrder sentiment todoAction automation category",
        ),
    ),
    "listScorecards": Landing(
        "scorecards",
        "scorecards",
        {"scorecard_id": "scorecardId"},
        same(
            "scorecards",
            "scorecardId scorecardName workspaceId updaterUserId reviewMethod",
            enabled="is_enabled",
            created="created_at",
            updated="updated_at",
        )
        | {
            f"questions[].{key}": place
            for key, place in same(
                "scorecard_questions",
                "questionId questionRevisionId questionText isOverall questionType answerGuide"
                " minRange maxRange answerOptions updaterUserId",
                created="created_at",
                updated="updated_at",
            ).items()
        },
    ),
    "listTrackers": Landing(
        "keywordTrackers",
        "trackers",
        {"tracker_id": "trackerId"},
        same(
            "trackers",
            "trackerId trackerName workspaceId affiliation saidAt saidAtInterval saidAtUnit"
            " saidInTopics filterQuery creatorUserId updaterUserId",
            partOfQuestion="is_part_of_question",
            created="created_at",
            updated="updated_at",
        )
        | {"languageKeywords[].keywords[]": ("tracker_keywords", "keyword")},
    ),
    "listPermissionProfile": Landing(
        "profiles",
        "permission_profiles",
        {"profile_id": "id"},
        same("permission_profiles", "name description", id="profile_id")
        | flags("permission_profiles", ALLOWED, after="_allowed")
        | {
            f"{area}.{key}": ("permission_profiles", f"{snake(area.rpartition('.')[2])}_{column}")
            for area in AREAS
            for key, column in (("permissionLevel", "level"), ("teamLeadIds", "team_lead_ids"))
        }
        | {
            f"libraryFolderAccess.{key}": ("permission_profiles", column)
            for key, column in (
                ("permissionLevel", "library_folder_access_level"),
                ("libraryFolderIds", "library_folder_ids"),
            )
        },
    ),
    "getLibraryStructure": Landing(
        "folders",
        "library_folders",
        {"folder_id": "id"},
        same(
            "library_folders", "name parentFolderId createdBy", id="folder_id", updated="updated_at"
        ),
    ),
    # the folder itself, beside its calls, of which the recorded one has none
    "getCallsInSpecificFolder": Landing(
        "",
        "library_folder_calls",
        {"folder_id": "id"},
        same("library_folders", "name createdBy", id="folder_id", updated="updated_at"),
    ),
    "listGenericCrmIntegration": Landing(
        "integrations",
        "crm_integrations",
        {"integration_id": "integrationId"},
        same("crm_integrations", "integrationId ownerEmail name"),
    ),
    "listFlows": Landing("flows", "flows", {"flow_id": "id"}, {}),
    "listFlowsFolders": Landing(
        "flowsFolders",
        "flow_folders",
        {"folder_id": "id"},
        same("flow_folders", "name parentFolderId createdById visibility", id="folder_id"),
        parents="user_id",
    ),
    "integrationStatus": Landing(
        "users",
        "meeting_integrations",
        {"email": "email"},
        same(
            "meeting_integrations",
            "email userFacingError fixUrl helpUrl",
            exists="is_existing",
            valid="is_valid",
        ),
    ),
    "listLogs": Landing(
        "logEntries",
        "logs",
        {"log_id": "logRecord.auditId"},
        same(
            "logs", "userId userEmailAddress userFullName", eventTime="event_at",
            logRecord="log_record",
        ),
    ),
}  # fmt: skip

SPANNING = {
    "languageKeywords[].language": ("tracker_keywords", "language"),
    "languageKeywords[].includeRelatedForms": ("tracker_keywords", "is_include_related_forms"),
}
"""Leaves of an element around several rows, in each of which they stand."""

PRINTED_ONLY = {"getProspectsAssignedFlows": "recorded without rows; its asks come from calls"}
"""A table is read from these, too; what was recorded of them cannot be reached by a sync."""

UNREACHABLE = {
    ("GET", "/v2/integration-settings"),
    ("POST", "/v2/integration-settings"),
}
"""Recorded operations that are none of the catalogue's, hence none of the command's."""

ROUNDED = {("register-crm-integration/1", "integrations[].integrationId")}
"""Numbers of the recordings that lost digits in the recorder, before anybody here saw them."""


def row_of(exchange: Json) -> Operation | None:
    """The operation of a recorded exchange; None where the command has none for it."""
    for one in sorted(OPERATIONS, key=lambda one: "{" in one.path):
        form = re.sub(r"\{\w+\}", "[^/]+", one.path)
        if one.method == exchange["method"] and re.fullmatch(form, exchange["path"]):
            return operation(one.operation_id)
    return None


def successes() -> tuple[Recorded, ...]:
    """Every recorded 200 answer that the emulator serves: of each operation the first."""
    found: dict[object, Recorded] = {}
    for one in recordings():
        if one.exchange["status"] == 200:
            row = row_of(one.exchange)
            name = row.operation_id if row else (one.exchange["method"], one.exchange["path"])
            found.setdefault(name, one)
    return tuple(found.values())


def leaves(value: Any, path: str = "", whole: frozenset[str] = frozenset()) -> Iterator[Place]:
    """Yields every scalar of a JSON value with its path; what is `whole` is not taken apart."""
    if path in whole or not isinstance(value, (dict, list)):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."), whole)
    else:
        for inner in value:
            yield from leaves(inner, f"{path}[]", whole)


def count(value: Any) -> int:
    return sum(1 for _ in leaves(value))


def spelled(value: Any, column: str) -> str:
    """A recorded or a landed value in the form in which the two are compared."""
    if column.endswith("_at") and column != "said_at":  # that one is no time
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return str(at and at.astimezone(UTC))
    if column in ("min_range", "max_range"):  # digits in a string at Gong
        return str(value)
    if column == "integration_id":  # a number at Gong
        return str(value)
    return json.dumps(value, sort_keys=True)


@dataclass
class Landed:
    """The warehouse of a run, its tables read once."""

    gong: Gong
    held: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        if table not in self.held:
            self.held[table] = rows_of(self.gong.warehouse, table)
        return self.held[table]


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(
        "--recordings", str(SHARED / "recordings"), "--now", NOW, "--no-limit", "--calls", "9",
        "--users", "6", "--days", "5", "--workspaces", "1",
    )  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """The recorded answers as a sync lands them: only what they were recorded of is read."""
    gong = gong_for(tmp_path_factory.mktemp("recordings") / "home", emulator, **ENVIRONMENT)
    streams = ",".join(one.stream for one in LANDINGS.values())
    done = gong("sync", "--no-transform", "--only", streams)
    assert done.returncode == 0, done.stderr
    return Landed(gong)


def recorded(operation_id: str) -> Recorded:
    return next(
        one
        for one in successes()
        if (row := row_of(one.exchange)) and row.operation_id == operation_id
    )


def entities(operation_id: str) -> list[Json]:
    """The recorded elements, whose envelope says nothing that a table could hold."""
    answer = recorded(operation_id).exchange["response"]
    landing = LANDINGS[operation_id]
    if not landing.rows:
        beside = {key: value for key, value in answer.items() if key != "requestId"}
        return [{key: value for key, value in beside.items() if value != []}]
    assert answer.keys() <= {"requestId", "records", landing.rows}
    found: list[Json] = answer[landing.rows]
    return found


def at(entity: Any, path: str) -> Any:
    for key in path.split("."):
        entity = entity[key]
    return entity


def censored(entity: Json) -> Json:
    """A log entry without what must not land."""
    record = at(entity, "logRecord")
    asked = record["httpRequest"]
    parameters = [{"key": one["key"], "values": None} for one in asked["parameters"]]
    asked = asked | {"clientIp": None, "parameters": parameters}
    return entity | {"logRecord": record | {"httpRequest": asked}}


def test_every_recorded_answer_that_a_table_is_read_from_lands() -> None:
    read_from = {one.operation for one in TABLES}
    told = {
        row.operation_id
        for one in recordings()
        if one.exchange["status"] == 200 and (row := row_of(one.exchange))
    }

    assert told & read_from == LANDINGS.keys() | PRINTED_ONLY.keys()
    assert len(LANDINGS) == 14


def test_what_was_recorded_twice_holds_the_same_rows() -> None:
    """The emulator serves one recorded answer of an operation; the others must add nothing."""
    served = {one.name for one in successes()}
    again = [
        one for one in recordings() if one.exchange["status"] == 200 and one.name not in served
    ]

    assert [one.name for one in again] == ["list-library-folders/0", "list-workspaces/0"]
    for one in again:
        row = row_of(one.exchange)
        assert row is not None
        assert one.exchange["response"][row.rows_key] == entities(row.operation_id)


@pytest.mark.parametrize("operation_id", LANDINGS)
def test_every_leaf_of_a_recorded_answer_is_found_again(
    operation_id: str, warehouse: Landed
) -> None:
    landing = LANDINGS[operation_id]
    parents = [None]
    if landing.parents:
        parents = [one["id"] for one in entities("listUsers")]
        assert len(parents) == 4
    whole = frozenset(landing.places)
    for entity in entities(operation_id):
        if operation_id == "listLogs":
            entity = censored(entity)
        identity = {
            column: spelled(at(entity, path), column) for column, path in landing.identity.items()
        }
        expected: dict[Place, Counter[str]] = {}
        for path, value in leaves(entity, whole=whole):
            if path not in SPANNING:
                place = landing.places[path]
                expected.setdefault(place, Counter())[spelled(value, place[1])] += 1
        assert expected
        for parent in parents:
            for (table, column), values in expected.items():
                found = Counter(
                    spelled(row[column], column)
                    for row in of(warehouse.rows(table), identity, landing.parents, parent)
                )

                assert found == values, (table, column, identity)


def of(rows: list[Row], identity: Json, parents: str, parent: str | None) -> Iterator[Row]:
    """The rows of one entity, as answered for one parent."""
    for row in rows:
        told = {column: spelled(row[column], column) for column in identity if column in row}
        if told == identity and (not parents or row[parents] == parent):
            yield row


def test_a_leaf_around_several_rows_stands_in_each_of_them(warehouse: Landed) -> None:
    checked = 0
    for tracker in entities("listTrackers"):
        for language in tracker["languageKeywords"]:
            own = [
                row
                for row in warehouse.rows("tracker_keywords")
                if row["tracker_id"] == tracker["trackerId"]
                and row["language"] == language["language"]
            ]
            assert [row["keyword"] for row in own] == language["keywords"]
            for row in own:
                assert row["is_include_related_forms"] is language["includeRelatedForms"]
            checked += len(own)
    assert checked > 200


def test_nothing_recorded_needed_extra(warehouse: Landed) -> None:
    for table in {place[0] for one in LANDINGS.values() for place in one.places.values()}:
        assert not [row for row in warehouse.rows(table) if row["extra"]], table


def test_what_is_recorded_of_requests_is_withheld(warehouse: Landed) -> None:
    secrets = [
        value
        for entry in entities("listLogs")
        for path, value in leaves(entry["logRecord"]["httpRequest"])
        if path in WITHHELD
    ]
    assert len(secrets) == 13
    kept = json.dumps([row["log_record"] for row in warehouse.rows("logs")])

    for secret in secrets:
        assert len(secret) < 8 or secret not in kept


def test_numbers_that_lost_digits_are_known() -> None:
    """Longer than a double holds, so that the recorder rounded them to zeros."""
    found = {
        (one.name, path)
        for one in recordings()
        for path, value in leaves(one.exchange["response"])
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > 2**53
    }

    assert found == ROUNDED


def printed_ones() -> list[Recorded]:
    """The recorded answers that only the command shows."""
    return [
        one
        for one in successes()
        if (row := row_of(one.exchange)) and row.operation_id not in LANDINGS
    ]


def test_answers_that_may_be_hand_made_are_counted_apart() -> None:
    marked = {
        row.operation_id: count(one.exchange["response"])
        for one in successes()
        if one.file in hand_made() and (row := row_of(one.exchange))
    }
    live = sum(count(one.exchange["response"]) for one in successes() if row_of(one.exchange))

    assert marked.keys() == {"getLibraryStructure", "getCallsInSpecificFolder", "updateMeeting"}
    assert live - sum(marked.values()) > 1_400


def test_what_neither_lands_nor_is_printed_is_known() -> None:
    assert {
        (one.exchange["method"], one.exchange["path"])
        for one in successes()
        if row_of(one.exchange) is None
    } == UNREACHABLE


@pytest.mark.parametrize("one", printed_ones(), ids=lambda one: one.name)
def test_every_leaf_of_another_recorded_answer_is_printed(
    one: Recorded, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    row = row_of(one.exchange)
    assert row is not None
    gong = gong_for(tmp_path_factory.mktemp("api") / "home", emulator, **ENVIRONMENT)
    answer = one.exchange["response"]

    done = gong("api", row.kebab, *inputs(row, one.exchange), *(["--yes"] if row.is_write else []))

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    expected = answer[row.rows_key] if row.rows_key else [answer]
    assert lines == expected
    beside = answer.keys() - {"requestId", "records", row.rows_key} if row.rows_key else set()
    assert not beside, "rows are printed without what stands beside them"


def inputs(row: Operation, exchange: Json) -> Iterator[str]:
    """The inputs of a recorded request in the command's spelling."""
    names = re.findall(r"\{(\w+)\}", row.path)
    values = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", row.path), exchange["path"])
    assert values is not None
    yield from (f"{name}={value}" for name, value in zip(names, values.groups(), strict=True))
    known = {one.name for one in row.parameters}
    if isinstance(exchange["body"], list):
        [whole] = [one.name for one in row.parameters if one.location == "whole body"]
        exchange = {**exchange, "body": {whole: exchange["body"]}}
    for sent in (exchange["query"] or {}, exchange["body"] or {}):
        yield from _flat(sent, known, "")


def _flat(value: Json, known: set[str], prefix: str) -> Iterator[str]:
    for key, inner in value.items():
        name = prefix + key
        if isinstance(inner, dict) and name not in known:
            yield from _flat(inner, known, f"{name}.")
        else:
            text = inner if isinstance(inner, str) else json.dumps(inner)
            yield f"{name}={text}"
