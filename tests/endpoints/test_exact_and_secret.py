"""Ids longer than a double holds land to the last digit; secrets land nowhere, published or not."""

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
    said: str


def as_numbers(_row: Operation, answer: dict[str, Any], keys: tuple[str, ...]) -> None:
    """Turns ids into numbers, as Gong's OpenAPI document declares them."""

    def turn(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                turn(one)
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
    """A whole sync, transformed and published, with ids of scorecards as numbers."""
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


LONG_IDS: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "crm_integrations.integration_id": ("crm_integrations", lambda one: one["integrationId"]),
    "crm_schema_fields.integration_id": ("crm_schema_fields", lambda one: one["integrationId"]),
    "crm_objects.integration_id": ("crm_objects", lambda one: one["integrationId"]),
    "tasks.task_id": ("tasks", lambda one: one["id"]),
    "tasks.user_id": ("tasks", lambda one: one["userId"]),
    "tasks.flow_id": ("tasks", lambda one: (one.get("flow") or {}).get("id")),
    "tasks.flow_step_id": (
        "tasks", lambda one: ((one.get("flow") or {}).get("step") or {}).get("id"),
    ),
    "scorecards.scorecard_id": ("scorecards", lambda one: int(one["scorecardId"])),
    "scorecards.workspace_id": (
        "scorecards", lambda one: one["workspaceId"] and int(one["workspaceId"]),
    ),
    "answered_scorecards.answered_scorecard_id": (
        "answered_scorecards", lambda one: int(one["answeredScorecardId"]),
    ),
    "answered_scorecards.call_id": ("answered_scorecards", lambda one: int(one["callId"])),
}  # fmt: skip


@pytest.mark.parametrize("column", LONG_IDS)
def test_an_id_sent_as_a_number_lands_to_the_last_digit(published: Published, column: str) -> None:
    kind, told = LONG_IDS[column]
    table, _, name = column.partition(".")
    truth = {told(one) for one in published.emulator.truth(kind)} - {None}
    landed = {row[name] for row in rows_of(published.gong.warehouse, table)} - {None}
    assert landed, "nothing landed"
    assert landed <= {str(one) for one in truth}
    # a double would have changed it
    assert any(int(one) > BEYOND_DOUBLES and int(float(int(one))) != int(one) for one in landed)


def test_numbers_of_the_crm_keep_every_digit(published: Published) -> None:
    truth = {
        str(value)
        for one in published.emulator.truth("crm_objects")
        for value in one["fields"].values()
        if type(value) is int and value > BEYOND_DOUBLES
    }
    landed = {row["value"] for row in rows_of(published.gong.warehouse, "crm_object_fields")}
    assert truth & landed
    assert not {one for one in landed if one and one[:8] == "90071992" and "." in one}


SECRETS = [
    (landed.name, column.name)
    for landed in TABLES
    for column in landed.columns
    if column.sensitivity is Sensitivity.SECRET
]


def test_no_column_of_a_secret_holds_more_than_that_it_is_there(published: Published) -> None:
    assert SECRETS
    with connect(published.gong.warehouse) as db:
        for name, column in SECRETS:
            kinds = db.execute(f"select distinct typeof({column}) from gong_raw.{name}").fetchall()
            assert kinds == [("BOOLEAN",)]
    found = {(t.name, c.name) for t in TABLES for c in t.columns if c.type is Type.PRESENCE}
    assert found == set(SECRETS)


def texts_of(published: Published) -> Iterator[tuple[str, bytes]]:
    """Every file of the home and around it, as it is and unpacked, and every table as text."""
    yield "what the command said", published.said.encode()
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
    """Values of requests that people made, as the company's logs recorded them."""
    found = set()
    for entry in emulator.truth("logs"):
        record = entry["logRecord"]
        if entry["logType"] == "AccessLog":
            found.add(record["ip"])
        if entry["logType"] == "UserActivityLog":
            request = record["httpRequest"]
            found.add(request["clientIp"])
            if request["body"]:
                assert "hunter2" in request["body"]
                found.add("hunter2")
            # the beginning of every recorded address, and no secret
            found |= {
                value for one in request["parameters"] for value in one["values"]
            } - {"/company"}  # fmt: skip
    return found


def test_nothing_planted_in_recorded_requests_is_in_any_file(published: Published) -> None:
    secrets = {value.encode() for value in planted(published.emulator)}
    assert len(secrets) > 50
    somebody = published.emulator.truth("users")[0]["emailAddress"].encode()
    beginnings = {secret[:10] for secret in secrets}
    found, has_somebody = [], False
    for name, text in texts_of(published):
        has_somebody |= "parquet" in name and somebody in text
        found += [(name, one) for one in beginnings if one in text]
    assert has_somebody, "the search does not find what is there"
    assert found == []
    key = published.emulator.access_key_secret.encode()
    assert [name for name, text in texts_of(published) if key in text] == []
