"""The table of operations: its rows, their names, and the split into reads and writes."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from sources.gong.api.operations import (
    OPERATIONS,
    EmptyAnswer,
    Operation,
    Paging,
    ParameterLocation,
    ParameterType,
    UnknownOperation,
    operation,
    reads,
    writes,
)
from tests.conftest import ROOT
from tests.harness.loops import for_each

every_row = for_each("row", OPERATIONS, lambda row: row.kebab)

TWINS = {
    "GONG_GET_CALL_TRANSCRIPT",
    "GONG_RETRIEVE_TRANSCRIPTS_OF_CALLS_V2_CALLS_TRANSCRIPT",
}

WRITES = {
    "addCall",
    "addCallRecording",
    "createPermissionProfile",
    "updatePermissionProfile",
    "addUsersAccessToCalls",
    "deleteUsersAccessToCalls",
    "purgeEmailAddress",
    "purgePhoneNumber",
    "registerGenericCrmIntegration",
    "deleteGenericCrmIntegration",
    "uploadCrmData",
    "assignProspects",
    "unassignProspectFlows",
    "addMeeting",
    "updateMeeting",
    "deleteMeeting",
    "addDigitalInteraction",
    "contentViewed",
    "contentShared",
    "customAction",
}
NEWER_WRITES = {
    "uploadCrmSchemaField",
    "unassignFlows",
    "submitFlowProspectsBulkAssignment",
    "updateReminder",
}
"""Official operations that the catalogue does not list."""


def test_the_table_has_every_operation_once() -> None:
    assert len(OPERATIONS) == 65
    assert len({row.slug for row in OPERATIONS}) == 65
    assert len({row.kebab for row in OPERATIONS}) == 65
    shared = {row.slug for row in OPERATIONS if row.operation_id == "getCallTranscripts"}
    assert shared == TWINS
    assert len({row.operation_id for row in OPERATIONS}) == 64
    assert len({(row.method, row.path) for row in OPERATIONS}) == 64
    newer = [row.operation_id for row in OPERATIONS if not row.is_in_catalogue]
    assert sorted(newer) == [
        "getFlowProspectsBulkAssignment", "getFlowSteps", "listBriefs",
        "submitFlowProspectsBulkAssignment", "unassignFlows", "updateReminder",
        "uploadCrmSchemaField",
    ]  # fmt: skip


def test_reads_and_writes_split_the_table() -> None:
    assert len(reads()) == 41
    assert len(writes()) == 24
    assert {row.operation_id for row in writes()} == WRITES | NEWER_WRITES
    assert sorted(reads() + writes(), key=OPERATIONS.index) == list(OPERATIONS)


def test_the_twins_differ_in_name_and_summary_only() -> None:
    first, second = (row for row in OPERATIONS if row.slug in TWINS)
    for field in (
        "method",
        "path",
        "scopes",
        "parameters",
        "paging",
        "empty",
        "rows_key",
        "is_write",
    ):
        assert getattr(first, field) == getattr(second, field)


@every_row
def test_a_row_is_well_formed(row: Operation) -> None:
    assert re.fullmatch(r"(GONG_)?[A-Z0-9_]+", row.slug)
    assert row.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert row.path.startswith("/v2/")
    assert re.fullmatch(r".*[^.]", row.summary)
    placeholders = set(re.findall(r"\{(\w+)\}", row.path))
    in_path = {
        parameter.name
        for parameter in row.parameters
        if parameter.location is ParameterLocation.PATH
    }
    assert in_path == placeholders
    assert len({(parameter.location, parameter.name) for parameter in row.parameters}) == len(
        row.parameters
    )
    assert row.link.endswith(f"#{row.method.lower()}-{row.path}")
    if row.is_write:
        assert row.method != "GET"
        assert row.paging is Paging.NONE
    if row.paging is not Paging.NONE:
        assert row.rows_key


@every_row
def test_an_input_is_well_formed(row: Operation) -> None:
    for parameter in row.parameters:
        assert not (parameter.is_required and parameter.is_required_in_object)
        if parameter.is_required_in_object:
            assert parameter.location is ParameterLocation.BODY
            assert "." in parameter.name
        if parameter.location is ParameterLocation.PATH:
            assert parameter.is_required
        assert (parameter.location is ParameterLocation.PART) == (
            parameter.type is ParameterType.FILE
        )
        if parameter.choices:
            assert parameter.type in {ParameterType.TEXT, ParameterType.LIST}
            assert len(set(parameter.choices)) == len(parameter.choices)
    places = {parameter.location for parameter in row.parameters}
    assert (
        len(places & {ParameterLocation.BODY, ParameterLocation.WHOLE_BODY, ParameterLocation.PART})
        <= 1
    )


def test_rows_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        OPERATIONS[0].path = "/v3/calls"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        OPERATIONS[0].parameters[0].name = "limit"  # type: ignore[misc]


@pytest.mark.parametrize(
    "name",
    [
        "listCalls",
        "LISTCALLS",
        "GONG_RETRIEVE_CALL_DATA_BY_DATE_RANGE_V2_CALLS",
        "gong_retrieve_call_data_by_date_range_v2_calls",
        "retrieve-call-data-by-date-range-v2-calls",
        "GET /v2/calls",
        " get   /v2/calls ",
    ],
)
def test_an_operation_is_found_by_each_of_its_names(name: str) -> None:
    assert operation(name) is OPERATIONS[0]


@every_row
def test_every_row_is_found_by_its_own_names(row: Operation) -> None:
    assert operation(row.slug) is row
    assert operation(row.kebab) is row
    for shared in (row.operation_id, f"{row.method} {row.path}"):
        named = operation(shared)
        assert (named.method, named.path) == (row.method, row.path)


def test_a_name_shared_by_the_twins_finds_the_newer_slug() -> None:
    assert operation("getCallTranscripts").slug == "GONG_GET_CALL_TRANSCRIPT"
    assert operation("POST /v2/calls/transcript").slug == "GONG_GET_CALL_TRANSCRIPT"


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("listCall", "listCalls"),
        ("list-scorecard", "list-scorecards"),
        ("GET /v2/call", "GET /v2/calls"),
        ("transcript", "getCallTranscripts"),
        ("GONG_LIST_TASK", "GONG_LIST_TASKS"),
    ],
)
def test_the_error_for_an_unknown_name_lists_near_matches(name: str, offered: str) -> None:
    with pytest.raises(UnknownOperation) as caught:
        operation(name)
    message = str(caught.value)
    assert repr(name) in message
    offers = message.partition("Near matches: ")[2].removesuffix(".").split(", ")
    assert offered in offers
    assert len({operation(offer).slug for offer in offers}) == len(offers) <= 5


@pytest.mark.parametrize("name", ["", "   ", "qqqqqqqq"])
def test_the_error_for_a_name_without_near_matches_says_so(name: str) -> None:
    with pytest.raises(LookupError, match="Nothing comes near it"):
        operation(name)


@every_row
def test_every_paged_list_of_entities_names_the_id_of_its_rows(row: Operation) -> None:
    has_no_id = row.operation_id in ("listLogs", "listCRMCallsManualAssociation")
    assert (row.row_id is not None) == (row.paging is not Paging.NONE and not has_no_id)


@every_row
def test_the_patterns_of_a_row_compile(row: Operation) -> None:
    assert re.compile(row.quirks.empty_404)
    assert re.compile(row.quirks.unknown_ids).groups == bool(row.quirks.unknown_ids)
    if row.quirks.empty_404:
        assert row.empty is EmptyAnswer.NOT_FOUND
    if row.quirks.total_counts_unserved:
        assert row.paging is not Paging.NONE


def test_the_table_imports_only_light_modules_of_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1]);"
        "import sources.gong.api.operations; print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(ROOT)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in run.stdout.split()} - {"sources"}
    assert loaded <= sys.stdlib_module_names
    assert not loaded & {"asyncio", "http", "json", "logging", "socket", "sqlite3", "ssl", "urllib"}


def test_a_row_knows_whether_it_needs_a_filter_object() -> None:
    assert operation("listCallsExtensive").needs_filter
    assert operation("listMultipleUsers").needs_filter
    assert not operation("listCalls").needs_filter
    assert not operation("getProspectsAssignedFlows").needs_filter


def test_prospects_are_found_by_either_kind_of_id() -> None:
    names = [parameter.name for parameter in operation("getProspectsAssignedFlows").parameters]
    assert names == ["crmProspectsIds", "flowInstanceIds"]
