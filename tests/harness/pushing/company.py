"""The company that tests push to, and the command that pushes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from sources.gong.api.operations import operation
from tests.conftest import Emulator, Gong, gong_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD = (
    "--seed", "11", "--users", "12", "--calls", "60", "--days", "20", "--workspaces", "2",
    "--now", NOW.isoformat(), "--no-limit",
)  # fmt: skip

Row = dict[str, Any]


@dataclass
class PushCompany:
    """An emulated company, the command, and the entities that rows refer to."""

    emulator: Emulator
    gong: Gong

    def __post_init__(self) -> None:
        self.now = NOW
        truth = self.emulator.truth
        self.users = [user for user in truth("users") if user["active"]]
        self.calls = [call["metaData"]["id"] for call in truth("calls")]
        self.workspace = truth("workspaces")[0]["id"]
        self.flow = next(flow for flow in truth("flows") if flow["baseVisibility"] == "Company")
        (integration,) = truth("crm_integrations")
        self.integration = integration["integrationId"]

    @property
    def recorded(self) -> str:
        """The id of a user whose calls are recorded."""
        kinds = ("webConferencesRecorded", "telephonyCallsImported")
        ids = (u["id"] for u in self.users if any(u["settings"].get(k) for k in kinds))
        return str(next(ids))

    @property
    def organizer(self) -> str:
        """The e-mail address of a user whose meeting integration is valid."""
        integrations = self.emulator.truth("meeting_integrations")
        email: str = next(
            integration["email"] for integration in integrations if integration["valid"]
        )
        return email

    def prospects(self, count: int) -> list[str]:
        """Returns CRM ids of contacts that are in no flow."""
        taken = {instance["crmProspectId"] for instance in self.emulator.truth("flow_instances")}
        contacts = (
            record["crmId"] for record in self.emulator.truth("crm_objects")
            if record["objectType"] == "CONTACT"
        )  # fmt: skip
        return [contact for contact in contacts if contact not in taken][:count]

    def pass_time(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.emulator.set_clock(self.now)

    def push(self, name: str, rows: list[Row] | Path, *options: str) -> Any:
        """Pushes rows from a file of JSON lines."""
        file = rows if isinstance(rows, Path) else self.gong.home.parent / f"{name}.jsonl"
        if not isinstance(rows, Path):
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.emulator.forget_requests()
        return self.gong("push", name, "--from", str(file), *options)

    def sent(self, name: str) -> int:
        """Returns the number of requests of the operation since the last push began."""
        row = operation(name)
        parts = row.path.split("/")
        return sum(
            request["method"] == row.method
            and len(request["path"].split("/")) == len(parts)
            and all(
                theirs == ours or ours.startswith("{")
                for theirs, ours in zip(request["path"].split("/"), parts, strict=True)
            )
            for request in self.emulator.requests()
        )

    def ledger(self, name: str) -> dict[str, int]:
        """Returns the number of rows by state in the push ledger of an operation."""
        with duckdb.connect(str(self.gong.warehouse), read_only=True) as db:
            return dict(
                db.execute(
                    "select state, count(*) from gong_ops.pushes where operation = ? group by all",
                    [operation(name).operation_id],
                ).fetchall()
            )


def new_company(emulators: Callable[..., Emulator], folder: Path) -> PushCompany:
    """Starts a company with a home of its own; the command does not wait for Gong."""
    emulator = emulators(*WORLD)
    gong = gong_for(folder / "home", emulator, SOURCES__GONG__MAX_WAIT_SECONDS="0")
    return PushCompany(emulator, gong)
