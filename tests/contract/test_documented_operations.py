"""Compares the table of operations with the OpenAPI documents, the catalogue and the recordings.

These files are other people's and lie beside the project; without them the tests are skipped.
"""

from __future__ import annotations

import re
from collections import Counter

from sources.gong.api.operations import (
    OPERATIONS,
    EmptyAnswer,
    Operation,
    Paging,
    ParameterLocation,
    operation,
)
from tests.conftest import SHARED, needs_shared
from tests.contract.declared import (
    answer_lists,
    body_schema,
    declared_inputs,
    entry_of,
    matching_row,
    parameter_type,
)
from tests.contract.inputs.constraints import our_values
from tests.contract.known_errors import EXCEPTIONS, KNOWN_ERRORS, corrected
from tests.contract.recordings import recordings
from tests.harness.loops import for_each

pytestmark = needs_shared

every_row = for_each("row", OPERATIONS, lambda row: row.kebab)


def test_the_slugs_are_those_of_the_catalogue() -> None:
    text = (SHARED / "catalogue.md").read_text(encoding="utf-8")
    slugs = re.findall(r"^\*\*Slug:\*\* `(GONG_\w+)`", text, re.MULTILINE)
    assert len(slugs) == 58
    assert {row.slug for row in OPERATIONS if row.is_in_catalogue} == set(slugs)


def test_the_rows_are_those_of_the_index() -> None:
    text = (SHARED / "API.md").read_text(encoding="utf-8")
    index = re.findall(r"^\| (\d+) \| (GONG_\w+) \| `(\w+) ([^`]+)`", text, re.MULTILINE)
    assert [int(number) for number, *_ in index] == list(range(1, 59))
    rows = [(row.slug, row.method, row.path) for row in OPERATIONS if row.is_in_catalogue]
    assert sorted(rows) == sorted((slug, method, path) for _, slug, method, path in index)


@every_row
def test_the_operation_id_is_the_documented_one(row: Operation) -> None:
    assert entry_of(row)["operationId"] == row.operation_id


@every_row
def test_the_scopes_are_the_documented_ones(row: Operation) -> None:
    stated = set(re.findall(r"api(?::[a-z]+(?:-[a-z]+)*)+", entry_of(row)["description"]))
    assert set(row.scopes) == stated
    assert bool(stated) != ("scope not stated by Gong" in row.summary)


def test_the_additional_scope_for_media_is_listed_second() -> None:
    assert operation("listCallsExtensive").scopes[0] == "api:calls:read:extensive"


@every_row
def test_the_inputs_are_the_documented_ones(row: Operation) -> None:
    name = row.operation_id
    expected = {
        (key, corrected(name, f"place of {key}", declared.place))
        for key, declared in declared_inputs(row).items()
    }
    added = {
        (known.subject.removeprefix("input "), known.row)
        for known in KNOWN_ERRORS
        if known.operation_id == name and known.subject.startswith("input ")
    }
    assert not {key for key, _ in added} & {key for key, _ in expected}, "declared by now"
    assert {
        (parameter.name, parameter.location) for parameter in row.parameters
    } == expected | added


@every_row
def test_each_input_has_the_documented_type_and_choices(row: Operation) -> None:
    declared = declared_inputs(row)
    for parameter in row.parameters:
        if (row.operation_id, f"input {parameter.name}") in EXCEPTIONS:
            continue
        theirs = declared[parameter.name]
        assert parameter.is_required == theirs.is_required, parameter
        assert parameter.is_required_in_object == corrected(
            row.operation_id,
            f"required in the object of {parameter.name}",
            theirs.is_required_in_object,
        ), parameter
        choices = corrected(row.operation_id, f"choices of {parameter.name}", theirs.choices)
        assert parameter.choices == choices, parameter
        assert parameter.type is parameter_type(theirs), parameter


