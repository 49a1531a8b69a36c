"""A warehouse that a person is in, a session over it, and a Gong whose answers are scripted."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.console import Console
from pipelines.privacy.erase import erase
from pipelines.privacy.erase_request import EraseOptions
from pipelines.session import Session
from pipelines.settings import Settings
from tests.harness.scripted_transport import ScriptedTransport, install
from tests.harness.warehouses.templates import copied
from warehouse.connection import Warehouse
from warehouse.prepare import prepare
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
KEY = "a key that is long enough for a test, 012345"
JANE = "jane@x.example"

_TABLES = """
create schema gong_raw;
create table gong_raw.calls (
    call_id varchar, started_at timestamptz, brief varchar, _dlt_load_id varchar,
    _loaded_at timestamptz
);
create table gong_raw.call_parties (
    call_id varchar, party_index bigint, email_address varchar, phone_number varchar, name varchar,
    _loaded_at timestamptz
);
insert into gong_raw.calls values
    ('1', '2026-11-20 09:30:00+00', 'hello', 'l', now()),
    ('2', '2026-11-21 09:30:00+00', 'ask Jane Doe', 'l', now());
insert into gong_raw.call_parties
    values ('1', 0, 'Jane@x.example', '+44 20 7000 4711', 'Jane Doe', now());
"""


@dataclass
class ErasureHome:
    """A home with a warehouse; `erase` runs the command and returns its exit code."""

    home: Path
    gong: ScriptedTransport
    messages: str = ""

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(Target(self.home / "w.duckdb"))

    @property
    def warehouse_target(self) -> Target:
        return Target(self.home / "w.duckdb")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.reading() as db:
            return db.execute(sql).fetchall()

    def session(self, now: datetime = NOW, key: str | None = KEY) -> Session:
        settings = Settings(
            base_url="https://gong.example",
            access_key="key",
            access_key_secret="secret",
            requests_per_second=0,
            requests_per_day=0,
            max_wait_seconds=0.0,
            erasure_key=key,
            now=now,
            xdg_state_home=str(self.home.parent / "state"),
        )
        stream = io.StringIO()
        return Session(
            settings, self.home, Target(self.home / "w.duckdb"), Console(stream=stream), now, 0.0
        )

    def erase(
        self,
        email: str | None = JANE,
        *,
        now: datetime = NOW,
        key: str | None = KEY,
        **options: Any,
    ) -> int:
        session = self.session(now, key)
        try:
            return erase(session, EraseOptions(email, **options))
        finally:
            self.messages = session.console._stream.getvalue()  # type: ignore[attr-defined]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ErasureHome:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    home = tmp_path / "home"
    home.mkdir()
    company = ErasureHome(home, install(monkeypatch))
    copied(company.warehouse.path, "company", _make)
    return company


def _make(path: Path) -> None:
    made = Warehouse(Target(path))
    prepare(made)
    with made.writing() as db:
        db.execute(_TABLES)
