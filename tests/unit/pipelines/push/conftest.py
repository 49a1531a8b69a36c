"""A push without Gong: a client whose requests a script answers, and a ledger in a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.gong_client import open_client
from pipelines.push.sender import Sender
from pipelines.settings import Settings
from sources.gong.api.client import Client
from sources.gong.api.operations import operation
from sources.gong.write.items import items_of
from sources.gong.write.model import Item, Write
from sources.gong.write.operations import write_of
from tests.harness.scripted_transport import ScriptedTransport, install
from tests.harness.warehouses.templates import prepared
from warehouse.connection import Warehouse
from warehouse.ops.push_ledger import PushLedger

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
SETTINGS = Settings(
    base_url="https://gong.example",
    access_key="key",
    access_key_secret="secret",
    requests_per_second=0,
    requests_per_day=0,
    max_wait_seconds=0.0,
)


def write_named(name: str) -> Write:
    return write_of(operation(name))


def items(write: Write, *rows: Mapping[str, Any]) -> list[Item]:
    return [item for number, row in enumerate(rows, 1) for item in items_of(write, number, row)]


@pytest.fixture
def gong(monkeypatch: pytest.MonkeyPatch) -> ScriptedTransport:
    return install(monkeypatch)


@pytest.fixture
def client(
    gong: ScriptedTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with open_client(SETTINGS) as (client, _):
        yield client


@pytest.fixture
def sender(client: Client, tmp_path: Path) -> Callable[[str], Sender]:
    """Makes the sender of an operation."""
    return lambda name: Sender(client, write_named(name), tmp_path)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return prepared(tmp_path / "w.duckdb")


@pytest.fixture
def ledger(warehouse: Warehouse) -> Callable[[str], PushLedger]:
    """Makes the ledger of an operation."""

    def make(name: str) -> PushLedger:
        write = write_named(name)
        return PushLedger(warehouse, write.operation_id, "rows.csv", lambda: NOW, write.undoes)

    return make


def statuses(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Operation, row, status, attempts and message of every row of the ledger."""
    with warehouse.reading() as db:
        return db.execute(
            "select operation, row_number, state, attempts, message from gong_ops.pushes "
            "order by operation, row_number"
        ).fetchall()
