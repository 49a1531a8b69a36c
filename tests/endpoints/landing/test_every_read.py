"""The values of each of the catalogue's 38 reads, landed or printed, equal the emulator's truth.

The tables of a read are compared with the expected rows. The answers of reads without a table are
printed by `gong-elt api` and compared with the emulator's world.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sources.gong.api.operations import OPERATIONS
from sources.gong.schema.tables import TABLES
from tests.conftest import Emulator, Gong
from tests.endpoints.landed import Landed
from tests.endpoints.world import EMULATOR, NOW, START, command
from tests.harness.landed import without_load_columns
from tests.harness.loops import for_each
from tests.harness.truth import EXPECTED, World, read_world

Row = dict[str, Any]


@dataclass
class ComparedCompany:
    """The small company: its truth, its synced rows, and a command for `api`."""

    gong: Gong
    world: World
    synced: Landed

    def landed(self, name: str) -> list[Row]:
        return [without_load_columns(row) for row in self.synced.rows(name)]

    def api(self, *words: str, code: int = 0) -> list[Any]:
        """Returns the JSON lines that `gong-elt api` prints."""
        done = self.gong("api", *words)
        assert done.returncode == code, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def company(
    emulators: Callable[..., Emulator], plain: Landed, tmp_path_factory: pytest.TempPathFactory
) -> ComparedCompany:
    """An emulator of its own, because some tests write; it has the same seed as the synced one."""
    emulator = emulators(*EMULATOR)
    gong = command(emulator, emulator.base_url, tmp_path_factory.mktemp("every"))
    return ComparedCompany(gong, read_world(emulator, START, NOW), plain)


LANDED: dict[str, tuple[str, ...]] = {
    "retrieve-filtered-call-details": (
        "calls", "call_parties", "call_crm_objects", "call_crm_fields", "call_trackers",
        "call_tracker_phrases", "call_tracker_occurrences", "call_topics", "call_structure",
        "call_outline", "call_highlights", "call_key_points", "call_interaction_stats",
        "call_speakers", "call_video", "call_comments",
    ),
    "get-call-transcript": ("transcripts", "transcript_sentences"),
    "aggregate-user-activity-statistics": ("activity_aggregate",),
    "aggregate-activity-by-period-via-api": ("activity_by_period",),
    "post-day-by-day-activity-stats": ("activity_daily_calls",),
    "get-interaction-statistics": ("interaction_stats",),
    "create-activity-scorecards-report": ("answered_scorecards", "scorecard_answers"),
    "list-scorecards": ("scorecards", "scorecard_questions"),
    "retrieve-tracker-details-v2-settings-trackers": ("trackers", "tracker_keywords"),
    "list-all-company-workspaces-v2-workspaces": ("workspaces",),
    "list-call-outcomes": ("call_outcomes",),
    "list-all-users-v2-users": ("users", "user_email_aliases", "user_history"),
    "get-user-settings-history": ("user_settings_history",),
    "list-all-coaching-metrics-v2-coaching": ("coaching_metrics",),
    "retrieve-library-folders-v2-library-folders": ("library_folders",),
    "list-folder-calls": ("library_folder_calls",),
    "retrieve-logs-data-by-type-and-time-range-v2-logs": ("logs",),
    "retrieve-manual-crm-call-associations": ("crm_call_associations",),
    "fetch-all-permission-profiles": ("permission_profiles",),
    "retrieve-users-from-permission-profile": ("permission_profile_users",),
    "manage-user-call-access": ("call_user_access",),
    "get-crm-integration-details": ("crm_integrations",),
    "list-schema-fields-v2-crm-entity-schema": ("crm_schema_fields",),
    "get-crm-objects-v2-crm-entities": ("crm_objects", "crm_object_fields"),
    "list-gong-engage-flows-v2-flows": ("flows", "flow_visibility"),
    "list-flow-folders": ("flow_folders",),
    "get-flow-prospects": ("flow_prospects",),
    "list-tasks": ("tasks",),
    "validate-meeting-integration": ("meeting_integrations",),
    # Operations that the catalogue does not list.
    "list-briefs": ("briefs",),
    "get-flow-steps": ("flow_steps",),
}  # fmt: skip


def spelled(rows: list[Row]) -> list[str]:
    """Returns rows as sorted JSON text, with whole numbers as floats."""
    return sorted(
        json.dumps(
            {k: float(v) if type(v) is int else v for k, v in row.items()},
            sort_keys=True,
            default=str,
        )
        for row in rows
    )


@for_each("name", LANDED)
def test_the_landed_rows_of_a_read_equal_the_truth(company: ComparedCompany, name: str) -> None:
    for landed in LANDED[name]:
        expected = [*EXPECTED[landed].rows(company.world)]
        rows = company.landed(landed)
        if landed == "logs":
            ids = {row["log_id"] for row in expected}
            rows = [{**r, "log_id": r["log_id"] if r["log_id"] in ids else None} for r in rows]
        assert expected, f"{landed}: nothing to compare"
        assert spelled(rows) == spelled(expected), landed


def a_call(company: ComparedCompany) -> Row:
    return next(
        call
        for call in company.world["calls"]
        if any(p.get("phoneNumber") and p.get("emailAddress") for p in call.get("parties") or ())
        and call["metaData"]["id"] in {row["call_id"] for row in company.landed("calls")}
    )


def outsiders(company: ComparedCompany) -> list[Row]:
    """Returns the parties from outside the company, each with its call."""
    domain = company.world["users"][0]["emailAddress"].partition("@")[2]
    return [
        {**party, "call": call["metaData"]["id"]}
        for call in company.world["calls"]
        for party in call.get("parties") or ()
        if party["affiliation"] != "Internal"
        and not str(party.get("emailAddress")).endswith(f"@{domain}")
    ]


def calls_by_date(company: ComparedCompany) -> None:
    """Compares calls that have no table of their own, because they land with their sections."""
    rows = company.api(
        "retrieve-call-data-by-date-range-v2-calls",
        f"fromDateTime={START.isoformat()}",
        f"toDateTime={NOW.isoformat()}",
        "--all",
    )
    assert spelled(rows) == spelled([call["metaData"] for call in company.world["calls"]])


def call_by_id(company: ComparedCompany) -> None:
    about = a_call(company)["metaData"]
    (answer,) = company.api("get-call-by-id", f"id={about['id']}")
    assert answer["call"] == about


def older_name_of_transcripts(company: ComparedCompany) -> None:
    """Compares the answers of an operation that has two names."""
    transcript = company.world["transcripts"][0]
    call_ids = f"filter.callIds={transcript['callId']}"
    older = company.api("retrieve-transcripts-of-calls-v2-calls-transcript", call_ids)
    assert older == [transcript]
    assert company.api("get-call-transcript", call_ids) == older


def users_by_filter(company: ComparedCompany) -> None:
    """Compares the request by which the product confirms that missing users are deleted."""
    some = company.world["users"][:3]
    ids = ",".join(user["id"] for user in some)
    rows = company.api("list-users-by-filter-v2-users-extensive", f"filter.userIds={ids}", "--all")
    assert spelled(rows) == spelled(some)


def user_by_id(company: ComparedCompany) -> None:
    user = company.world["users"][1]
    (answer,) = company.api("get-user-by-id", f"id={user['id']}")
    assert answer["user"] == user


def permission_profile(company: ComparedCompany) -> None:
    profile = dict(company.world["permission_profiles"][0])
    del profile["workspaceId"]
    (answer,) = company.api("get-permission-profile", f"profileId={profile['id']}")
    assert {k: v for k, v in answer["profile"].items() if k in profile} == profile


def data_of_a_phone_number(company: ComparedCompany) -> None:
    number = next(p["phoneNumber"] for p in outsiders(company) if p.get("phoneNumber"))
    digits = "".join(filter(str.isdigit, number))
    (answer,) = company.api("data-privacy-for-phone-number", f"phoneNumber=+{digits}")
    calls = {
        party["call"]
        for party in outsiders(company)
        if "".join(filter(str.isdigit, party.get("phoneNumber") or "")) == digits
    }
    assert {call["id"] for call in answer["calls"]} == calls
    assert answer["suppliedPhoneNumber"] == f"+{digits}"
    assert number in answer["matchingPhoneNumbers"]


def data_of_an_address(company: ComparedCompany) -> None:
    address = next(p["emailAddress"] for p in outsiders(company) if p.get("emailAddress"))
    (answer,) = company.api(
        "retrieve-data-privacy-info-for-email-address", f"emailAddress={address}"
    )
    calls = {
        party["call"]
        for party in outsiders(company)
        if str(party.get("emailAddress")).lower() == address.lower()
    }
    assert {call["id"] for call in answer["calls"]} == calls


def crm_request_status(company: ComparedCompany) -> None:
    """Requests a deletion and its status; the emulated company keeps its integration meanwhile."""
    (integration,) = company.world["crm_integrations"]
    number = str(integration["integrationId"])
    words = (f"integrationId={number}", "clientRequestId=every-read-1")
    (accepted,) = company.api("DELETE", "/v2/crm/integrations", *words, "--yes")
    assert accepted["clientRequestId"] == "every-read-1"
    (answer,) = company.api("get-request-status-v2-crm-request-status", *words)
    assert answer["status"] in ("PENDING", "IN_PROGRESS", "DONE")


def bulk_assignment(company: ComparedCompany) -> None:
    flow, user = company.world["flows"][0]["id"], company.world["users"][0]["emailAddress"]
    prospects = json.dumps([{"firstName": "Ada", "lastName": "Example"}])
    words = (f"flowId={flow}", f"flowInstanceOwnerEmail={user}", f"prospects={prospects}")
    (taken,) = company.api("bulk-assign-prospects-to-flow", *words, "--yes")
    (answer,) = company.api("get-bulk-assignment", f"id={taken['id']}")
    assert answer["id"] == taken["id"]
    assert answer["totalCount"] == 1


NOT_LANDED: dict[str, tuple[Callable[[ComparedCompany], None], str]] = {
    "retrieve-call-data-by-date-range-v2-calls": (
        calls_by_date, "a part of retrieve-filtered-call-details, which lands",
    ),
    "get-call-by-id": (call_by_id, "one call; all of them land"),
    "retrieve-transcripts-of-calls-v2-calls-transcript": (
        older_name_of_transcripts, "the catalogue's second name of get-call-transcript",
    ),
    "list-users-by-filter-v2-users-extensive": (
        users_by_filter, "users of list-all-users-v2-users, which land, by id",
    ),
    "get-user-by-id": (user_by_id, "one user; all of them land"),
    "get-permission-profile": (permission_profile, "one profile; all of them land"),
    "data-privacy-for-phone-number": (
        data_of_a_phone_number, "requested on behalf of a person; must not be stored again",
    ),
    "retrieve-data-privacy-info-for-email-address": (
        data_of_an_address, "requested on behalf of a person; must not be stored again",
    ),
    "get-request-status-v2-crm-request-status": (
        crm_request_status, "the status of the caller's own upload",
    ),
    "get-bulk-assignment": (bulk_assignment, "the status of the caller's own assignment"),
}  # fmt: skip
"""Reads without a table: the check of their values, and the reason."""


@pytest.mark.parametrize("name", NOT_LANDED)
def test_the_printed_answer_of_a_read_without_a_table_equals_the_truth(
    company: ComparedCompany, name: str
) -> None:
    check, reason = NOT_LANDED[name]
    assert reason
    check(company)


def test_all_38_reads_of_the_catalogue_are_compared() -> None:
    reads = {row.kebab for row in OPERATIONS if row.is_in_catalogue and not row.is_write}
    assert len(reads) == 38
    assert reads <= LANDED.keys() | NOT_LANDED.keys()
    assert not LANDED.keys() & NOT_LANDED.keys()
    every_read = {row.kebab for row in OPERATIONS if not row.is_write}
    assert LANDED.keys() | NOT_LANDED.keys() == every_read


def test_every_table_is_compared_under_the_operation_that_fills_it() -> None:
    shown = {name: operation for operation, names in LANDED.items() for name in names}
    # `stats_periods` records which periods were read; no operation answers it.
    assert {table.name for table in TABLES} - shown.keys() == {"stats_periods"}
    operations = {row.kebab: row.operation_id for row in OPERATIONS}
    for table in TABLES:
        if table.operation:
            assert operations[shown[table.name]] == table.operation
