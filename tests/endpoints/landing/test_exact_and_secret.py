"""Ids that exceed a double keep every digit; secrets are in no file, published or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from sources.gong.api.operations import Operation
from sources.gong.schema.columns import Sensitivity, Type
from sources.gong.schema.tables import TABLES
from tests.conftest import Emulator, Gong
from tests.endpoints.altering import Rewrite, altering
from tests.endpoints.world import EMULATOR, command
from tests.harness.landed import connect, rows_of
from tests.harness.written import logged_secrets, written_texts

BEYOND_DOUBLES = 2**53


@dataclass(frozen=True)
class Published:
    emulator: Emulator
    gong: Gong
    output: str


def as_numbers(_row: Operation, answer: dict[str, Any], keys: tuple[str, ...]) -> None:
    """Rewrites ids to numbers, as Gong's OpenAPI document declares them."""

    def turn(value: Any) -> None:
        if isinstance(value, list):
            for element in value:
                turn(element)
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key in keys and isinstance(inner, str) and inner.lstrip("-").isdecimal():
                    value[key] = int(inner)
                else:
                    turn(inner)

    turn(answer)


@pytest.fixture(scope="module")
def published(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> Published:
    """A whole sync with transformation and publication; ids of scorecards are numbers."""
    emulator = emulators(*EMULATOR)
    ids = ("scorecardId", "questionId", "questionRevisionId", "workspaceId", "updaterUserId",
           "answeredScorecardId", "callId", "reviewedUserId", "reviewerUserId")  # fmt: skip
    rewrite = partial(as_numbers, keys=ids)
    rewrites: dict[str, Rewrite] = {"listScorecards": rewrite, "listAnsweredScorecards": rewrite}
    with altering(emulator, rewrites) as server:
        gong = command(emulator, server.url, tmp_path_factory.mktemp("exact"))
        done = gong("sync", timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    return Published(emulator, gong, done.stdout + done.stderr)


def integration_id(entity: dict[str, Any]) -> Any:
    return entity["integrationId"]


def flow_id(task: dict[str, Any]) -> Any:
    return (task.get("flow") or {}).get("id")


def flow_step_id(task: dict[str, Any]) -> Any:
    return ((task.get("flow") or {}).get("step") or {}).get("id")


LONG_IDS: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "crm_integrations.integration_id": ("crm_integrations", integration_id),
    "crm_schema_fields.integration_id": ("crm_schema_fields", integration_id),
    "crm_objects.integration_id": ("crm_objects", integration_id),
    "tasks.task_id": ("tasks", lambda task: task["id"]),
    "tasks.user_id": ("tasks", lambda task: task["userId"]),
    "tasks.flow_id": ("tasks", flow_id),
    "tasks.flow_step_id": ("tasks", flow_step_id),
    "scorecards.scorecard_id": ("scorecards", lambda card: int(card["scorecardId"])),
    "scorecards.workspace_id": (
        "scorecards", lambda card: card["workspaceId"] and int(card["workspaceId"]),
    ),
    "answered_scorecards.answered_scorecard_id": (
        "answered_scorecards", lambda review: int(review["answeredScorecardId"]),
    ),
    "answered_scorecards.call_id": ("answered_scorecards", lambda review: int(review["callId"])),
}  # fmt: skip


@pytest.mark.parametrize("column", LONG_IDS)
def test_an_id_sent_as_a_number_keeps_every_digit(published: Published, column: str) -> None:
    kind, id_of = LONG_IDS[column]
    table, _, name = column.partition(".")
    truth = {id_of(entity) for entity in published.emulator.truth(kind)} - {None}
    landed = {row[name] for row in rows_of(published.gong.warehouse, table)} - {None}
    assert landed, "nothing landed"
    assert landed <= {str(id_) for id_ in truth}
    # A double would have changed it.
    assert any(int(id_) > BEYOND_DOUBLES and int(float(int(id_))) != int(id_) for id_ in landed)


def test_numbers_of_the_crm_keep_every_digit(published: Published) -> None:
    truth = {
        str(value)
        for record in published.emulator.truth("crm_objects")
        for value in record["fields"].values()
        if type(value) is int and value > BEYOND_DOUBLES
    }
    landed = {row["value"] for row in rows_of(published.gong.warehouse, "crm_object_fields")}
    assert truth & landed
    assert not {value for value in landed if value and value[:8] == "90071992" and "." in value}


SECRETS = [
    (landed.name, column.name)
    for landed in TABLES
    for column in landed.columns
    if column.sensitivity is Sensitivity.SECRET
]


def test_a_column_of_a_secret_holds_only_its_presence(published: Published) -> None:
    assert SECRETS
    with connect(published.gong.warehouse) as db:
        for name, column in SECRETS:
            kinds = db.execute(f"select distinct typeof({column}) from gong_raw.{name}").fetchall()
            assert kinds == [("BOOLEAN",)]
    presences = {(t.name, c.name) for t in TABLES for c in t.columns if c.type is Type.PRESENCE}
    assert presences == set(SECRETS)


def texts_of(published: Published) -> Iterator[tuple[str, bytes]]:
    """Yields the output of the command, and everything that it has written."""
    yield "output of the command", published.output.encode()
    yield from written_texts(published.gong.home.parent, published.gong.warehouse)


def test_no_value_of_a_recorded_request_is_in_any_file(published: Published) -> None:
    secrets = {value.encode() for value in logged_secrets(published.emulator.truth("logs"))}
    assert len(secrets) > 50
    somebody = published.emulator.truth("users")[0]["emailAddress"].encode()
    beginnings = {secret[:10] for secret in secrets}
    leaks, has_somebody = [], False
    for name, text in texts_of(published):
        has_somebody |= "parquet" in name and somebody in text
        leaks += [(name, beginning) for beginning in beginnings if beginning in text]
    assert has_somebody, "the search does not see the published rows"
    assert leaks == []
    key = published.emulator.access_key_secret.encode()
    assert [name for name, text in texts_of(published) if key in text] == []
