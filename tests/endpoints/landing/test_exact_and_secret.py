"""Ids that exceed a double keep every digit; secrets are in no file, published or not."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sources.gong.api.operations import Operation
from sources.gong.schema.columns import Sensitivity, Type
from sources.gong.schema.tables import TABLES
from tests.conftest import Emulator, Gong
from tests.endpoints.altering import Rewrite, altering
from tests.endpoints.world import EMULATOR, command
from tests.harness.landed import connect, rows_of

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
    """Yields every file in and beside the home, raw and unpacked, and every table as text."""
    yield "output of the command", published.output.encode()
    folder = published.gong.home.parent
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.suffix == ".parquet" for file in files), "nothing was published"
    with duckdb.connect() as db:
        for file in files:
            content = file.read_bytes()
            yield str(file), content
            if file.suffix == ".gz":
                yield f"{file}, unpacked", gzip.decompress(content)
            if file.suffix == ".parquet":
                yield f"{file}, as text", as_text(db, f"read_parquet('{file}')")
    yield from tables_of_file(published.gong.warehouse)


def tables_of_file(path: Path) -> Iterator[tuple[str, bytes]]:
    with connect(path) as db:
        for schema, name in db.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            yield f"{schema}.{name}", as_text(db, f'{schema}."{name}"')


def as_text(db: duckdb.DuckDBPyConnection, source: str) -> bytes:
    rows = db.execute(f"select t::varchar from {source} as t").fetchall()
    return "\n".join(row[0] for row in rows).encode()


def planted(emulator: Emulator) -> set[str]:
    """Returns values of people's requests that the company's logs recorded."""
    values = set()
    for entry in emulator.truth("logs"):
        record = entry["logRecord"]
        if entry["logType"] == "AccessLog":
            values.add(record["ip"])
        if entry["logType"] == "UserActivityLog":
            request = record["httpRequest"]
            values.add(request["clientIp"])
            if request["body"]:
                assert "hunter2" in request["body"]
                values.add("hunter2")
            # `/company` begins every recorded address and is not secret.
            values |= {
                value for parameter in request["parameters"] for value in parameter["values"]
            } - {"/company"}  # fmt: skip
    return values


def test_no_value_of_a_recorded_request_is_in_any_file(published: Published) -> None:
    secrets = {value.encode() for value in planted(published.emulator)}
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