def test_the_undeclared_inputs_of_the_crm_upload_stand_in_its_text() -> None:
    row = operation("uploadCrmData")
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", entry_of(row)["description"], flags=re.DOTALL)
    undeclared = [
        parameter for parameter in row.parameters if parameter.location is ParameterLocation.QUERY
    ]
    assert {parameter.name for parameter in undeclared} == {
        "integrationId",
        "objectType",
        "clientRequestId",
    }
    for parameter in undeclared:
        assert parameter.is_required
        assert re.search(rf"\b{parameter.name}\s+\*", text), parameter
        for choice in parameter.choices:
            assert re.search(rf"\b{choice}\b", text), choice


@every_row
def test_a_row_shows_the_objects_that_are_required(row: Operation) -> None:
    """A required object is either `filter` or known from a required input inside it."""
    schema = body_schema(row) or {}
    for key in schema.get("required", ()):
        inside = [parameter for parameter in row.parameters if parameter.name.startswith(f"{key}.")]
        if inside and key != "filter":
            assert any(parameter.is_required for parameter in inside), key
    assert row.needs_filter == ("filter" in schema.get("required", ()))


@every_row
def test_paging_follows_the_cursor(row: Operation) -> None:
    cursor = declared_inputs(row).get("cursor")
    where = {
        ParameterLocation.QUERY: Paging.QUERY_CURSOR,
        ParameterLocation.BODY: Paging.BODY_CURSOR,
    }
    assert row.paging is (where[cursor.place] if cursor else Paging.NONE)


@every_row
def test_rows_key_names_the_list_of_the_documented_answer(row: Operation) -> None:
    documented = answer_lists(row) or None
    assert row.rows_key == corrected(row.operation_id, "rows_key", documented)


@every_row
def test_the_empty_answer_of_a_row_fits_the_documented_answers(row: Operation) -> None:
    if row.empty is EmptyAnswer.NOT_FOUND:
        assert "404" in entry_of(row)["responses"]
        assert row.rows_key
    elif row.empty is EmptyAnswer.EMPTY_LIST:
        assert answer_lists(row)
    else:
        assert row.rows_key is None


COMPARED = {
    "choices of", "place of", "type of", "limits of", "required of", "required in the object of",
    "input",
}  # fmt: skip


def test_the_languages_are_those_of_the_text() -> None:
    row = operation("addCall")
    text = declared_inputs(row)["languageCode"].text.partition("Valid values are: ")[2]
    (languages,) = (p.choices for p in row.parameters if p.name == "languageCode")
    assert ", ".join(languages) == text.strip()


def test_every_known_error_names_a_compared_subject() -> None:
    by_id = {row.operation_id: row for row in OPERATIONS}
    assert len(EXCEPTIONS) == len(KNOWN_ERRORS)
    for known in KNOWN_ERRORS:
        what, _, name = known.subject.rpartition(" ")
        if known.subject != "rows_key":
            assert what in COMPARED
            assert name in our_values(by_id[known.operation_id]), known
        assert known.document != known.row
        assert known.reason


def test_live_answers_agree_with_the_rows() -> None:
    seen: Counter[str] = Counter()
    for recorded in recordings():
        exchange = recorded.exchange
        row = matching_row(exchange)
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


def test_every_input_of_an_accepted_live_request_is_in_its_row() -> None:
    """Compares the query and the top level of the body."""
    for recorded in recordings():
        exchange = recorded.exchange
        row = matching_row(exchange)
        if row is None or exchange["status"] not in (200, 201):
            continue
        in_query = {
            parameter.name
            for parameter in row.parameters
            if parameter.location is ParameterLocation.QUERY
        }
        in_body = {
            parameter.name.partition(".")[0]
            for parameter in row.parameters
            if parameter.location is ParameterLocation.BODY
        }
        assert set(exchange["query"] or ()) <= in_query | {"limit"}, (row.kebab, exchange["query"])
        if isinstance(exchange["body"], dict):
            assert set(exchange["body"]) <= in_body, (row.kebab, exchange["body"])
