"""Holds the table of operations against the OpenAPI documents, the catalogue and the recordings.

Those are other people's files and lie beside the project, in `../shared/gong-api`; where they
are absent, the tests that need them are skipped and the hermetic ones still run.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

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

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = ROOT.parent / "shared" / "gong-api"

needs_evidence = pytest.mark.skipif(
    not EVIDENCE.is_dir(),
    reason=f"Gong's OpenAPI documents are not part of the project; none found at {EVIDENCE}",
)
every_row = pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.kebab)

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


class Wrong(NamedTuple):
    """One point where the OpenAPI document is known to be wrong or silent."""

    operation_id: str
    subject: str
    document: object
    """What the document must still say; when it no longer does, the exception must go."""
    row: object
    reason: str


LEVELS = ("all", "managers-team", "report-to-them", "own", "none")
JOINED_LEVELS = (*LEVELS, " / ".join(LEVELS))
LEVEL_AREAS = (
    "callsAccess",
    "dealsAccess",
    "coachingAccess",
    "insightsAccess",
    "usageAccess",
    "emailsAccess",
    "forecastPermissions.forecastAccess",
    "forecastPermissions.forecastEditSubmissions",
    "forecastPermissions.forecastEditTargets",
)
FOLDER_LEVELS = ("none", "all", "specific-folders")
PLATFORMS = ("Windows", "Linux", "MacOS", "iOS", "Android")

JOINED = "the generator added all values once more, run together as one"
UNDECLARED = "its text lists this query parameter, its parameter list does not"

KNOWN_ERRORS = (
    *(
        Wrong(one, f"choices of {area}.permissionLevel", JOINED_LEVELS, LEVELS, JOINED)
        for one in ("createPermissionProfile", "updatePermissionProfile")
        for area in LEVEL_AREAS
    ),
    *(
        Wrong(
            one,
            "choices of libraryFolderAccess.permissionLevel",
            (*FOLDER_LEVELS, ", ".join(FOLDER_LEVELS)),
            FOLDER_LEVELS,
            JOINED,
        )
        for one in ("createPermissionProfile", "updatePermissionProfile")
    ),
    *(
        Wrong(
            one,
            "choices of agentPlatform",
            (", ".join(PLATFORMS),),
            PLATFORMS,
            "five values are written as a single one",
        )
        for one in ("contentViewed", "customAction")
    ),
    Wrong(
        "getCrmObjects",
        "place of objectsCrmIds",
        ParameterLocation.QUERY,
        ParameterLocation.WHOLE_BODY,
        "its own text and example send the ids as the body of the GET",
    ),
    Wrong("uploadCrmData", "input integrationId", None, ParameterLocation.QUERY, UNDECLARED),
    Wrong("uploadCrmData", "input objectType", None, ParameterLocation.QUERY, UNDECLARED),
    Wrong("uploadCrmData", "input clientRequestId", None, ParameterLocation.QUERY, UNDECLARED),
    Wrong(
        "listFlowsFolders",
        "rows_key",
        "flows",
        "flowsFolders",
        "the document reuses the answer of the flows; the live key is another",
    ),
    Wrong(
        "findAllReferencesToPhoneNumber",
        "rows_key",
        "emails calls meetings customerData matchingPhoneNumbers emailAddresses",
        None,
        "one object of several lists of equal standing",
    ),
    Wrong(
        "findAllReferencesToEmailAddress",
        "rows_key",
        "emails calls meetings customerData customerEngagement",
        None,
        "one object of several lists of equal standing",
    ),
    Wrong(
        "assignProspects",
        "rows_key",
        "prospectsAssigned prospectsNotAssigned",
        None,
        "two lists that are only true together",
    ),
    Wrong(
        "addMeeting",
        "rows_key",
        "additionalInvitees",
        None,
        "the answer is one meeting; the list is a detail of it",
    ),
    Wrong(
        "uploadCrmSchemaField",
        "input fields",
        None,
        ParameterLocation.WHOLE_BODY,
        "its body is a list, which has no name",
    ),
    *(
        Wrong(one, "rows_key", "results", None, "how far it has come tells whether they are all")
        for one in ("submitFlowProspectsBulkAssignment", "getFlowProspectsBulkAssignment")
    ),
    Wrong(
        "getRequestStatus",
        "rows_key",
        "errors",
        None,
        "the answer is one status; the list is a detail of it",
    ),
)
EXCEPTIONS = {(one.operation_id, one.subject): one for one in KNOWN_ERRORS}


def _corrected(operation_id: str, subject: str, documented: Any) -> Any:
    """What the row must say, given what the document says."""
    known = EXCEPTIONS.get((operation_id, subject))
    if known is None:
        return documented
    assert documented == known.document, f"no longer needed: {known}"
    return known.row


class Declared(NamedTuple):
    """An input as the document declares it."""

    place: ParameterLocation
    type: str | None
    format: str | None
    text: str
    is_required: bool
    is_required_in_object: bool
    choices: tuple[str, ...]


@cache
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVIDENCE / name).read_text(encoding="utf-8"))
    return document


@cache
def _recordings() -> tuple[dict[str, Any], ...]:
    return tuple(
        exchange
        for file in sorted((EVIDENCE / "recordings").glob("*.json"))
        for exchange in json.loads(file.read_text(encoding="utf-8"))
    )


def _document_of(row: Operation) -> dict[str, Any]:
    withdrawn = row.path == "/v2/calls/manual-crm-associations"
    return _document("openapi-2025-01.json" if withdrawn else "openapi-2026-07.json")


def _entry(row: Operation) -> dict[str, Any]:
    entry: dict[str, Any] = _document_of(row)["paths"][row.path][row.method.lower()]
    return entry


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


def _declared(
    document: dict[str, Any],
    schema: dict[str, Any],
    place: ParameterLocation,
    text: str,
    *,
    is_required: bool,
    is_surely_sent: bool = True,
) -> Declared:
    items = _resolved(document, schema.get("items", {}))
    return Declared(
        ParameterLocation.PART if schema.get("format") == "binary" else place,
        schema.get("type"),
        schema.get("format"),
        text,
        is_required and is_surely_sent,
        is_required and not is_surely_sent,
        tuple(schema.get("enum") or items.get("enum") or ()),
    )


def _leaves(
    document: dict[str, Any], schema: dict[str, Any], prefix: str = "", *, is_surely_sent: bool
) -> dict[str, Declared]:
    leaves: dict[str, Declared] = {}
    for key, value in schema.get("properties", {}).items():
        part = _resolved(document, value)
        is_required = key in schema.get("required", ())
        if part.get("type") == "object" and part.get("properties"):
            leaves |= _leaves(
                document, part, f"{prefix}{key}.", is_surely_sent=is_surely_sent and is_required
            )
        else:
            leaves[prefix + key] = _declared(
                document,
                part,
                ParameterLocation.BODY,
                part.get("description", ""),
                is_required=is_required,
                is_surely_sent=is_surely_sent,
            )
    return leaves


def _body_schema(row: Operation) -> dict[str, Any] | None:
    body = _entry(row).get("requestBody")
    if body is None:
        return None
    assert body["required"] is True
    (content,) = body["content"].values()
    return _resolved(_document_of(row), content["schema"])


def _declared_inputs(row: Operation) -> dict[str, Declared]:
    document = _document_of(row)
    inputs = {
        one["name"]: _declared(
            document,
            one["schema"],
            ParameterLocation(one["in"]),
            one.get("description", ""),
            is_required=one["required"],
        )
        for one in _entry(row).get("parameters", ())
    }
    schema = _body_schema(row)
    if schema is not None:
        leaves = _leaves(document, schema, is_surely_sent=True)
        assert not leaves.keys() & inputs.keys(), "one name in two places: compare by place too"
        inputs |= leaves
    return inputs


def _answer_lists(row: Operation) -> str:
    """The top-level lists of a successful answer, separated by blanks."""
    document = _document_of(row)
    responses = _entry(row)["responses"]
    answer = min((status, body) for status, body in responses.items() if status[0] == "2")[1]
    (content,) = answer["content"].values()
    properties = _resolved(document, content["schema"])["properties"]
    return " ".join(
        key
        for key, value in properties.items()
        if _resolved(document, value).get("type") == "array"
    )


def _kind(one: Declared) -> ParameterType:
    if one.type == "string":
        if one.format == "date-time" or re.search("ISO[- ]8601", one.text):
            return ParameterType.INSTANT
        if one.format == "date" or "YYYY-MM-DD" in one.text:
            return ParameterType.DATE
        return ParameterType.FILE if one.format == "binary" else ParameterType.TEXT
    kinds = {
        "integer": ParameterType.INTEGER,
        "number": ParameterType.NUMBER,
        "boolean": ParameterType.BOOLEAN,
        "array": ParameterType.LIST,
        "object": ParameterType.OBJECT,
        None: ParameterType.ANY,
    }
    return kinds[one.type]


def _matching_row(exchange: dict[str, Any]) -> Operation | None:
    # A fixed path goes before one with a placeholder.
    for row in sorted(OPERATIONS, key=lambda row: "{" in row.path):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(row.path))
        if row.method == exchange["method"] and re.fullmatch(pattern, exchange["path"]):
            return row
    return None


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
    in_path = {one.name for one in row.parameters if one.location is ParameterLocation.PATH}
    assert in_path == placeholders
    assert len({(one.location, one.name) for one in row.parameters}) == len(row.parameters)
    assert row.link.endswith(f"#{row.method.lower()}-{row.path}")
    if row.is_write:
        assert row.method != "GET"
        assert row.paging is Paging.NONE
    if row.paging is not Paging.NONE:
        assert row.rows_key


@every_row
def test_an_input_is_well_formed(row: Operation) -> None:
    for one in row.parameters:
        assert not (one.is_required and one.is_required_in_object)
        if one.is_required_in_object:
            assert one.location is ParameterLocation.BODY
            assert "." in one.name
        if one.location is ParameterLocation.PATH:
            assert one.is_required
        assert (one.location is ParameterLocation.PART) == (one.type is ParameterType.FILE)
        if one.choices:
            assert one.type in {ParameterType.TEXT, ParameterType.LIST}
            assert len(set(one.choices)) == len(one.choices)
    places = {one.location for one in row.parameters}
    assert (
        len(places & {ParameterLocation.BODY, ParameterLocation.WHOLE_BODY, ParameterLocation.PART})
        <= 1
    )


def test_rows_cannot_be_changed() -> None:
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
        found = operation(shared)
        assert (found.method, found.path) == (row.method, row.path)


def test_a_name_that_the_twins_share_means_the_newer_slug() -> None:
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
def test_an_unknown_name_gets_near_matches(name: str, offered: str) -> None:
    with pytest.raises(UnknownOperation) as caught:
        operation(name)
    message = str(caught.value)
    assert repr(name) in message
    offers = message.partition("Near matches: ")[2].removesuffix(".").split(", ")
    assert offered in offers
    assert len({operation(one).slug for one in offers}) == len(offers) <= 5


@pytest.mark.parametrize("name", ["", "   ", "qqqqqqqq"])
def test_a_name_near_nothing_says_so(name: str) -> None:
    with pytest.raises(LookupError, match="Nothing comes near it"):
        operation(name)


@every_row
def test_the_id_of_a_row_is_known_where_a_list_of_entities_pages(row: Operation) -> None:
    has_no_id = row.operation_id in ("listLogs", "listCRMCallsManualAssociation")
    assert (row.row_id is not None) == (row.paging is not Paging.NONE and not has_no_id)


@every_row
def test_the_patterns_of_a_row_can_be_used(row: Operation) -> None:
    assert re.compile(row.quirks.empty_404)
    assert re.compile(row.quirks.unknown_ids).groups == bool(row.quirks.unknown_ids)
    if row.quirks.empty_404:
        assert row.empty is EmptyAnswer.NOT_FOUND
    if row.quirks.total_counts_unserved:
        assert row.paging is not Paging.NONE


def test_importing_the_table_brings_in_nothing_heavy() -> None:
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


def test_objects_that_must_be_sent_are_recognisable() -> None:
    assert operation("listCallsExtensive").needs_filter
    assert operation("listMultipleUsers").needs_filter
    assert not operation("listCalls").needs_filter
    assert not operation("getProspectsAssignedFlows").needs_filter


def test_prospects_are_found_by_either_kind_of_id() -> None:
    names = [one.name for one in operation("getProspectsAssignedFlows").parameters]
    assert names == ["crmProspectsIds", "flowInstanceIds"]


@needs_evidence
def test_the_slugs_are_those_of_the_catalogue() -> None:
    text = (EVIDENCE / "catalogue.md").read_text(encoding="utf-8")
    slugs = re.findall(r"^\*\*Slug:\*\* `(GONG_\w+)`", text, re.MULTILINE)
    assert len(slugs) == 58
    assert {row.slug for row in OPERATIONS if row.is_in_catalogue} == set(slugs)


@needs_evidence
def test_the_rows_are_those_of_the_index() -> None:
    text = (EVIDENCE / "API.md").read_text(encoding="utf-8")
    index = re.findall(r"^\| (\d+) \| (GONG_\w+) \| `(\w+) ([^`]+)`", text, re.MULTILINE)
    assert [int(number) for number, *_ in index] == list(range(1, 59))
    rows = [(row.slug, row.method, row.path) for row in OPERATIONS if row.is_in_catalogue]
    assert sorted(rows) == sorted((slug, method, path) for _, slug, method, path in index)


@needs_evidence
@every_row
def test_the_operation_is_gongs(row: Operation) -> None:
    assert _entry(row)["operationId"] == row.operation_id


@needs_evidence
@every_row
def test_the_scopes_are_those_gong_states(row: Operation) -> None:
    stated = set(re.findall(r"api(?::[a-z]+(?:-[a-z]+)*)+", _entry(row)["description"]))
    assert set(row.scopes) == stated
    assert bool(stated) != ("scope not stated by Gong" in row.summary)


@needs_evidence
def test_the_scope_that_media_need_on_top_comes_second() -> None:
    assert operation("listCallsExtensive").scopes[0] == "api:calls:read:extensive"


@needs_evidence
@every_row
def test_the_inputs_are_those_gong_declares(row: Operation) -> None:
    name = row.operation_id
    expected = {
        (key, _corrected(name, f"place of {key}", one.place))
        for key, one in _declared_inputs(row).items()
    }
    added = {
        (known.subject.removeprefix("input "), known.row)
        for known in KNOWN_ERRORS
        if known.operation_id == name and known.subject.startswith("input ")
    }
    assert not {key for key, _ in added} & {key for key, _ in expected}, "declared by now"
    assert {(one.name, one.location) for one in row.parameters} == expected | added


@needs_evidence
@every_row
def test_each_input_is_as_gong_declares_it(row: Operation) -> None:
    declared = _declared_inputs(row)
    for one in row.parameters:
        if (row.operation_id, f"input {one.name}") in EXCEPTIONS:
            continue
        theirs = declared[one.name]
        assert one.is_required == theirs.is_required, one
        assert one.is_required_in_object == theirs.is_required_in_object, one
        choices = _corrected(row.operation_id, f"choices of {one.name}", theirs.choices)
        assert one.choices == choices, one
        assert one.type is _kind(theirs), one


@needs_evidence
def test_the_undeclared_inputs_of_the_crm_upload_stand_in_its_text() -> None:
    row = operation("uploadCrmData")
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", _entry(row)["description"], flags=re.DOTALL)
    undeclared = [one for one in row.parameters if one.location is ParameterLocation.QUERY]
    assert {one.name for one in undeclared} == {"integrationId", "objectType", "clientRequestId"}
    for one in undeclared:
        assert one.is_required
        assert re.search(rf"\b{one.name}\s+\*", text), one
        for choice in one.choices:
            assert re.search(rf"\b{choice}\b", text), choice


@needs_evidence
@every_row
def test_objects_that_must_be_sent_show_in_the_row(row: Operation) -> None:
    """A required object is either `filter` or known from a required input inside it."""
    schema = _body_schema(row) or {}
    for key in schema.get("required", ()):
        inside = [one for one in row.parameters if one.name.startswith(f"{key}.")]
        if inside and key != "filter":
            assert any(one.is_required for one in inside), key
    assert row.needs_filter == ("filter" in schema.get("required", ()))


@needs_evidence
@every_row
def test_paging_follows_the_cursor(row: Operation) -> None:
    cursor = _declared_inputs(row).get("cursor")
    where = {
        ParameterLocation.QUERY: Paging.QUERY_CURSOR,
        ParameterLocation.BODY: Paging.BODY_CURSOR,
    }
    assert row.paging is (where[cursor.place] if cursor else Paging.NONE)


@needs_evidence
@every_row
def test_rows_key_is_the_list_in_the_answer(row: Operation) -> None:
    documented = _answer_lists(row) or None
    assert row.rows_key == _corrected(row.operation_id, "rows_key", documented)


@needs_evidence
@every_row
def test_empty_fits_the_answers_that_gong_documents(row: Operation) -> None:
    if row.empty is EmptyAnswer.NOT_FOUND:
        assert "404" in _entry(row)["responses"]
        assert row.rows_key
    elif row.empty is EmptyAnswer.EMPTY_LIST:
        assert _answer_lists(row)
    else:
        assert row.rows_key is None


@needs_evidence
def test_every_known_error_names_something_that_is_compared() -> None:
    by_id = {row.operation_id: row for row in OPERATIONS}
    assert len(EXCEPTIONS) == len(KNOWN_ERRORS)
    for known in KNOWN_ERRORS:
        what, _, name = known.subject.partition(" ")
        inputs = {one.name for one in by_id[known.operation_id].parameters}
        if known.subject != "rows_key":
            assert what in {"choices", "place", "input"}
            assert name.removeprefix("of ") in inputs, known
        assert known.document != known.row
        assert known.reason


@needs_evidence
def test_live_answers_agree_with_the_rows() -> None:
    seen: Counter[str] = Counter()
    for exchange in _recordings():
        row = _matching_row(exchange)
        if row is None or not isinstance(exchange["response"], dict):
            continue
        answer = exchange["response"]
        about = f"{row.method} {row.path}: {str(answer)[:200]}"
        if exchange["status"] == 200 and row.rows_key:
            seen["lists"] += 1
            assert isinstance(answer.get(row.rows_key), list), about
            if not answer[row.rows_key]:
                seen["empty lists"] += 1
                assert row.empty is EmptyAnswer.EMPTY_LIST, about
        elif exchange["status"] == 404 and "No calls found" in str(answer["errors"]):
            seen["nothing found"] += 1
            assert row.empty is EmptyAnswer.NOT_FOUND, about
        elif exchange["status"] == 401 and "permission to use" in str(answer["errors"]):
            seen["scopes"] += 1
            (scope,) = re.findall(r"'(api:[^']+)'", str(answer["errors"]))
            assert not row.scopes or scope in row.scopes, about
    assert min(seen[what] for what in ("lists", "empty lists", "nothing found", "scopes")) > 0


@needs_evidence
def test_live_requests_send_what_the_rows_know() -> None:
    """What was sent and accepted, in the query and at the top of the body, is in the row."""
    for exchange in _recordings():
        row = _matching_row(exchange)
        if row is None or exchange["status"] not in (200, 201):
            continue
        in_query = {one.name for one in row.parameters if one.location is ParameterLocation.QUERY}
        in_body = {
            one.name.partition(".")[0]
            for one in row.parameters
            if one.location is ParameterLocation.BODY
        }
        assert set(exchange["query"] or ()) <= in_query | {"limit"}, (row.kebab, exchange["query"])
        if isinstance(exchange["body"], dict):
            assert set(exchange["body"]) <= in_body, (row.kebab, exchange["body"])
