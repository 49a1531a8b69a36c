"""Everything that Gong's document forbids in a request is refused before it is sent, by name.

The document is other people's and lies beside the project; without it the tests are skipped.
"""

from __future__ import annotations

from typing import Any

import pytest

from sources.gong.api.operations import OPERATIONS, Operation, Parameter, ParameterType, operation
from sources.gong.api.parameters import InvalidParameters, validate
from tests.conftest import needs_shared
from tests.contract.declared import Declared, matching_row, parameter_type
from tests.contract.inputs.constraints import (
    Broken,
    Stated,
    body_of,
    broken_requests,
    documented_values,
    our_values,
    query_of,
    stated,
)
from tests.contract.inputs.stated_in_words import CHECKED, NOT_CHECKED, conditions
from tests.contract.known_errors import corrected
from tests.contract.recordings import recordings
from tests.harness.loops import for_each

pytestmark = needs_shared

every_row = for_each("row", OPERATIONS, lambda row: row.kebab)

LET_THROUGH = {
    ("listCallsExtensive", "filter"), ("getCallTranscripts", "filter"),
    ("listAnsweredScorecards", "filter"), ("listMultipleUsers", "filter"),
}  # fmt: skip
"""The filter of these is filled in: an empty one is right, and none is not."""


def given(broken: Broken) -> dict[str, Any]:
    body = broken.body if isinstance(broken.body, dict) else {"fields": broken.body}
    return broken.query | {name: value for name, value in body.items() if value is not None}


def ours(parameter: Parameter) -> Stated:
    limits = parameter.limits
    return Stated(limits.length, limits.bounds, limits.count, limits.is_set)  # type: ignore[arg-type]


@every_row
def test_each_value_has_the_documented_limits_at_every_depth(row: Operation) -> None:
    documented, known = documented_values(row), our_values(row)
    for name, parameter in known.items():
        if name not in documented and "[]" not in name:
            continue  # compared in `test_documented_operations`
        schema, is_required = documented[name]
        theirs = corrected(row.operation_id, f"limits of {name}", stated(schema))
        assert ours(parameter) == theirs, name
        if "[]" not in name:
            continue
        expected = corrected(row.operation_id, f"required of {name}", is_required)
        assert parameter.is_required == expected, name
        choices = corrected(row.operation_id, f"choices of {name}", tuple(schema.get("enum", ())))
        assert parameter.choices == choices, name
        assert parameter.type is corrected(row.operation_id, f"type of {name}", _type(schema)), name
    assert known.keys() >= {name for name in documented if "[]" in name}


def _type(schema: dict[str, Any]) -> ParameterType:
    if "enum" in schema:
        return ParameterType.TEXT
    text, form = schema.get("description", ""), schema.get("format")
    place = operation("addCall").parameters[0].location
    kind = None if schema.get("type") == "object" else schema.get("type")
    declared = Declared(
        place, kind, form, text, is_required=False, is_required_in_object=False, choices=()
    )
    return parameter_type(declared)


@every_row
def test_what_the_document_forbids_is_refused_and_named(row: Operation) -> None:
    passed = []
    for broken in broken_requests(row):
        if (row.operation_id, broken.at) in LET_THROUGH and broken.what == "required":
            continue
        # of a list of choices the wrong one is named, not its place
        at = broken.at.removesuffix("[0]") if broken.what == "enum" else broken.at
        try:
            validate(row, given(broken))
        except InvalidParameters as invalid:
            if not any(at in problem for problem in invalid.problems):
                passed.append(f"{broken.at}: {broken.what}: {invalid}")
        else:
            passed.append(f"{broken.at}: {broken.what}")
    assert passed == []


@every_row
def test_the_least_that_the_document_allows_is_accepted(row: Operation) -> None:
    validate(row, given(Broken("", "", query_of(row), body_of(row))) | _beside(row))


def _beside(row: Operation) -> dict[str, Any]:
    """Parts that no schema states: files and what `known_errors` adds."""
    beside = {}
    for parameter in row.parameters:
        if parameter.type is ParameterType.FILE:
            beside[parameter.name] = "file"
        elif row.operation_id == "uploadCrmData":
            beside[parameter.name] = parameter.choices[0] if parameter.choices else "1"
    if "phone" in row.path:
        beside["phoneNumber"] = "+1 425 555 2671"
    if row.operation_id == "submitFlowProspectsBulkAssignment":
        beside["prospects"] = '[{"crmId": "1"}]'
    return beside


def test_every_condition_in_words_is_checked_or_has_a_reason() -> None:
    stated_in_words = {key for row in OPERATIONS for key in conditions(row)}

    assert len(stated_in_words) > 40
    assert stated_in_words - CHECKED.keys() - NOT_CHECKED.keys() == set()
    assert NOT_CHECKED.keys() - stated_in_words == set(), "no longer needed"
    assert not CHECKED.keys() & NOT_CHECKED.keys()
    assert all(NOT_CHECKED.values())


@for_each("key", CHECKED, " ".join)
def test_a_condition_in_words_is_checked(key: tuple[str, str]) -> None:
    row, condition = operation(key[0]), CHECKED[key]
    least = given(Broken("", "", query_of(row), body_of(row)))

    with pytest.raises(InvalidParameters) as refused:
        validate(row, least | condition.values)

    assert any(condition.names in problem for problem in refused.value.problems), refused.value


def test_every_recorded_request_that_gong_took_passes_the_checks() -> None:
    seen = 0
    for recorded in recordings():
        exchange, row = recorded.exchange, matching_row(recorded.exchange)
        is_taken = exchange["status"] in (200, 201, 202) or "No calls found" in str(
            exchange["response"]
        )
        if row is None or not is_taken or row.operation_id in UNLIKE:
            continue
        values = {k: v for k, v in (exchange["query"] or {}).items() if k != "limit"}
        body = exchange["body"]
        values |= body if isinstance(body, dict) else {"fields": body} if body else {}
        names = {parameter.name for parameter in row.parameters if "{" + parameter.name in row.path}
        values |= dict.fromkeys(names, "1")
        validate(row, values)
        seen += 1
    assert seen > 20


UNLIKE = {"listCalls"}
"""Asked live without the bounds that the document requires."""
