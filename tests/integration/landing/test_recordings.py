"""Every leaf of the recorded live answers lands or is printed.

The emulator serves each recorded answer unchanged. A sync lands the answers that fill a table;
`gong-elt api` prints the others. Answers without live headers may be hand-made, so they prove
nothing about Gong; they are compared too, but counted separately.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from sources.gong.api.operations import OPERATIONS, Operation, operation
from sources.gong.schema.tables import TABLES
from tests.conftest import SHARED, Emulator, Gong, gong_for, needs_shared
from tests.contract.recordings import Recorded, hand_made, recordings
from tests.harness.landed import Row, rows_of
from tests.integration.landing.recorded_places import (
    LANDINGS,
    PRINTED_ONLY,
    ROUNDED,
    SPANNING,
    UNREACHABLE,
    WITHHELD,
    Place,
)

pytestmark = needs_shared

Json = dict[str, Any]

NOW = "2025-06-14T12:00:00Z"
ENVIRONMENT = {"GONG_ELT_NOW": NOW, "SOURCES__GONG__START_DATE": "2025-06-12T00:00:00Z"}
"""The two days of the recorded log entries."""


def row_of(exchange: Json) -> Operation | None:
    """Returns the operation of a recorded exchange; None if the command does not have it."""
    for row in sorted(OPERATIONS, key=lambda row: "{" in row.path):
        form = re.sub(r"\{\w+\}", "[^/]+", row.path)
        if row.method == exchange["method"] and re.fullmatch(form, exchange["path"]):
            return operation(row.operation_id)
    return None


def successes() -> tuple[Recorded, ...]:
    """Returns the recorded 200 answers that the emulator serves: the first of each operation."""
    first: dict[object, Recorded] = {}
    for recorded in recordings():
        if recorded.exchange["status"] == 200:
            row = row_of(recorded.exchange)
            name = (
                row.operation_id
                if row
                else (recorded.exchange["method"], recorded.exchange["path"])
            )
            first.setdefault(name, recorded)
    return tuple(first.values())


def leaves(value: Any, path: str = "", whole: frozenset[str] = frozenset()) -> Iterator[Place]:
    """Yields every scalar of a JSON value with its path; paths in `whole` are not descended."""
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
    """Returns a recorded or a landed value in the form in which the two are compared."""
    if column.endswith("_at") and column != "said_at":  # `said_at` is not a time.
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        return str(at and at.astimezone(UTC))
    if column in ("min_range", "max_range"):  # Gong sends a string of digits.
        return str(value)
    if column == "integration_id":  # Gong sends a number.
        return str(value)
    return json.dumps(value, sort_keys=True)


@dataclass
class LandedRecordings:
    """The rows of a sync of the recordings; each table is read once."""

    gong: Gong
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        if table not in self.tables:
            self.tables[table] = rows_of(self.gong.warehouse, table)
        return self.tables[table]


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(
        "--recordings", str(SHARED / "recordings"), "--now", NOW, "--no-limit", "--calls", "9",
        "--users", "6", "--days", "5", "--workspaces", "1",
    )  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> LandedRecordings:
    """A sync of the streams whose answers were recorded."""
    gong = gong_for(tmp_path_factory.mktemp("recordings") / "home", emulator, **ENVIRONMENT)
    streams = ",".join(landing.stream for landing in LANDINGS.values())
    done = gong("sync", "--no-transform", "--only", streams)
    assert done.returncode == 0, done.stderr
    return LandedRecordings(gong)


def recorded(operation_id: str) -> Recorded:
    return next(
        success
        for success in successes()
        if (row := row_of(success.exchange)) and row.operation_id == operation_id
    )


def entities(operation_id: str) -> list[Json]:
    """Returns the recorded elements; their envelope must not contain more."""
    answer = recorded(operation_id).exchange["response"]
    landing = LANDINGS[operation_id]
    if not landing.rows:
        beside = {key: value for key, value in answer.items() if key != "requestId"}
        return [{key: value for key, value in beside.items() if value != []}]
    assert answer.keys() <= {"requestId", "records", landing.rows}
    elements: list[Json] = answer[landing.rows]
    return elements


def at(entity: Any, path: str) -> Any:
    for key in path.split("."):
        entity = entity[key]
    return entity


def censored(entity: Json) -> Json:
    """Returns a log entry without the values that must not land."""
    record = at(entity, "logRecord")
    request = record["httpRequest"]
    parameters = [{"key": parameter["key"], "values": None} for parameter in request["parameters"]]
    request = request | {"parameters": parameters}
    return entity | {"logRecord": record | {"httpRequest": request}}


def test_every_recorded_answer_that_fills_a_table_is_compared() -> None:
    read_from = {landed.operation for landed in TABLES}
    answered = {
        row.operation_id
        for recording in recordings()
        if recording.exchange["status"] == 200 and (row := row_of(recording.exchange))
    }

    assert answered & read_from == LANDINGS.keys() | PRINTED_ONLY.keys()
    assert len(LANDINGS) == 14


def test_repeated_recordings_of_an_operation_have_the_same_rows() -> None:
    """The emulator serves one recorded answer per operation, so the others must add none."""
    served = {success.name for success in successes()}
    repeated = [
        recording
        for recording in recordings()
        if recording.exchange["status"] == 200 and recording.name not in served
    ]

    assert [recording.name for recording in repeated] == [
        "list-library-folders/0",
        "list-workspaces/0",
    ]
    for recording in repeated:
        row = row_of(recording.exchange)
        assert row is not None
        assert recording.exchange["response"][row.rows_key] == entities(row.operation_id)


@pytest.mark.parametrize("operation_id", LANDINGS)
def test_every_leaf_of_a_recorded_answer_lands(
    operation_id: str, warehouse: LandedRecordings
) -> None:
    landing = LANDINGS[operation_id]
    parents = [None]
    if landing.parents:
        parents = [user["id"] for user in entities("listUsers")]
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
                landed = Counter(
                    spelled(row[column], column)
                    for row in of(warehouse.rows(table), identity, landing.parents, parent)
                )

                assert landed == values, (table, column, identity)


def of(rows: list[Row], identity: Json, parents: str, parent: str | None) -> Iterator[Row]:
    """Yields the rows of an entity, of one parent."""
    for row in rows:
        own = {column: spelled(row[column], column) for column in identity if column in row}
        if own == identity and (not parents or row[parents] == parent):
            yield row


def test_a_leaf_of_an_element_with_several_rows_is_in_each_of_them(
    warehouse: LandedRecordings,
) -> None:
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


def test_every_recorded_leaf_has_a_column(warehouse: LandedRecordings) -> None:
    for table in {place[0] for landing in LANDINGS.values() for place in landing.places.values()}:
        assert not [row for row in warehouse.rows(table) if row["extra"]], table


def test_the_values_of_logged_requests_are_withheld(warehouse: LandedRecordings) -> None:
    secrets = [
        value
        for entry in entities("listLogs")
        for path, value in leaves(entry["logRecord"]["httpRequest"])
        if path in WITHHELD
    ]
    assert len(secrets) == 11
    kept = json.dumps([row["log_record"] for row in warehouse.rows("logs")])

    for secret in secrets:
        assert len(secret) < 8 or secret not in kept


def test_numbers_that_lost_digits_are_known() -> None:
    """Numbers that exceed a double; the recorder replaced their last digits by zeros."""
    rounded = {
        (recording.name, path)
        for recording in recordings()
        for path, value in leaves(recording.exchange["response"])
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > 2**53
    }

    assert rounded == ROUNDED


def printed_ones() -> list[Recorded]:
    """Returns the recorded answers that only `gong-elt api` prints."""
    return [
        success
        for success in successes()
        if (row := row_of(success.exchange)) and row.operation_id not in LANDINGS
    ]


def test_the_leaves_of_answers_that_may_be_hand_made_are_few() -> None:
    marked = {
        row.operation_id: count(success.exchange["response"])
        for success in successes()
        if success.file in hand_made() and (row := row_of(success.exchange))
    }
    live = sum(
        count(success.exchange["response"]) for success in successes() if row_of(success.exchange)
    )

    assert marked.keys() == {"getLibraryStructure", "getCallsInSpecificFolder", "updateMeeting"}
    assert live - sum(marked.values()) > 1_400


def test_the_recordings_without_an_operation_of_the_command_are_known() -> None:
    assert {
        (success.exchange["method"], success.exchange["path"])
        for success in successes()
        if row_of(success.exchange) is None
    } == UNREACHABLE


@pytest.mark.parametrize("recording", printed_ones(), ids=lambda recording: recording.name)
def test_every_leaf_of_another_recorded_answer_is_printed(
    recording: Recorded, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    row = row_of(recording.exchange)
    assert row is not None
    gong = gong_for(tmp_path_factory.mktemp("api") / "home", emulator, **ENVIRONMENT)
    answer = recording.exchange["response"]

    done = gong(
        "api", row.kebab, *inputs(row, recording.exchange), *(["--yes"] if row.is_write else [])
    )

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    expected = answer[row.rows_key] if row.rows_key else [answer]
    assert lines == expected
    beside = answer.keys() - {"requestId", "records", row.rows_key} if row.rows_key else set()
    assert not beside, "the answer has fields beside its rows, which are not printed"


def inputs(row: Operation, exchange: Json) -> Iterator[str]:
    """Yields the inputs of a recorded request as arguments of the command."""
    names = re.findall(r"\{(\w+)\}", row.path)
    values = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", row.path), exchange["path"])
    assert values is not None
    yield from (f"{name}={value}" for name, value in zip(names, values.groups(), strict=True))
    known = {parameter.name for parameter in row.parameters}
    if isinstance(exchange["body"], list):
        [whole] = [
            parameter.name for parameter in row.parameters if parameter.location == "whole body"
        ]
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
