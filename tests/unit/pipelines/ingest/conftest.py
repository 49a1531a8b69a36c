"""A warehouse with tables as they land, a session over it, and a Gong that a script answers."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.console import Console
from pipelines.gong_client import open_client
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.run_plan import RunContext
from pipelines.session import Session
from pipelines.settings import Settings
from sources.gong.api.client import Client
from sources.gong.extract.windows import Window
from sources.gong.load.load_log import LOG_TABLES
from sources.gong.schema.arrow import empty, schema
from tests.harness.scripted_transport import ScriptedTransport, install
from tests.harness.warehouses.templates import copied
from warehouse.connection import Warehouse
from warehouse.prepare import prepare
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


class FilledWarehouse:
    """A warehouse file into which a test puts rows.

    Args:
        folder: in which it lies.
        tables: the raw tables that exist, beside those of the load log.
    """

    def __init__(self, folder: Path, tables: tuple[str, ...] = ()) -> None:
        self._path = folder / "w.duckdb"
        self.file = Warehouse(Target(self._path))
        copied(self._path, ("filled", *tables), lambda path: self._make(path, tables))

    def _make(self, path: Path, tables: tuple[str, ...]) -> None:
        prepare(Warehouse(Target(path)))
        with duckdb.connect(str(path)) as db:
            db.execute("create schema gong_raw")
            db.execute(
                "create table gong_raw._dlt_loads as "
                "select 'closed' as load_id, 0 as status, now() as inserted_at"
            )
            rows = {name: empty(name) for name in tables}
            rows |= {name: columns.empty_table() for name, columns in LOG_TABLES.items()}
            for name, landed in rows.items():
                db.register("landed", landed)
                db.execute(f"create table gong_raw.{name} as select * from landed")

    def add(self, name: str, load: str = "closed", /, **values: Any) -> None:
        """Adds a row to a raw table."""
        self.add_all(name, [values], load)

    def add_all(self, name: str, rows: Iterable[Mapping[str, Any]], load: str = "closed") -> None:
        """Adds rows to a raw table."""
        with self.file.writing() as db:
            db.begin()
            for values in rows:
                row = {**_defaults(name), **values, "_dlt_load_id": load}
                db.execute(
                    f"insert into gong_raw.{name} by name select "
                    + ", ".join(f"? as {column}" for column in row),
                    list(row.values()),
                )
            db.commit()

    def add_window(
        self, window: Window, *, run_id: str = "r", kind: str = "sync", read_at: datetime = NOW
    ) -> None:
        """Adds a window that a closed package has read."""
        self.add(
            "_windows",
            window_id=f"{run_id}/{window.stream}/{window.detail}/{window.span.start}",
            run_id=run_id,
            kind=kind,
            reading=window.stream,
            detail=window.detail,
            reason=str(window.reason),
            start_at=window.span.start,
            end_at=window.span.end,
            read_at=read_at,
            entities_seen=10,
            entities_changed=0,
        )


def _defaults(name: str) -> dict[str, Any]:
    if name in LOG_TABLES:
        return {}
    own = {"_content_hash": "h"} if "_content_hash" in schema(name).names else {}
    return {"_loaded_at": NOW, **own}


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[FilledWarehouse]:
    """Held, as a run holds it while it plans: opening it takes longer than most tests."""
    warehouse = FilledWarehouse(tmp_path, ("calls", "transcripts", "users", "call_crm_objects"))
    with warehouse.file.held():
        yield warehouse


MakeSession = Callable[..., Session]


@pytest.fixture
def make_session(tmp_path: Path) -> MakeSession:
    """Makes a session over the warehouse; keywords are settings."""

    def make(**settings: Any) -> Session:
        defaults = {
            "base_url": "https://gong.example",
            "access_key": "key",
            "access_key_secret": "secret",
            "requests_per_second": 0,
            "requests_per_day": 0,
            "max_wait_seconds": 0.0,
            "now": NOW,
            "xdg_state_home": str(tmp_path / "state"),
        }
        return Session(
            Settings(**{**defaults, **settings}),
            tmp_path,
            Target(tmp_path / "w.duckdb"),
            Console(stream=io.StringIO()),
            NOW,
            0.0,
        )

    return make


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session()


def messages(session: Session) -> str:
    """What a run has written to its console."""
    stream = session.console._stream
    assert isinstance(stream, io.StringIO)
    return stream.getvalue()


def context(
    session: Session, *streams: str, options: IngestOptions | None = None, **more: Any
) -> RunContext:
    """The context of a run that reads some streams of a company in UTC."""
    from zoneinfo import ZoneInfo

    return RunContext(
        session,
        Warehouse(session.target),
        streams,
        more.pop("zone", ZoneInfo("UTC")),
        options or IngestOptions(streams),
        **more,
    )


@pytest.fixture
def gong(monkeypatch: pytest.MonkeyPatch) -> ScriptedTransport:
    return install(monkeypatch)


@pytest.fixture
def client(gong: ScriptedTransport, session: Session) -> Iterator[Client]:
    with open_client(session.settings) as (client, _):
        yield client
